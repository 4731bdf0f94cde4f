"""XLSX and XLS workbooks as tables, one a visible sheet; a process of its own parses them (`sheets.py` says
why).
"""

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
from pilookup.custody.intake.files.source import Member, shown
from pilookup.custody.intake.tables import sheets
from pilookup.custody.intake.tables.table import RowTable, Run
from pilookup.errors import IntakeError, MissingExtraError

_WORKBOOK = re.compile(r"(?:.*/)?workbook\d*\.xml", re.IGNORECASE)
_DAMAGED = (
    f"the workbook is damaged, or a sheet needs more than {limits.MAX_SHEET_MEMORY >> 30} GiB of memory: "
    "save the sheet as CSV and load that"
)
_PASSWORD = "the workbook is under a password: save it without one"  # noqa: S105 - a message, not a password


def workbook_tables(part: Member, promised: Format, notes: list[str]) -> Iterator[RowTable]:
    """The tables of a workbook, in its order; each must be read before the next is asked for.

    Raises IntakeError for a damaged workbook, one under a password and one over the limits; MissingPartError
    without python-calamine.
    """
    data = _held(part)
    if promised is Format.XLSX:
        _check_package(part, data)
    elif _encrypted_package(data):
        raise IntakeError(part.place, _PASSWORD)
    _require_calamine()
    with _process(data, part.place) as output:
        yield from _tables(part, output, notes)


def _held(part: Member) -> bytes:
    too_big = IntakeError(
        part.place, f"the workbook is over {limits.MAX_HELD_BYTES >> 20} MiB: save its sheets as CSV and load those"
    )
    if part.size is not None and part.size > limits.MAX_HELD_BYTES:
        raise too_big
    with part.open() as stream:
        data = stream.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        raise too_big
    return data


def _check_package(part: Member, data: bytes) -> None:
    """Refuse a ZIP archive that is no workbook, a damaged one, and one that unpacks to too much."""
    inside = Member(part.place, part.name, len(data), lambda: io.BytesIO(data))
    with archive.opened(inside) as package:
        infos = package.infolist()
        if not any(_WORKBOOK.fullmatch(info.filename) for info in infos):
            raise IntakeError(part.place, "is a ZIP archive but not an XLSX workbook")
        archive.check_bomb(inside, infos, limits.MAX_WORKBOOK_BYTES)
        for info in infos:
            with archive.member_stream(package, info, part.place) as stream:
                while stream.read(limits.BLOCK_BYTES):
                    pass


def _encrypted_package(data: bytes) -> bool:
    """An encrypted XLSX lies in the same container as an XLS, in a stream of this name."""
    return "EncryptedPackage".encode("utf-16-le") in data


def _require_calamine() -> None:
    if importlib.util.find_spec("python_calamine") is None:
        raise MissingExtraError("reading workbooks needs python-calamine: pip install 'pilookup[load]'")


@contextmanager
def _process(data: bytes, place: str) -> Iterator[IO[bytes]]:
    command = [sys.executable, "-P", str(Path(sheets.__file__)), str(limits.MAX_SHEET_MEMORY)]
    with subprocess.Popen(  # noqa: S603 - this very interpreter and a file of this package
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise IntakeError(place, _DAMAGED)
        try:
            _send(child.stdin, data)
            yield child.stdout
        finally:
            child.kill()


def _send(pipe: IO[bytes], data: bytes) -> None:
    """The child reads everything before it writes anything, so this cannot deadlock; if it died, reading
    says so.
    """
    with suppress(BrokenPipeError):
        pipe.write(data)
    with suppress(BrokenPipeError):  # what could not be written is still in its buffer
        pipe.close()


def _tables(part: Member, output: IO[bytes], notes: list[str]) -> Iterator[RowTable]:
    reader = _Reader(part.place, output)
    value = reader.next()
    while value != {"end": True}:
        place = f"{part.place} sheet {shown(value['sheet'])}"
        if value["hidden"]:
            notes.append(f"{place}: hidden, not read")
            value = reader.next()
            continue
        rows = reader.rows()
        yield RowTable(place, rows)
        for _ in rows:  # rows nobody wanted
            pass
        value = reader.after


class _Reader:
    """Values from the child; `after` is the one that ended the last sheet's rows."""

    def __init__(self, place: str, output: IO[bytes]) -> None:
        self._place = place
        self._output = output
        self.after: Any = None

    def next(self) -> Any:
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise IntakeError(self._place, _DAMAGED)
        value = json.loads(line)
        if isinstance(value, dict) and "fault" in value:
            raise IntakeError(self._place, _PASSWORD if value["fault"] == "password" else _DAMAGED)
        return value

    def rows(self) -> Iterator[Run]:
        row = 1
        while isinstance(value := self.next(), list):
            yield Run(range(row, row + len(value)), value)
            row += len(value)
        self.after = value
