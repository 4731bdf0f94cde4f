"""The cells of a row whose numbers are of somebody else than the people of the list, by labels in other cells.

Who fills in a list signs it in a line of labels and values under or above the table, such as 填报人, a name, 电话 and a
number; a report names its officer and the owner of the phone in such lines too. In a form, whose rows are labels and
values, the label may stand in a row above that of the phone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import MAX_NAME, Rows, filled_cells, is_header_row, names_phone
from pilookup.custody.intake.columns.judge import digit_count, is_entry, is_nothing, numbers_in
from pilookup.custody.intake.columns.other_labels import (
    MAY_NAME,
    names_author,
    names_hotline,
    names_listed,
    names_phone_of_listed,
    names_phone_of_other,
    names_role,
)

MAX_ROWS: Final = 3
"""Rows below a label for which it holds, unless a number or the label of a person of the list comes before."""
_LEAST_DIGITS: Final = 7
_PAIR: Final = 2
_MAX_CELLS: Final = 6
"""A line of labels and values without a number has no more filled cells."""
_SENTENCE_END: Final = re.compile(r"[。；;！!？?\n]")
_LABEL: Final = re.compile(r"[^\d+(（〇零]+")
_HAS_VALUE: Final = re.compile(r"[:：]\s*\S")
_OF_OFFICER: Final = re.compile(
    r"\s*(?:所在|所属|工作|任职|办案|承办|经办|值班|警员|警官)?(?:单位|部门|科室|派出所|大队|中队|职务|职级|职称|警衔|警号|编号|证号|证件号码?|警官证号?"
    r"|联系人|微信号?|QQ号?|邮箱|传真|日期|时间|签字|签名|盖章|unit|department|rank|badge|email|e-mail|fax|date)\s*(?:[:：].*)?",
    re.IGNORECASE,
)
"""A label that may stand between that of an officer or author and his phone, in a row of its own."""


@dataclass(frozen=True, slots=True)
class LabelsAbove:
    """What the labels of somebody else in the rows above say of a row. It has no content of the file.

    Attributes:
        rows: For how many rows they hold, this one included.
        has_number: Whether a number of theirs has come since.
    """

    rows: int = 0
    has_number: bool = False


NO_LABELS: Final = LabelsAbove()


@dataclass(frozen=True, slots=True)
class OtherCells:
    """The cells of a row whose numbers are of somebody else.

    Attributes:
        columns: Their 0-based columns.
        below: What the labels of the row, and of those above, say of the rows below it.
    """

    columns: frozenset[int] = frozenset()
    below: LabelsAbove = NO_LABELS


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
        in_form: Whether the cells are labels and their values.
        is_pair: Whether the row has two cells with content, so that a role in one is whose number is in the other.
        is_new: Whether it stands in this row.
        phone: Whether the label for phones directly before names somebody else; None if there is none.
        is_value: Whether the next cell is the value of a label that does not name phones, such as an occupation.
        listed: Whether a label of a person of the list stands before.
        is_behind_blank: Whether a blank cell stands directly before.
    """

    holds: _Holds
    in_form: bool = False
    is_pair: bool = False
    is_new: bool = False
    phone: bool | None = None
    is_value: bool = False
    listed: bool = False
    is_behind_blank: bool = False

    def hold(self, cell: str) -> bool:
        """Whether the number of a cell is of somebody else. A label of phones before it says nothing of a sentence."""
        self.is_value = False
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
            if not self.phone and names_phone_of_listed(cell):
                self.holds, self.listed = _Holds.NONE, True
            return
        if self.in_form and self.phone and not is_nothing(cell):
            self._start(_Holds.WITH_PHONE_LABEL)  # the name of an officer beside the label for his phone
        self.phone = None
        if names_author(cell):
            self._start(_Holds.BESIDE)
        elif names_listed(cell):
            self.holds, self.listed = _Holds.NONE, True
        elif not self.is_value and (self.in_form or not self.listed) and names_role(cell):
            self._start(_Holds.BESIDE if self.is_pair else _Holds.WITH_PHONE_LABEL)
        self.is_value = self._has_value(cell)

    def _start(self, holds: _Holds) -> None:
        self.holds, self.is_new = max(self.holds, holds), True

    def _has_value(self, cell: str) -> bool:
        """Whether the next cell is the value of this one.

        In a form, a label that is known is none of the value before it; and beside a person of the list, labels that
        are not known have values too.
        """
        if not self.in_form:
            return not self.is_value and headers.is_known(cell)
        return headers.is_known(cell) or (self.listed and not self.is_value and not _HAS_VALUE.search(cell))


def other_cells(
    row: Sequence[str], region: str, above: LabelsAbove = NO_LABELS, *, in_form: bool = False
) -> OtherCells:
    """The cells of a row whose numbers are of somebody else, by the labels before them in the row and the rows above.

    Args:
        row: The cells.
        region: Where numbers without a country code are from.
        above: What the labels of the rows above say.
        in_form: Whether the rows are those of a form, labels and values (`Layout.labelled`).
    """
    if not above.rows and not any(MAY_NAME.search(cell[-MAX_NAME:]) for cell in row):
        return OtherCells()
    labels = _Labels(_Holds.WITH_PHONE_LABEL if above.rows else _Holds.NONE, in_form, filled_cells(row) == _PAIR)
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
    if not labels.holds or numbers != len(columns) or not _goes_on(row, above, labels):
        return OtherCells(frozenset(columns))
    left = MAX_ROWS if labels.is_new else above.rows - 1
    has_number = numbers > 0 or (above.has_number and not labels.is_new)
    return OtherCells(frozenset(columns), LabelsAbove(left, has_number) if left else NO_LABELS)


def _goes_on(row: Sequence[str], above: LabelsAbove, labels: _Labels) -> bool:
    """Whether the labels that hold after a row whose numbers are all of somebody else hold for the rows below too."""
    if not labels.in_form:
        return 0 < filled_cells(row) <= _MAX_CELLS and not is_header_row(row)
    first = next(cell for cell in row if cell and not cell.isspace())
    if labels.is_new or _names_or_has_phone(first):
        return True
    return not above.has_number and _OF_OFFICER.fullmatch(first) is not None


def other_cells_of(rows: Rows, region: str) -> list[frozenset[int]]:
    """The same for consecutive rows: the columns of each."""
    found: list[frozenset[int]] = []
    above = NO_LABELS
    for row in rows:
        cells = other_cells(row, region, above)
        above = cells.below
        found.append(cells.columns)
    return found


def _last_sentence(cell: str) -> str:
    return _SENTENCE_END.split(cell[-MAX_NAME:])[-1] or cell[-MAX_NAME:]


def _begins_with_label(cell: str) -> bool:
    """Whether a label for phones stands before the number of a cell."""
    label = _LABEL.match(cell)
    return label is not None and names_phone(label[0])


def _names_or_has_phone(cell: str) -> bool:
    """Whether a cell is a label for phones, or has a number."""
    return names_phone(cell) or digit_count(cell) >= _LEAST_DIGITS
