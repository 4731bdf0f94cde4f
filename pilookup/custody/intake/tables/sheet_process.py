"""Reads the tables that `sheet_program` parses in another process."""

import io
import json
from collections.abc import Iterator
from typing import IO, Any

from pilookup.custody.intake import limits
from pilookup.custody.intake.columns.headers import without_persons
from pilookup.custody.intake.files.parser_process import parser_process
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables import sheet_program
from pilookup.custody.intake.tables.hidden_sheets import HiddenSheet
from pilookup.custody.intake.tables.table import NumberedRows, RowTable
from pilookup.errors import IntakeError, PasswordRequiredError

_DAMAGED = (
    f"the file is damaged, or reading it takes more than {limits.MAX_SHEET_MEMORY >> 30} GiB of memory or "
    f"{limits.MAX_SHEET_SECONDS // 60} minutes: save the sheet as CSV and load that"
)

_SHEET = "sheet "


def read_into_memory(member: Member) -> bytes:
    """The bytes of a file that has to be held in memory.

    Raises:
        IntakeError: The file is over `MAX_HELD_BYTES`, or cannot be read.
    """
    too_big = IntakeError(
        member.location,
        f"the file is over {limits.MAX_HELD_BYTES >> 20} MiB: save its sheets as CSV and load those",
    )
    if member.size is not None and member.size > limits.MAX_HELD_BYTES:
        raise too_big
    with member.open() as stream:
        data = stream.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        raise too_big
    return data


def parsed_tables(
    location: str, parser: str, data: bytes, options: IntakeOptions, report: Report
) -> Iterator[RowTable]:
    """Yield the tables of a workbook or a page in its order. Each must be read before the next is requested.

    Args:
        location: The file or member.
        parser: The parser of `sheet_program`.
        data: The file.
        options: Their `hidden_sheets` and `passwords` are used.
        report: Receives notes and warnings.

    Raises:
        IntakeError: The file is damaged or over a limit.
        PasswordRequiredError: The file is encrypted, and none of the passwords fits.
    """
    stream = io.BytesIO(json.dumps(options.passwords).encode() + b"\n" + data)
    arguments = (parser, str(limits.MAX_SHEET_SECONDS))
    with parser_process(sheet_program.__file__, stream, arguments) as output:
        yield from _Tables(location, output, options, report).read()


class _Tables:
    """Reads values from the child process and makes tables of them."""

    def __init__(self, location: str, output: IO[bytes], options: IntakeOptions, report: Report) -> None:
        self._location = location
        self._output = output
        self._options = options
        self._report = report
        self._value: Any = None  # the value after the rows of the last sheet

    def read(self) -> Iterator[RowTable]:
        location = self._location
        number = 0
        self._value = self._next()
        while self._value != {"end": True}:
            if "sheet" not in self._value:
                self._tell(location)
                self._value = self._next()
                continue
            number += 1
            title = self._value["sheet"]
            location = f"{self._location} {_shown(title, number)}".rstrip()
            hidden = self._value["hidden"]
            rows = self._rows()
            if hidden and not self._options.hidden_sheets:
                self._skip(location, rows)
                continue
            sheet = title.removeprefix(_SHEET) if title.startswith(_SHEET) else None
            yield RowTable(f"{location} (hidden)" if hidden else location, rows, sheet=sheet)
            for _ in rows:  # skip the rows that the caller did not read
                pass

    def _next(self) -> Any:
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise IntakeError(self._location, _DAMAGED)
        value = json.loads(line)
        if isinstance(value, dict) and "fault" in value:
            raise self._error(value["fault"])
        return value

    def _error(self, fault: str) -> IntakeError:
        if fault == "damaged":
            return IntakeError(self._location, _DAMAGED)
        if fault != "password":
            return IntakeError(self._location, fault)
        if self._options.passwords:
            text = (
                "is under a password, and none of the given ones fits: add the right one to the file of --password-file"
            )
        else:
            text = "is under a password: write it to a file and load with --password-file FILE"
        return PasswordRequiredError(self._location, text)

    def _rows(self) -> Iterator[NumberedRows]:
        row = 1
        while isinstance(value := self._next(), list):
            yield NumberedRows(range(row, row + len(value)), value)
            row += len(value)
        self._value = value

    def _skip(self, location: str, rows: Iterator[NumberedRows]) -> None:
        """Count what a hidden sheet holds, and tell it."""
        sheet = HiddenSheet(self._options.region)
        for block in rows:
            sheet.add(block.rows)
        if numbers := sheet.numbers:
            text = f"the sheet is hidden and was not read; it has {numbers:,} numbers: read it with --hidden-sheets"
            self._report.warn(WarningCode.HIDDEN_SHEET, location, numbers, text)
        elif sheet.filled:
            self._report.notes.append(
                f"{location}: hidden, not read; {sheet.filled:,} cells, no phone number found in them "
                "(--hidden-sheets reads it)"
            )

    def _tell(self, location: str) -> None:
        """Put a value that is neither a sheet nor rows into the report."""
        if count := self._value.get("bad_bytes"):
            text = f"{count:,} characters are damaged; cells with them may be rejected: ask for the original file"
            self._report.warn(WarningCode.BAD_BYTES, location, count, text)
        if count := self._value.get("unread"):
            text = (
                "numbers in a part of the file that is not read: look whether they belong to people of the list, and "
                "put them into a table if they do"
            )
            place = f"{self._location} {display_name(without_persons(self._value['where']))}"
            self._report.warn(WarningCode.UNREAD_NUMBERS, place, count, text)
        if name := self._value.get("missing"):
            shown = display_name(without_persons(name))
            text = f"the sheet {shown} is named in the file but not in it: ask for the whole export"
            self._report.warn(WarningCode.MEMBER_SKIPPED, location, 1, text)
        if count := self._value.get("formulas"):
            self._report.notes.append(
                f"{location}: {count:,} cells have a formula without a stored value: "
                "open the file in a spreadsheet program, save it and load it again"
            )


def _shown(title: str, number: int) -> str:
    """The title of a sheet as reports show it; with its number where names of persons or digits are left out of it."""
    shown = display_name(without_persons(title))
    return shown if shown == title or not title.startswith(_SHEET) else f"{shown} ({number})"
