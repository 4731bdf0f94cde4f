"""The cells of a row whose numbers are of somebody else than the people of the list, by labels in other cells.

Who fills in a list signs it in a line of labels and values under or above the table, such as 填报人, a name, 电话 and a
number; a report names its officer and the owner of the phone in such lines too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import MAX_NAME, Rows, filled_cells, is_header_row, names_phone
from pilookup.custody.intake.columns.judge import is_entry, numbers_in
from pilookup.custody.intake.columns.other_labels import (
    MAY_NAME,
    names_author,
    names_hotline,
    names_listed,
    names_phone_of_other,
    names_role,
)

MAX_ROWS: Final = 3
"""Rows below a label for which it holds, unless a number or the label of a person of the list comes before."""
_MAX_CELLS: Final = 6
"""A line of labels and values without a number has no more filled cells."""
_SENTENCE_END: Final = re.compile(r"[。；;！!？?\n]")
_LABEL: Final = re.compile(r"[^\d+(（〇零]+")


@dataclass(frozen=True, slots=True)
class OtherCells:
    """The cells of a row whose numbers are of somebody else.

    Attributes:
        columns: Their 0-based columns.
        rows: For how many rows below it the labels of the row, or of those above, hold.
    """

    columns: frozenset[int] = frozenset()
    rows: int = 0


class _Holds(IntEnum):
    """For which numbers the last label holds: for none, for those with a label for phones, or for the next one too."""

    NONE = 0
    WITH_PHONE_LABEL = 1
    BESIDE = 2


@dataclass(slots=True)
class _Labels:
    """What the labels before a cell say.

    Attributes:
        holds: For which numbers the label of another person holds.
        is_new: Whether it stands in this row.
        phone: Whether the label for phones directly before names somebody else; None if there is none.
        is_value: Whether the next cell is the value of a label that does not name phones, such as an occupation.
        listed: Whether a label of a person of the list stands before.
        is_behind_blank: Whether a blank cell stands directly before.
    """

    holds: _Holds
    is_new: bool = False
    phone: bool | None = None
    is_value: bool = False
    listed: bool = False
    is_behind_blank: bool = False

    def hold(self, cell: str) -> bool:
        """Whether the number of a cell is of somebody else. A label of phones before it says nothing of a sentence."""
        if self.phone and is_entry(cell):
            return True
        has_label = self.phone is not None or _begins_with_label(cell)
        return self.holds is _Holds.BESIDE or (has_label and self.holds > _Holds.NONE)

    def read(self, cell: str) -> None:
        """Read a cell without a number. Behind a blank one it may belong to another table."""
        if self.is_behind_blank:
            self.holds = min(self.holds, _Holds.WITH_PHONE_LABEL)
        if names_phone(cell) or names_hotline(cell):
            self.phone, self.is_value = names_phone_of_other(cell), False
            return
        self.phone = None
        if names_author(cell):
            self.holds, self.is_new = _Holds.BESIDE, True
        elif names_listed(cell):
            self.holds, self.listed = _Holds.NONE, True
        elif not self.is_value and not self.listed and names_role(cell):
            self.holds, self.is_new = max(self.holds, _Holds.WITH_PHONE_LABEL), True
        self.is_value = not self.is_value and headers.is_known(cell)


def other_cells(row: Sequence[str], region: str, rows: int = 0) -> OtherCells:
    """The cells of a row whose numbers are of somebody else, by the labels before them in the row and the rows above.

    Args:
        row: The cells.
        region: Where numbers without a country code are from.
        rows: For how many rows the labels of the rows above hold, this one included.
    """
    if not rows and not any(MAY_NAME.search(cell[-MAX_NAME:]) for cell in row):
        return OtherCells()
    labels = _Labels(_Holds.WITH_PHONE_LABEL if rows else _Holds.NONE)
    columns = set()
    numbers = 0
    for column, cell in enumerate(row):
        if not cell or cell.isspace():
            labels.is_behind_blank = True
            continue
        if len(cell) > MAX_NAME:
            numbers += 1  # a text is no part of a line of labels and values, but may end with a label
            labels.read(_last_sentence(cell))
        elif not numbers_in(cell, region):
            labels.read(_last_sentence(cell))
        else:
            numbers += 1
            if labels.hold(cell):
                columns.add(column)
        labels.is_behind_blank = False
    filled = filled_cells(row)
    goes_on = labels.holds and filled and numbers == len(columns) and filled <= _MAX_CELLS and not is_header_row(row)
    left = MAX_ROWS if labels.is_new else rows - 1
    return OtherCells(frozenset(columns), left if goes_on else 0)


def other_cells_of(rows: Rows, region: str) -> list[frozenset[int]]:
    """The same for consecutive rows: the columns of each."""
    found: list[frozenset[int]] = []
    left = 0
    for row in rows:
        cells = other_cells(row, region, left)
        left = cells.rows
        found.append(cells.columns)
    return found


def _last_sentence(cell: str) -> str:
    return _SENTENCE_END.split(cell)[-1] or cell


def _begins_with_label(cell: str) -> bool:
    """Whether a label for phones stands before the number of a cell."""
    label = _LABEL.match(cell)
    return label is not None and names_phone(label[0])
