"""The titles and texts of a catalogue's cases: which characters they may have (SPEC.md section 7)."""

import re
from typing import Final

MAX_TITLE: Final = 200
"""Greatest number of characters (code points) of a title."""

_REFUSED: Final = re.compile(
    "[\u0000-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f"
    "\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ud800-\uf8ff\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)
"""Control, format, surrogate and private-use characters and separators other than the space, as of Unicode 16.

The list is written out because the categories that a Python knows depend on its version: a title with a character that
is new to a reader must not make a whole channel unreadable.
"""


def is_title(text: str) -> bool:
    """Whether a text has 1 to 200 characters, none of them of the refused ones."""
    return is_plain_text(text, MAX_TITLE)


def is_plain_text(text: str, most: int) -> bool:
    """Whether a text has 1 to `most` characters, none of them of the refused ones."""
    return 0 < len(text) <= most and _REFUSED.search(text) is None
