"""Reads XLSX, XLSB and XLS workbooks with calamine. It runs in the process of `sheet_program`."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import python_calamine as calamine

from pilookup.custody.intake.limits import MAX_SHEET_ROWS
from pilookup.custody.intake.tables.cell_text import text_of
from pilookup.custody.intake.tables.encryption import decrypt, is_encrypted
from pilookup.custody.intake.tables.packages import check_package, without_elapsed_times
from pilookup.custody.intake.tables.sheet_values import ROWS_A_LINE, SheetFaultError, Value
from pilookup.custody.intake.tables.xlsx_cells import SheetCells, find_cells
from pilookup.errors import IntakeError

_PACKAGE = b"PK"
_ELAPSED = (
    "a cell has the format of an elapsed time and is too large for one: set the format of the phone column to Number "
    "and save the workbook"
)
_DAMAGE = (calamine.CalamineError, ValueError, OSError, OverflowError)


def workbook_sheets(data: bytes, passwords: Sequence[str]) -> Iterator[Value]:
    """Read the worksheets of a workbook in its order, hidden ones too.

    Args:
        data: The workbook.
        passwords: Are tried in order if it is encrypted.

    Raises:
        SheetFaultError: The workbook is damaged, over a limit, or no password opens it.
    """
    if is_encrypted(data):
        data = _decrypted(data, passwords)
    try:
        yield from _sheets(data)
    except calamine.PasswordError:
        yield from _sheets_under_password(_decrypted(data, passwords))


def _decrypted(data: bytes, passwords: Sequence[str]) -> bytes:
    clear = decrypt(data, passwords)
    if clear.startswith(_PACKAGE):
        try:
            check_package("", clear)
        except IntakeError as error:
            raise SheetFaultError(error.message) from None
    return clear


def _sheets_under_password(data: bytes) -> Iterator[Value]:
    try:
        yield from _sheets(data)
    except calamine.PasswordError:
        raise SheetFaultError("password") from None


def _sheets(data: bytes) -> Iterator[Value]:
    with _damage():
        cells = find_cells(data) if data.startswith(_PACKAGE) else {}
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for sheet in workbook.sheets_metadata:
                if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                    yield {"sheet": f"sheet {sheet.name}", "hidden": sheet.visible != type(sheet.visible).Visible}
                    yield from _in_lines(_rows(data, workbook, sheet.name, cells.get(sheet.name)))
                    if sheet.name in cells and cells[sheet.name].unknown:
                        yield {"formulas": cells[sheet.name].unknown}


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except calamine.PasswordError:
        raise
    except _DAMAGE:
        raise SheetFaultError("damaged") from None


def _in_lines(rows: Iterator[list[str]]) -> Iterator[Value]:
    while batch := list(islice(rows, ROWS_A_LINE)):
        yield batch


def _rows(data: bytes, workbook: calamine.CalamineWorkbook, name: str, cells: SheetCells | None) -> Iterator[list[str]]:
    """The rows of a sheet from its first one on, as text."""
    row = -1
    for row, values in enumerate(_values(data, workbook, name)):
        texts = [text_of(value) for value in values]
        if cells:
            _put_cells(texts, row, cells)
        yield texts
    if cells:
        last = min(max(cells.values, default=-1), MAX_SHEET_ROWS)
        for below in range(row + 1, last + 1):
            texts = []
            _put_cells(texts, below, cells)
            yield texts


def _values(data: bytes, workbook: calamine.CalamineWorkbook, name: str) -> Iterator[list[object]]:
    grid = workbook.get_sheet_by_name(name)
    left: list[object] = [""] * grid.start[1] if grid.start else []
    done = 0
    try:
        for row in grid.iter_rows():
            yield left + list(row)
            done += 1
    except OverflowError:  # calamine cannot make an elapsed time of a phone number
        if not data.startswith(_PACKAGE):
            raise SheetFaultError(_ELAPSED) from None
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(without_elapsed_times(data))) as plain:
            for row in islice(plain.get_sheet_by_name(name).iter_rows(), done, None):
                yield left + list(row)


def _put_cells(texts: list[str], row: int, cells: SheetCells) -> None:
    for column, text in cells.values.get(row, {}).items():
        texts.extend([""] * (column + 1 - len(texts)))
        texts[column] = text
    for column, number in cells.links.get(row, {}).items():
        if column < len(texts) and not any(map(str.isdigit, texts[column])):
            texts[column] = f"{texts[column]} {number}".strip()
