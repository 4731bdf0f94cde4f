"""Reads XLSX and XLS workbooks as tables, one for each visible sheet. `sheets.py` parses them in another process."""

import importlib.util
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pilookup.custody.intake import limits
from pilookup.custody.intake.files import archive
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.tables import sheets
from pilookup.custody.intake.tables.table import NumberedRows, RowTable
from pilookup.errors import IntakeError, MissingExtraError

_WORKBOOK = re.compile(r"(?:.*/)?workbook\d*\.xml", re.IGNORECASE)
_DAMAGED = (
    f"the workbook is damaged, or a sheet needs more than {limits.MAX_SHEET_MEMORY >> 30} GiB of memory: "
    "save the sheet as CSV and load that"
)
_PASSWORD = "the workbook is under a password: save it without one"  # noqa: S105 - a message, not a password


def workbook_tables(member: Member, promised: Format, notes: list[str]) -> Iterator[RowTable]:
    """Yield the tables of a workbook in its order. Each must be read before the next is requested.

    Args:
        member: The workbook.
        promised: `Format.XLSX` or `Format.XLS`.
        notes: Receives a sentence for each hidden sheet.

    Raises:
        IntakeError: The workbook is damaged, under a password or over a limit.
        MissingExtraError: python-calamine is not installed.
    """
    data = _read_into_memory(member)
    if promised is Format.XLSX:
        _check_package(member, data)
    elif _encrypted_package(data):
        raise IntakeError(member.location, _PASSWORD)
    _require_calamine()
    with _sheet_process(data, member.location) as output:
        yield from _tables(member, output, notes)


def _read_into_memory(member: Member) -> bytes:
    too_big = IntakeError(
        member.location,
        f"the workbook is over {limits.MAX_HELD_BYTES >> 20} MiB: save its sheets as CSV and load those",
    )
    if member.size is not None and member.size > limits.MAX_HELD_BYTES:
        raise too_big
    with member.open() as stream:
        data = stream.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        raise too_big
    return data


def _check_package(member: Member, data: bytes) -> None:
    """Refuse a ZIP archive that is not a workbook, is damaged or unpacks to too many bytes."""
    inside = Member(member.location, member.name, len(data), lambda: io.BytesIO(data))
    with archive.open_zip(inside) as package:
        infos = package.infolist()
        if not any(_WORKBOOK.fullmatch(info.filename) for info in infos):
            raise IntakeError(member.location, "is a ZIP archive but not an XLSX workbook")
        archive.check_bomb(inside, infos, limits.MAX_WORKBOOK_BYTES)
        for info in infos:
            with archive.open_member(package, info, member.location) as stream:
                while stream.read(limits.BLOCK_BYTES):
                    pass


def _encrypted_package(data: bytes) -> bool:
    """Whether the container, which XLS also uses, has the stream in which an encrypted XLSX is stored."""
    return "EncryptedPackage".encode("utf-16-le") in data


def _require_calamine() -> None:
    if importlib.util.find_spec("python_calamine") is None:
        raise MissingExtraError("reading workbooks needs python-calamine: pip install 'pilookup[load]'")


@contextmanager
def _sheet_process(data: bytes, location: str) -> Iterator[IO[bytes]]:
    command = [sys.executable, "-P", str(Path(sheets.__file__)), str(limits.MAX_SHEET_MEMORY)]
    with subprocess.Popen(  # noqa: S603 - the running interpreter and a file of this package
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise IntakeError(location, _DAMAGED)
        try:
            _send(child.stdin, data)
            yield child.stdout
        finally:
            child.kill()


def _send(pipe: IO[bytes], data: bytes) -> None:
    """Send the workbook to the child process.

    This cannot deadlock, because the child reads everything before it writes. If the child has died, reading its output
    raises the error.
    """
    with suppress(BrokenPipeError):
        pipe.write(data)
    with suppress(BrokenPipeError):  # closing tries again to write what is still in the buffer
        pipe.close()


def _tables(member: Member, output: IO[bytes], notes: list[str]) -> Iterator[RowTable]:
    reader = _ValueReader(member.location, output)
    value = reader.next()
    while value != {"end": True}:
        location = f"{member.location} sheet {display_name(value['sheet'])}"
        if value["hidden"]:
            notes.append(f"{location}: hidden, not read")
            value = reader.next()
            continue
        rows = reader.rows()
        yield RowTable(location, rows)
        for _ in rows:  # skip the rows that the caller did not read
            pass
        value = reader.after


class _ValueReader:
    """Reads values from the child process.

    Attributes:
        after: The value that followed the rows of the last sheet.
    """

    def __init__(self, location: str, output: IO[bytes]) -> None:
        self._location = location
        self._output = output
        self.after: Any = None

    def next(self) -> Any:
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise IntakeError(self._location, _DAMAGED)
        value = json.loads(line)
        if isinstance(value, dict) and "fault" in value:
            raise IntakeError(self._location, _PASSWORD if value["fault"] == "password" else _DAMAGED)
        return value

    def rows(self) -> Iterator[NumberedRows]:
        row = 1
        while isinstance(value := self.next(), list):
            yield NumberedRows(range(row, row + len(value)), value)
            row += len(value)
        self.after = value
