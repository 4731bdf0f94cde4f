"""Numbers in phone cells that are of nobody in the rows: of an officer or a service, or in a note under the table.

Who fills in a list signs it, and names whom to ask. Such a line often stands in the first column, which may be that of
the phones.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from pilookup.custody.intake.columns.headers import names_office
from pilookup.custody.intake.columns.layout import Layout, PhoneColumn
from pilookup.custody.intake.columns.long_cells import remember_long
from pilookup.custody.intake.columns.other_labels import begins_with_maker
from pilookup.identifier import Reason

_REMARK: Final = re.compile(r"\s*[(（\[【]([^)）\]】\d]{1,8})[)）\]】]")
"""A remark in brackets directly behind a number."""
_NOTE_LETTERS: Final = 6
"""Letters beside the numbers from which a cell that stands alone in its row is a note, and no name or role."""

_Found = Sequence[tuple[str, bytes | Reason]]


def are_of_office(cell: str, found: _Found, phone: PhoneColumn) -> list[bool]:
    """Which numbers of a phone cell are of an officer, of who made the list, or of a service, by the words beside them.

    The words of a number are those between it and the number before it, and a remark in brackets behind it.

    Args:
        cell: The text of the cell.
        found: What `find_numbers` found in it, in order.
        phone: Its column. If the operator named it, no number is.
    """
    if phone.is_given or not names_office(cell):
        return [False] * len(found)
    marks: list[bool] = []
    at = 0
    for text, _ in found:
        start = cell.find(text, at) if text else -1
        if start < 0:  # its digits are written in another way in the cell
            marks.append(True)
            continue
        words, at = cell[at:start], start + len(text)
        remark = _REMARK.match(cell, at)
        marks.append(names_office(words + text) or (remark is not None and names_office(remark[1])))
    return marks


def is_note(row: Sequence[str], cell: str, found: _Found, phone: PhoneColumn, layout: Layout) -> bool:
    """Whether a phone cell is a note: a sentence that stands alone in its row, where most rows fill several cells.

    In a list of numbers alone, in one column, it is one if it begins with the label of who made the list.
    """
    if layout.filled_cells == 1 and phone.column in layout.eleven_digits and not phone.is_given:
        return begins_with_maker(cell)
    if phone.is_given or layout.filled_cells < 2 or len(cell) <= _NOTE_LETTERS or not _is_alone(row):
        return False
    in_numbers = sum(letters for text, _ in found if (letters := _letters(text)) and text in cell)
    return _letters(cell) - in_numbers >= _NOTE_LETTERS


def _is_alone(row: Sequence[str]) -> bool:
    """Whether one cell of a row has content. Each phone cell of a wide row asks, so this stops at the second."""
    return len(list(islice(filter(str.strip, row), 2))) == 1


@remember_long
def _letters(text: str) -> int:
    """The number of letters in a text."""
    return sum(char.isalpha() for char in text)
