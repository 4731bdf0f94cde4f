"""Rows in which a label stands to the left of its numbers: forms of one person each, and transposed tables."""

from collections.abc import Sequence

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.header_rows import HeaderRows, Rows, names_phone
from pilookup.custody.intake.columns.judge import is_nothing
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.other_labels import names_phone_of_other
from pilookup.custody.intake.model import IntakeOptions

_MAX_LABEL = 20
_MIN_NUMBERS = 2
_LEAST_ROWS = 3


def labelled_layout(rows: Rows, options: IntakeOptions, header: HeaderRows | None) -> Layout | None:
    """The layout of a table whose numbers stand to the right of labels; None if it is another table.

    Args:
        rows: Its first rows.
        options: The options of the load.
        header: The header that was found, if any. If it names a phone column that has numbers, it explains them.
    """
    if header is not None and header.by_name and _explains(header, rows, options.region):
        return None
    labelled = others = 0
    for row in rows:
        beside = phone_cells(row)
        for column, cell in enumerate(row):
            if _is_number(cell, options.region):
                labelled += column in beside
                others += column not in beside
    if not labelled or (others > labelled and others >= _MIN_NUMBERS) or _is_column_of_kinds(rows, header):
        return None
    width = max(map(len, rows))
    return Layout(0, (), width, labelled=True, scan_text=options.scan_text)


def _is_column_of_kinds(rows: Rows, header: HeaderRows | None) -> bool:
    """Whether the labels are all the same, in one column below a header: they say what kind each row is of."""
    if header is None:
        return False
    data = [row for row in rows[header.data :] if any(cell.strip() for cell in row)]
    places = [{(at, cell) for at, cell in enumerate(row) if names_phone(cell)} for row in data]
    return len(places) >= _LEAST_ROWS and len(set.intersection(*places)) > 0


def _explains(header: HeaderRows, rows: Rows, region: str) -> bool:
    """Whether a column whose label names phones has a number under it, or there are no numbers in other columns."""
    named = {column for column, label in enumerate(header.labels) if names_phone(label)}
    found = [{column for column, cell in enumerate(row) if _is_number(cell, region)} for row in rows[header.data :]]
    return any(columns & named for columns in found) or not any(found)


def phone_cells(row: Sequence[str]) -> dict[int, bool]:
    """The cells of a row that stand to the right of a label for phones.

    Returns:
        The 0-based columns; each with whether the numbers in it belong to the people of the table, and not to an
        officer, a seller, another party or the owner of the phone.
    """
    found: dict[int, bool] = {}
    current: bool | None = None
    for column, cell in enumerate(row):
        if not cell.strip():
            continue
        if names_phone(cell):
            current = not names_phone_of_other(cell) and not headers.is_fax(cell)
        elif current is None or is_nothing(cell):
            continue
        elif _is_label(cell):
            current = None
        else:
            found[column] = current
    return found


def _is_label(cell: str) -> bool:
    """Whether a cell may be another label: a few words without digits."""
    return len(cell) <= _MAX_LABEL and not any(char.isdigit() for char in cell)


def _is_number(cell: str, region: str) -> bool:
    if sum(char.isdigit() for char in cell) < 7:
        return False
    return any(isinstance(result, bytes) for _, result in find_numbers(cell, region, bare_landlines=False))
