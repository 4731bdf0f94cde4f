"""Finds rows and cells of an XLSX sheet that state one position twice. It runs in the process of `sheet_program`.

No spreadsheet program writes such a sheet. Of two cells with one position a reader gives only one.
"""

import re
import string

from pilookup.custody.intake.tables.sheet_values import SheetFaultError

_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s>/]")
_ROW_NUMBER = re.compile(rb"<[^<>]*?\sr=[\"']([0-9]{1,10})[\"']")
_CELL = re.compile(rb"<(?:c|\w{1,20}:c)\s(?:r=|[^<>]*?\sr=)[\"']([A-Za-z]{1,3}[0-9]{1,10})[\"']")
_LETTERS = string.ascii_letters.encode()


def check_positions(content: bytes) -> None:
    """Check that no two cells of a sheet state one position.

    Args:
        content: The part of the sheet, as XML.

    Raises:
        SheetFaultError: Two do.
    """
    seen: set[int] = set()
    start: int | None = None
    for found in _ROW.finditer(content):
        if start is not None:
            _check_row(content, start, found.start(), seen)
        start = found.start()
    if start is not None:
        _check_row(content, start, len(content), seen)


def _check_row(content: bytes, start: int, stop: int, seen: set[int]) -> None:
    """Check one row, and add its number to those that were seen. A row without cells has no position."""
    cells = _CELL.findall(content, start, stop)
    if not cells:
        return
    stated = _ROW_NUMBER.match(content, start, stop)
    number = int(stated[1] if stated else cells[0].lstrip(_LETTERS))
    if number in seen or len(set(cells)) < len(cells):
        raise SheetFaultError(
            f"row {number:,} of a sheet, or a cell of it, is written twice, and only one of the two can be read: "
            "ask for the file as it was first saved, or for its sheets as CSV"
        )
    seen.add(number)
