"""The words above a column, which may name somebody else than the people in the rows."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import MAX_NAME, Rows, names_phone
from pilookup.custody.intake.columns.judge import digit_count, numbers_in
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.table_head import TableHead

_LEAST_DIGITS: Final = 7
"""A cell with fewer digits may be a header."""
_LABEL_AND_VALUE: Final = re.compile(r"[^:：]{1,20}[:：]\s*[^\s:：]")
_LEAST_NAMES: Final = 3
"""A header has as many names of columns."""


def cells_of(rows: Rows, column: int) -> list[str]:
    """The cells of a column, in the rows that have it."""
    return [row[column] for row in rows if column < len(row)]


def label_of(labels: Sequence[str], column: int) -> str:
    """The label of a column; empty if it has none."""
    return labels[column] if column < len(labels) else ""


def words_above(table: TableHead, labels: Sequence[str], column: int, previous: Layout | None) -> str:
    """The words above the first number of a column: its label, the nearest cell with content, or the former label.

    They matter where a column has no label that names phones, since its header stands beside data of another table:
    they may name somebody else than the people in the rows.
    """
    label = label_of(labels, column)
    if table.names is not None or headers.is_phone(label) or headers.is_other_party(label):
        return label
    above = _words_in_head(table.head, column)
    if not above and not label.strip() and previous is not None:
        above = previous.header_of(column) or ""
    return above if headers.is_other_party(above) or not label.strip() else label


def _words_in_head(rows: Rows, column: int) -> str:
    """The nearest cell with content above the first number of a column; empty if there is none.

    A label with its value, such as 班主任：NAME, belongs to the number of its own row.
    """
    above = ""
    for row in rows:
        cell = row[column] if column < len(row) else ""
        if digit_count(cell) >= _LEAST_DIGITS:
            break
        if cell.strip() and not (_LABEL_AND_VALUE.match(cell) and _has_number(row)):
            above = cell
    return above


def _has_number(row: Sequence[str]) -> bool:
    return any(digit_count(cell) >= _LEAST_DIGITS for cell in row)


def columns_of_another(
    table: TableHead, labels: Sequence[str], width: int, previous: Layout | None, rows: Rows, below: Rows, region: str
) -> tuple[int, ...]:
    """The columns of somebody else's numbers, by the words above them, or as in the layout of the rows above.

    The rows of the head that belong to other tables are examined too, since a header may stand beside these. So may a
    header beside the rows of this table, `rows`: the numbers under it are in this column although its label is another.
    They may start in the rows `below`, if the last row has the first of several rows of this header.
    """
    widest = max([width, *map(len, table.head)])
    if rows and _is_header(rows, len(rows) - 1):
        rows, below = [*rows, *below[:1]], below[1:]  # the other row of this header
    is_header = cache(partial(_is_header, rows))
    found = []
    for column in range(widest):
        above = words_above(table, labels, column, previous)
        if headers.is_other_party(above) or _becomes_another(rows, below, column, is_header, region):
            found.append(column)
        elif previous is not None and column in previous.of_another:
            is_new = bool(label_of(labels, column).strip()) and tuple(labels) != previous.header
            if not is_new and not headers.is_phone(_words_in_head(table.head, column)):
                found.append(column)
    return tuple(found)


def _becomes_another(rows: Rows, below: Rows, column: int, is_header: Callable[[int], bool], region: str) -> bool:
    """Whether a cell among data is the header of somebody else's phones: it says so, and the next cell has a number."""
    filled = [(row[column], at) for at, row in enumerate(rows) if _has_content(row, column)]
    filled += [(row[column], -1) for row in below if _has_content(row, column)][:1]
    return any(
        len(cell) <= MAX_NAME
        and headers.is_other_party(cell)
        and (names_phone(cell) or (digit_count(cell) < _LEAST_DIGITS and is_header(at)))
        and bool(numbers_in(under, region))
        for (cell, at), (under, _) in pairwise(filled)
    )


def columns_with_headers(rows: Rows, columns: Sequence[int]) -> frozenset[int]:
    """Those of some columns in whose data the header of another table stands: the numbers under it may be phones."""
    is_header = cache(partial(_is_header, rows))
    return frozenset(
        column
        for column in columns
        for at, row in enumerate(rows)
        if column < len(row) and (names_phone(row[column]) or (_is_name(row[column]) and is_header(at)))
    )


def _has_content(row: Sequence[str], column: int) -> bool:
    return column < len(row) and bool(row[column].strip())


def _is_name(cell: str) -> bool:
    return len(cell) <= MAX_NAME and headers.is_known(cell)


def _is_header(rows: Rows, at: int) -> bool:
    """Whether a row has several names of columns, beside data or not. A row without digits may be the second of two."""
    of_header = (
        rows[at - 1 : at + 1] if at and all(digit_count(cell) < _LEAST_DIGITS for cell in rows[at]) else [rows[at]]
    )
    return len({cell for row in of_header for cell in row if _is_name(cell)}) >= _LEAST_NAMES
