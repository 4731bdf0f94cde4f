"""Reads SQLite databases as tables. `sqlite_rows.py` parses them in another process."""

import json
from collections.abc import Iterator
from typing import IO, Any, Final

from pilookup.custody.intake import limits
from pilookup.custody.intake.columns.headers import without_persons
from pilookup.custody.intake.files.detect import seekable
from pilookup.custody.intake.files.parser_process import parser_process
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables import sqlite_rows
from pilookup.custody.intake.tables.table import NumberedRows, RowTable
from pilookup.errors import IntakeError

_FAULTS: Final = {
    "damaged": "the SQLite database is damaged: export its tables as CSV, or repair a copy with the command .recover",
    "endless": "reading a table of the SQLite database does not end: export its tables as CSV",
    "large": (
        "has columns that the SQLite database computes, or defaults, with far more text than it has bytes: "
        "export the stored columns as CSV"
    ),
}
_WAL: Final = b"\x02\x02"


def sqlite_tables(member: Member, report: Report) -> Iterator[RowTable]:
    """Yield the tables of an SQLite database. Each must be read before the next is requested.

    Args:
        member: The database.
        report: Receives notes about tables that are not read, and about a missing write-ahead log.

    Raises:
        IntakeError: The database is damaged or over a limit.
    """
    if member.head()[18:20] == _WAL:
        report.notes.append(
            f"{member.location}: rows that were still in its -wal file are not in the database; if there was one, "
            "run VACUUM INTO on a copy of both and load the result"
        )
    most = (limits.MAX_VALUE_BYTES, limits.RATIO_FREE_BYTES, limits.MAX_RATIO, limits.MAX_COMPUTED_SECONDS)
    with (
        seekable(member) as stream,
        parser_process(sqlite_rows.__file__, stream, [str(limit) for limit in most]) as output,
    ):
        yield from _tables(_Values(member.location, output), member.location, report.notes)


def _tables(values: "_Values", location: str, notes: list[str]) -> Iterator[RowTable]:
    value = values.next()
    number = 0
    while value != {"end": True}:
        number += 1
        if "skipped" in value:
            notes.append(f"{location} table {_shown(value['skipped'], number)}: a virtual table, not read")
            value = values.next()
            continue
        place = f"{location} table {_shown(value['table'], number)}"
        rows = values.rows(place, computed=value["computed"])
        yield RowTable(place, rows, [str(name) for name in value["columns"]])
        for _ in rows:  # skip the rows that the caller did not read
            pass
        value = values.after


def _shown(name: str, number: int) -> str:
    """The name of a table; with its number where the name may have the name of a person in it."""
    shown = without_persons(name)
    return display_name(name) if shown == name else f"{number} {display_name(shown)}"


class _Values:
    """Reads values from the program.

    Attributes:
        after: The value that followed the rows of the last table.
    """

    def __init__(self, location: str, output: IO[bytes]) -> None:
        self._location = location
        self._output = output
        self.after: Any = None

    def next(self, location: str = "", *, computed: bool = False) -> Any:
        """The next value.

        Args:
            location: The table, for errors.
            computed: Whether the table computes columns, for which the program has limited time.

        Raises:
            IntakeError: The database cannot be read.
        """
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise IntakeError(location or self._location, _FAULTS["endless" if computed else "damaged"])
        value = json.loads(line)
        if isinstance(value, dict) and "fault" in value:
            fault = value["fault"]
            raise IntakeError(self._location if fault == "damaged" else location or self._location, _FAULTS[fault])
        return value

    def rows(self, location: str, *, computed: bool) -> Iterator[NumberedRows]:
        """The rows of a table up to the next value that is none."""
        row = 1
        while isinstance(value := self.next(location, computed=computed), list):
            yield NumberedRows(range(row, row + len(value)), value)
            row += len(value)
        self.after = value
