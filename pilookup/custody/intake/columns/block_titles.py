"""Lines of one cell above a block of rows that say whose numbers stand below, such as 办案民警: or 【受害人】."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns.officers import is_title
from pilookup.custody.intake.columns.other_labels import MAX_LABEL, names_author, names_role

_TITLE: Final = re.compile(r"[【\[]([^】\]\d:]+)[】\]]:?|([^\d:()（）【】\[\]]+):")
_OFFICERS: Final = re.compile(
    r"(?!.*签).*(?:民警|警官|警员|辅警|交警|办案|侦办|专案|派出所|officer|police)", re.IGNORECASE
)
"""Words of a title with a colon. Other labels with one, such as 制表人:, are signed under each page of a list."""


def titles_officers(row: Sequence[str]) -> bool:
    """Whether a row is the title of a block of officers; in brackets, also of who made the list."""
    words = _words(row)
    if words is None or not (names_author(words) or names_role(words)):
        return False
    return _OFFICERS.match(words) is not None or any("[" in cell or "【" in cell for cell in row)


def titles_others(row: Sequence[str]) -> bool:
    """Whether a row is the title of a block of other people, at which one of officers ends."""
    return _words(row) is not None and not titles_officers(row)


def _words(row: Sequence[str]) -> str | None:
    """The words of a title with a colon behind them or in brackets; None if the row is none."""
    if not is_title(row):
        return None
    cell = next(cell for cell in row if cell.strip())
    found = _TITLE.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    words = (found[1] or found[2]).strip() if found else ""
    return words if 0 < len(words) <= MAX_LABEL else None
