"""Reads XLSX, XLSB and XLS workbooks with calamine. It runs in the process of `sheet_program`."""

import io
from collections.abc import Iterator, Sequence
from itertools import islice

import python_calamine as calamine

from pilookup.custody.intake.limits import MAX_SHEET_ROWS
from pilookup.custody.intake.tables.cell_text import text_of
from pilookup.custody.intake.tables.encryption import decrypt, is_encrypted
from pilookup.custody.intake.tables.packages import DAMAGE, check_package, without_elapsed_times
from pilookup.custody.intake.tables.sheet_cells import SheetCells
from pilookup.custody.intake.tables.sheet_values import ROWS_A_LINE, SheetFaultError, Value
from pilookup.custody.intake.tables.side_texts import SIDE_TEXTS, find_side_numbers
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers, unread_value
from pilookup.custody.intake.tables.xls_cells import find_xls_cells
from pilookup.custody.intake.tables.xlsx_cells import find_xlsx_cells
from pilookup.errors import IntakeError

_PACKAGE = b"PK"
_ELAPSED = (
    "a cell has the format of an elapsed time and is too large for one: set the format of the phone column to Number "
    "and save the workbook"
)


def workbook_sheets(data: bytes, passwords: Sequence[str]) -> Iterator[Value]:
    """Read the worksheets of a workbook in its order, hidden ones too.

    Args:
        data: The workbook.
        passwords: Are tried in order if it is encrypted.

    Raises:
        SheetFaultError: The workbook is damaged, over a limit, or no password opens it.
    """
    yield from _sheets(_decrypted(data, passwords) if is_encrypted(data) else data)


def _decrypted(data: bytes, passwords: Sequence[str]) -> bytes:
    clear = decrypt(data, passwords)
    if clear.startswith(_PACKAGE):
        try:
            check_package("", clear)
        except IntakeError as error:
            raise SheetFaultError(error.message) from None
    return clear


def _sheets(data: bytes) -> Iterator[Value]:
    try:
        cells = find_xlsx_cells(data) if data.startswith(_PACKAGE) else find_xls_cells(data)
        beside = find_side_numbers(data) if data.startswith(_PACKAGE) else UnshownNumbers()
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for sheet in workbook.sheets_metadata:
                if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                    yield {"sheet": f"sheet {sheet.name}", "hidden": sheet.visible != type(sheet.visible).Visible}
                    for rows in _in_lines(_rows(data, workbook, sheet.name, cells.get(sheet.name))):
                        if beside.found:
                            beside.take_out(cell for row in rows for cell in row)
                        yield rows
                    if sheet.name in cells and cells[sheet.name].unknown:
                        yield {"formulas": cells[sheet.name].unknown}
        yield from unread_value(beside, SIDE_TEXTS)
    except calamine.PasswordError:
        raise SheetFaultError("password") from None
    except (calamine.CalamineError, *DAMAGE):
        raise SheetFaultError("damaged") from None


def _in_lines(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, ROWS_A_LINE)):
        yield batch


def _rows(data: bytes, workbook: calamine.CalamineWorkbook, name: str, cells: SheetCells | None) -> Iterator[list[str]]:
    """The rows of a sheet from its first one on, as text."""
    row = -1
    for row, values in enumerate(_values(data, workbook, name)):
        texts = [text_of(value) for value in values]
        if cells:
            cells.put_into(texts, row)
        yield texts
    if cells:
        last = min(max(cells.values, default=-1), MAX_SHEET_ROWS)
        for below in range(row + 1, last + 1):
            texts = []
            cells.put_into(texts, below)
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
