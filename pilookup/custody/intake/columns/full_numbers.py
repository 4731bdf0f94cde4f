"""Recognises numbers that are written in full: landlines with the 0 of their area code, and international numbers.

Outside the columns that are read they are counted by their form, as mainland mobiles are. The core has the same rules
(`rust/core/src/intake/outside.rs`).
"""

import re
from collections.abc import Iterator
from typing import Final

from pilookup.custody.intake.columns.cells.text import cell_text, with_digits
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.mobiles import NO_DECIMAL, WORD_BEFORE
from pilookup.identifier import canonicalise

LEAST_CHARS: Final = 11
_LANDLINE: Final = r"[(]?0[1-9][0-9]{1,2}[)]?[ -]?[2-8][0-9]{6,7}"
_INTERNATIONAL: Final = r"\+[1-9][0-9]{0,3}[ -]?[0-9]{7,12}"
_NEIGHBOUR: Final = r"(?:00(?:852|853|886)[ -]?|(?:852|853|886)[ -]|[(](?:852|853|886)[)][ -]?)[0-9]{8,9}"
_MOBILE: Final = r"(?:1[3-9][0-9]{9}\.0{1,2}|01[3-9][0-9]{9})"
_FULL: Final = re.compile(rf"[ \t\n\r\f]*(?:{_MOBILE}|{_LANDLINE}|{_INTERNATIONAL}|{_NEIGHBOUR})[ \t\n\r\f]*")
_TEXT: Final = re.compile(
    WORD_BEFORE
    + rf"(?<![0-9][-/]){NO_DECIMAL}"
    + r"(?P<number>[(]0[1-9][0-9]{1,2}[)][ -]?[2-8][0-9]{6,7}|0[1-9][0-9]{1,2}[ -][2-8][0-9]{6,7}"
    r"|(?:00(?:852|853|886)[ -]?|(?:852|853|886)-|[(](?:852|853|886)[)][ -]?)[0-9]{8,9}"
    r"|(?:0|179[0-9]{2}|12593|12520)[ -]?1[3-9][0-9]{9})(?![0-9a-z])(?!\.[0-9])(?!-[0-9]{5})"
)
_PLUS: Final = re.compile(r"(?<!\d)\+[1-9]")
_LEAST_DIGITS: Final = 8
_EIGHT_DIGITS: Final = with_digits(_LEAST_DIGITS)
_DIGITS: Final = frozenset("0123456789")


def is_full_number(cell: str) -> bool:
    """Whether a cell is one number that is written in full, and nothing else but spaces.

    A landline may have its area code in parentheses, and a space or a dash behind it. An international number starts
    with `+` and a calling code; those of Hong Kong, Macao and Taiwan may have 00, parentheses, a space or a dash
    instead. A mainland mobile with a 0 in front, or with decimal places that a program added, is among them.
    """
    return len(cell) >= LEAST_CHARS and _FULL.fullmatch(cell) is not None


def may_be_full(cell: str) -> bool:
    """Whether a cell may have a number that is written in full. Cheap to see."""
    return len(cell) >= LEAST_CHARS and _EIGHT_DIGITS.search(cell) is not None and any(char.isdigit() for char in cell)


def full_numbers(cell: str, region: str) -> Iterator[bytes | None]:
    """The identifiers of the numbers that are written in full in a cell: alone, or in a text.

    In a text, a landline needs a sign or parentheses between its area code and the rest, and an international number a
    `+`, or the code of Hong Kong, Macao or Taiwan with a sign. A mainland mobile with a 0 or a carrier's prefix (17951)
    in front is among them; others are not (`find_mobiles`).

    Yields:
        The identifier; None if the number is not possible.
    """
    if is_full_number(cell):
        found = canonicalise(cell, region)
        yield found if isinstance(found, bytes) else None
    elif len(cell) >= LEAST_CHARS and _PLUS.search(cell) and _count_digits(cell) >= _LEAST_DIGITS:
        yield from (result for _, result in find_numbers(cell, region) if isinstance(result, bytes))
    elif len(cell) >= LEAST_CHARS:
        yield from _numbers_in_text(cell, region)


def _numbers_in_text(text: str, region: str) -> Iterator[bytes]:
    content = cell_text(text)
    for found in _TEXT.finditer(content.plain):
        start, stop = content.span(*found.span("number"))
        number = canonicalise(text[start:stop], region)
        if isinstance(number, bytes):
            yield number


def _count_digits(cell: str) -> int:
    return sum(char in _DIGITS for char in cell)


def is_bare(cell: str) -> bool:
    """Whether a number is digits alone, so that it may be an identifier with zeros in front."""
    return cell.strip().isdigit()
