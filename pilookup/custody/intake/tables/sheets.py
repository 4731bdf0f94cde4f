"""The program that parses a workbook. `workbook.py` runs it in a separate process.

A workbook parser holds a sheet in memory as a full grid. On a damaged file it may panic and print the content that it
could not parse. In a process with a memory limit and without error output, neither a grid bomb nor a panic affects the
loader, and no cell reaches a terminal, a log or a core file.

Standard input has the bytes of the workbook. Standard output has one JSON value per line:
    {"sheet": name, "hidden": bool}      a worksheet starts
    [[cell, ...], ...]                   its next rows, from row 1 on; every cell is text
    {"fault": "password" | "damaged"}    the workbook cannot be read; nothing follows
    {"end": true}                        the whole workbook was read

The program is run by its path and imports nothing from pilookup.
"""

import datetime as dt
import io
import json
import math
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook, SheetMetadata

ROWS_A_LINE = 1024
EXACT_INTEGERS = 2**53


def main() -> None:
    """Parse the workbook on standard input and write its rows to standard output."""
    _limit(int(sys.argv[1]))
    for value in _values(sys.stdin.buffer.read()):
        sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def _limit(memory: int) -> None:
    """Limit the address space to `memory` bytes and forbid core files, if the system has such limits."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    cap = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (cap, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _values(data: bytes) -> Iterator[object]:
    import python_calamine as calamine  # noqa: PLC0415 - the parent imports this file without it

    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for sheet in workbook.sheets_metadata:
                if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                    yield from _sheet(workbook, sheet)
    except calamine.PasswordError:
        yield {"fault": "password"}
    except (calamine.CalamineError, ValueError, OSError, MemoryError, OverflowError):
        yield {"fault": "damaged"}
    else:
        yield {"end": True}


def _sheet(workbook: "CalamineWorkbook", sheet: "SheetMetadata") -> Iterator[object]:
    visible = sheet.visible == type(sheet.visible).Visible
    yield {"sheet": sheet.name, "hidden": not visible}
    if not visible:
        return
    grid = workbook.get_sheet_by_name(sheet.name)
    left = [""] * grid.start[1] if grid.start else []
    rows = grid.iter_rows()
    while batch := list(islice(rows, ROWS_A_LINE)):
        yield [left + [text_of(cell) for cell in row] for row in batch]


def text_of(cell: object) -> str:
    """Convert a cell to text.

    A date always gets a time of day, so that it cannot be mistaken for a phone number.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return text_of_number(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return f"{cell.isoformat()} 00:00:00"
    return str(cell)


def text_of_number(value: float) -> str:
    """Convert a number to text, or to an empty text if it is not finite.

    Whole numbers are written without ".0". A float of 2**53 or more is written with an exponent, because its last
    digits may be lost.
    """
    if not math.isfinite(value):
        return ""
    if abs(value) >= EXACT_INTEGERS and isinstance(value, float):
        return f"{value:.15E}"
    return str(int(value)) if value == int(value) else repr(value)


if __name__ == "__main__":
    main()
