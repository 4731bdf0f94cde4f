"""Numbers beside the tables of a page or a workbook: scripts, templates, comments, attributes and text boxes.

They are not read, since nothing says whose they are, but they are told. A number that a cell shows too is not one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pilookup.custody.intake.columns.headers import names_office
from pilookup.custody.intake.columns.judge import numbers_in
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.columns.unread_cells import numbers_of_unread
from pilookup.custody.intake.tables.long_texts import pieces
from pilookup.custody.intake.tables.sheet_values import Value

NAMES: Final = "names of sheets"
"""Where numbers in the names of sheets are, in a report."""
_REGION: Final = "CN"
"""Numbers are counted by their form, which has a calling code if it is not of the mainland."""
_DIGITS: Final = re.compile(r"[0-9](?:[ ().+-]{0,2}[0-9]){7}")
_LITERAL: Final = re.compile(r"""["'>`]([^"'<>`\n]{8,40})(?=["'<`])""")
_SERVICE: Final = re.compile(rb"tel:\+86(?:400|800|9)")
"""Numbers of services, as they stand at the foot of a page."""
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
"""A text that is one mainland mobile, as nearly all are. Its identifier needs no further rule."""
_MOBILE_CHARS: Final = 11
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
                if len(value) > _MOBILE_CHARS:
                    self._add_literals(value)

    def add_text(self, text: str) -> None:
        """Add the numbers in a script, a template or a comment."""
        for line in text.splitlines():
            for piece in pieces(line, _PIECE_CHARS, ",;{}> "):
                if _DIGITS.search(piece):
                    self._add(piece.strip())
                    self._add_literals(piece)

    def add_words(self, text: str) -> None:
        """Add the numbers in a text that people read, such as a comment."""
        for line in text.splitlines():
            if len(self.found) < _MOST and _DIGITS.search(line):
                self.found |= numbers_of_line(line)

    def take_out(self, cells: Iterable[str]) -> None:
        """Take out the numbers that cells show."""
        for cell in cells:
            if _MOBILE.fullmatch(cell):
                self.found.discard(_identifier(cell))
                continue
            shown = (*numbers_of_unread(cell, _REGION), *numbers_in(cell, _REGION))
            self.found.difference_update(one for one in shown if one)

    def _add(self, text: str) -> None:
        if _MOBILE.fullmatch(text) and len(self.found) < _MOST:
            self.found.add(_identifier(text))
        elif len(self.found) < _MOST:
            numbers = numbers_of_unread(text, _REGION) if len(text) <= 40 else mobiles_in(text)
            self.found.update(one for one in numbers if one)

    def _add_literals(self, text: str) -> None:
        for literal in _LITERAL.findall(text):
            self._add(literal.strip())


def _identifier(mobile: str) -> bytes:
    return b"tel:+86" + mobile.encode()


def numbers_of_line(line: str) -> set[bytes]:
    """The numbers in a line of text: mainland mobiles, and others unless they are of a service or an office."""
    line = line.strip()
    mobiles = set(mobiles_in(line))
    if names_office(line):
        return mobiles
    others = {one for one in (*numbers_of_unread(line, _REGION), *numbers_in(line, _REGION)) if one}
    return mobiles | {one for one in others if not _SERVICE.match(one)}


def with_unread(read: Callable[[UnshownNumbers], Iterator[Value]], where: str) -> Iterator[Value]:
    """The values of a file, and after them how many numbers beside its cells no cell shows.

    Args:
        read: Yields the values, and adds the numbers beside cells. It is called again only if there are any.
        where: Where they are, in words for a report.
    """
    beside = UnshownNumbers()
    yield from read(beside)
    if beside.found:
        for value in read(UnshownNumbers()):
            if isinstance(value, list):
                beside.take_out(cell for row in value for cell in row)
    yield from unread_value(beside, where)


def with_numbers_in_names(read: Callable[[], Iterator[Value]]) -> Iterator[Value]:
    """The values of a file, and after them how many numbers in the names of its sheets no cell shows.

    Args:
        read: Yields the values. It is called again only if there are such numbers.
    """
    named = UnshownNumbers()
    for value in read():
        if isinstance(value, dict) and str(value.get("sheet", "")).startswith("sheet "):
            named.add_words(str(value["sheet"]).removeprefix("sheet "))
        yield value
    if named.found:
        for value in read():
            if isinstance(value, list):
                named.take_out(cell for row in value for cell in row)
    yield from unread_value(named, NAMES)


def unread_value(beside: UnshownNumbers, where: str) -> Iterator[Value]:
    """The value that tells such numbers, if there are any."""
    if beside.found:
        yield {"unread": len(beside.found), "where": where}
