"""A cell's text in the small character set that the rules for numbers use, with the way back to the original."""

import re
import unicodedata
from dataclasses import dataclass

from pilookup.identifier.characters import plain

HARD_BREAK = "\n"
"""Stands for a line end, a tab, a control character and an ideographic full stop: a number never goes on after one."""

_HARD_BREAKS = "\t\n\v\f\r\x85\u2028\u2029\u3002"
_CHINESE_DIGITS = {
    **dict.fromkeys("零〇", "0"),
    **dict.fromkeys("一壹幺", "1"),
    **dict.fromkeys("二贰两", "2"),
    **dict.fromkeys("三叁", "3"),
    **dict.fromkeys("四肆", "4"),
    **dict.fromkeys("五伍", "5"),
    **dict.fromkeys("六陆", "6"),
    **dict.fromkeys("七柒", "7"),
    **dict.fromkeys("八捌", "8"),
    **dict.fromkeys("九玖", "9"),
}
CHINESE_DIGITS = frozenset(_CHINESE_DIGITS)
_CHINESE_NUMBER = re.compile(f"[{''.join(_CHINESE_DIGITS)}]{{7,}}")
_DIGIT_LIKE = rf"\d{''.join(_CHINESE_DIGITS)}OoＯｏ"
"""The characters that may be a digit in the plain form."""
_TO_DIGITS = str.maketrans(_CHINESE_DIGITS)
_LETTER_O = re.compile(
    r"(?<![0-9a-z])((?:\+?86[ -]?)?)(1[3-9][0-9o][ -]?[0-9o]{4}[ -]?[0-9o]{4})(?![0-9a-z])(?!\.[0-9])"
)


def _is_control(char: str) -> bool:
    """Whether a character is a control character, which may stand between two cells. NUL only fills up a field."""
    return char != "\x00" and unicodedata.category(char) == "Cc"


class _Characters(dict[int, str]):
    """Maps a code point to its plain form. Filled on demand."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        value = HARD_BREAK if char in _HARD_BREAKS or _is_control(char) else plain(char)
        if len(self) < _MAX_CHARACTERS:
            self[code] = value
        return value


_MAX_CHARACTERS = 8192
_CHARACTERS = _Characters()


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell, and its plain form.

    Attributes:
        cell: The original text.
        plain: The plain form: rule 2 of `canonicalise`, except that line ends, tabs, control characters but NUL, and
            `。` become `HARD_BREAK`; seven or more Chinese digits become digits, and a letter O inside a mainland
            mobile becomes 0.
    """

    cell: str
    plain: str
    _at: list[int] | None

    def original(self, start: int, stop: int) -> str:
        """The part of the cell that a part of the plain form stands for."""
        first, last = self.span(start, stop)
        return self.cell[first:last]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Where the part of the cell is that a part of the plain form, not empty, stands for."""
        return (start, stop) if self._at is None else (self._at[start], self._at[stop - 1] + 1)


def with_digits(count: int) -> re.Pattern[str]:
    """A pattern that is found in a cell if its plain form may have this many digits or more."""
    return re.compile(rf"(?:[{_DIGIT_LIKE}][^{_DIGIT_LIKE}]*){{{count}}}")


def cell_text(cell: str) -> CellText:
    """Make the plain form of a cell."""
    text = cell.translate(_CHARACTERS)
    at = None
    if len(text) < len(cell):
        at = _positions(cell)
    text = _CHINESE_NUMBER.sub(lambda found: found[0].translate(_TO_DIGITS), text)
    if "o" in text:
        text = _LETTER_O.sub(lambda found: found[1] + found[2].replace("o", "0"), text)
    return CellText(cell, text, at)


def _positions(cell: str) -> list[int]:
    """The index in the cell of each character of its plain form. A character has one plain character or none."""
    sizes = [len(_CHARACTERS[ord(char)]) for char in cell]
    return [at for at, size in enumerate(sizes) if size]
