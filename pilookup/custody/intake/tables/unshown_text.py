"""Numbers in what a page holds and does not show: scripts, templates, comments and attributes.

They are not read, since nothing says whose they are, but they are told. A number that the page shows too is not one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.columns.unread_cells import numbers_of_unread

_REGION: Final = "CN"
"""Numbers are counted by their form, which has a calling code if it is not of the mainland."""
_DIGITS: Final = re.compile(r"[0-9](?:[ ().+-]{0,2}[0-9]){7}")
_LITERAL: Final = re.compile(r"""["'>`]([^"'<>`\n]{8,40})(?=["'<`])""")
_MOST: Final = 1_000_000
_PIECE_CHARS: Final = 1 << 16
_NEVER: Final = frozenset(
    {"class", "style", "src", "srcset", "placeholder", "width", "height", "d", "points", "integrity"}
)
"""Attributes that have no number of a person: looks, addresses of pictures, and examples."""


class UnshownNumbers:
    """Collects numbers.

    Attributes:
        found: Their identifiers, without those that were taken out because they are shown.
    """

    def __init__(self) -> None:
        self.found: set[bytes] = set()

    def add_attributes(self, attributes: Mapping[str, str], read: str = "") -> None:
        """Add the numbers in the attributes of an element, apart from the one that is read."""
        for name, value in attributes.items():
            if name not in _NEVER and name != read and value and _DIGITS.search(value):
                self._add(value)
                self._add_literals(value)

    def add_text(self, text: str) -> None:
        """Add the numbers in a script, a template or a comment."""
        for line in text.splitlines():
            for piece in _pieces(line):
                if _DIGITS.search(piece):
                    self._add(piece.strip())
                    self._add_literals(piece)

    def take_out(self, cells: Iterable[str]) -> None:
        """Take out the numbers that cells show."""
        for cell in cells:
            self.found.difference_update(one for one in numbers_of_unread(cell, _REGION) if one)

    def _add(self, text: str) -> None:
        if len(self.found) < _MOST:
            numbers = numbers_of_unread(text, _REGION) if len(text) <= 40 else mobiles_in(text)
            self.found.update(one for one in numbers if one)

    def _add_literals(self, text: str) -> None:
        for literal in _LITERAL.findall(text):
            self._add(literal.strip())


def _pieces(line: str) -> Iterable[str]:
    """Parts of a long line, divided where no number can be."""
    at = 0
    while len(line) - at > _PIECE_CHARS:
        stop = max(line.rfind(sign, at + _PIECE_CHARS // 2, at + _PIECE_CHARS) for sign in ",;{}> ")
        stop = stop + 1 if stop > 0 else at + _PIECE_CHARS
        yield line[at:stop]
        at = stop
    yield line[at:]
