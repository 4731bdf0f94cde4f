"""Mobiles that are split over adjacent columns, such as 号段 and 尾号, or three digits and the other eight."""

import re
from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import Rows

_PARTS: Final = ((3, 8), (7, 4), (3, 4, 4))
"""How many digits each part has."""
_LEAST_ROWS: Final = 2
_SHARE: Final = 0.9
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")


def split_numbers(labels: Sequence[str], rows: Rows) -> dict[int, tuple[int, ...]]:
    """The last column of each split number, with the columns of its other parts before it.

    A label of one of the columns names phones, or parts of a number; and nearly all rows that fill these columns, two
    or more, have a mobile in them.

    Args:
        labels: The labels of the columns of a table.
        rows: Its first rows.
    """
    found: dict[int, tuple[int, ...]] = {}
    taken: set[int] = set()
    for parts in _PARTS:
        for first in range(max(len(labels) - len(parts) + 1, 0)):
            columns = range(first, first + len(parts))
            if taken.isdisjoint(columns) and _is_named(labels, columns) and _have_mobiles(rows, columns, parts):
                found[columns[-1]] = tuple(columns[:-1])
                taken.update(columns)
    return found


def joined(row: Sequence[str], column: int, before: Sequence[int]) -> str:
    """The digits of a split number; the cell of its last column alone if a part is no digits."""
    cells = [row[at].strip() for at in (*before, column)]
    return "".join(cells) if all(cell.isascii() and cell.isdigit() for cell in cells) else row[column]


def _is_named(labels: Sequence[str], columns: range) -> bool:
    return any(headers.is_phone(labels[at]) or headers.is_part(labels[at]) for at in columns)


def _have_mobiles(rows: Rows, columns: range, parts: Sequence[int]) -> bool:
    cells = [[cell.strip() for cell in row[columns[0] : columns[-1] + 1]] for row in rows if len(row) > columns[-1]]
    filled = [row for row in cells if all(row)]
    whole = sum(
        [len(cell) for cell in row] == list(parts) and _MOBILE.fullmatch("".join(row)) is not None for row in filled
    )
    return whole >= _LEAST_ROWS and whole >= len(filled) * _SHARE
