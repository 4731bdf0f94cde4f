"""Contact lines: rows of a table that are a label for phones and a number, as below the name of who signed a list.

They say of nobody in the list whose number it is. The label stands in the cell before, or in front of the number.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from pilookup.custody.intake.columns.header_rows import names_phone
from pilookup.custody.intake.columns.judge import digit_count
from pilookup.custody.intake.columns.layout import Layout

_CONTACT: Final = re.compile(
    r"\s*(?:(?:[聯联][系繫絡络]|办公)(?:电话|電話|方式|手机号?码?|号码)|电话|電話|tel(?:ephone)?|phone|contact)"
    r"[.\s]*[:：]?\s*[+(（]?\d[\d\s()（）+-]{5,}",
    re.IGNORECASE,
)
"""A label in front of a number. 手机 and 电话1 also stand before the numbers of the people of a list."""
_MOST_CELLS: Final = 2
_LEAST_DIGITS: Final = 7


def is_contact_line(row: Sequence[str]) -> bool:
    """Whether a row would be a contact line in a table of several columns."""
    cells = (cell for cell in row if cell and not cell.isspace())
    filled = list(islice(cells, _MOST_CELLS + 1))
    if not 1 <= len(filled) <= _MOST_CELLS or digit_count(filled[-1]) < _LEAST_DIGITS:
        return False
    return names_phone(filled[0]) if len(filled) == _MOST_CELLS else _CONTACT.match(filled[0]) is not None


def is_contact_line_of(row: Sequence[str], layout: Layout) -> bool:
    """Whether a row of a table is a contact line.

    It is a row of the list in a table of one column, in a form, where the operator named phone columns, where the cells
    of the phone column have words too, and behind a column of kinds of phones.
    """
    if layout.filled_cells < _MOST_CELLS or layout.labelled or any(phone.is_given for phone in layout.phones):
        return False
    if not is_contact_line(row):
        return False
    filled = [column for column, cell in enumerate(row) if cell and not cell.isspace()]
    if len(filled) > 1:
        return filled[0] not in layout.kinds
    is_phone = any(phone.column == filled[0] for phone in layout.phones)
    return not is_phone or filled[0] in layout.eleven_digits


def are_kinds(cells: Sequence[str]) -> bool:
    """Whether most cells of a column are kinds of phones, such as 手机 and 座机, which are labels in other places."""
    filled = [cell for cell in cells if cell and not cell.isspace()]
    return sum(map(names_phone, filled)) * 2 > len(filled)


def without_contact_lines(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows of a table of several columns without the contact lines: their numbers say nothing of the columns."""
    others = [row for row in rows if not is_contact_line(row)]
    return others if len(others) * 2 > len(rows) else list(rows)
