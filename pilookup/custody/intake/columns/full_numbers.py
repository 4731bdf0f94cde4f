"""Recognises numbers that are written in full: landlines with the 0 of their area code, and international numbers.

Outside the columns that are read they are counted by their form, as mainland mobiles are. The core has the same rules
(`rust/core/src/intake/outside.rs`).
"""

import re
from collections.abc import Iterator
from typing import Final

from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.judge import is_entry
from pilookup.identifier import canonicalise

LEAST_CHARS: Final = 11
_LANDLINE: Final = r"[(]?0[1-9][0-9]{1,2}[)]?[ -]?[2-8][0-9]{6,7}"
_INTERNATIONAL: Final = r"\+[1-9][0-9]{0,3}[ -]?[0-9]{7,12}"
_NEIGHBOUR: Final = r"(?:00(?:852|853|886)[ -]?|(?:852|853|886)[ -])[0-9]{8,9}"
_FULL: Final = re.compile(rf"[ \t\n\r\f]*(?:{_LANDLINE}|{_INTERNATIONAL}|{_NEIGHBOUR})[ \t\n\r\f]*")
_PLUS: Final = re.compile(r"\+[1-9]")
_LEAST_DIGITS: Final = 8


def is_full_number(cell: str) -> bool:
    """Whether a cell is one number that is written in full, and nothing else but spaces.

    A landline may have its area code in parentheses, and a space or a dash behind it. An international number starts
    with `+` and a calling code; those of Hong Kong, Macao and Taiwan may have 00 or a space or dash behind the code
    instead.
    """
    return len(cell) >= LEAST_CHARS and _FULL.fullmatch(cell) is not None


def full_numbers(cell: str, region: str) -> Iterator[bytes | None]:
    """The identifiers of the numbers that are written in full in a cell, alone or as entries with a `+` in them.

    Yields:
        The identifier; None if the number is not possible.
    """
    if is_full_number(cell):
        found = canonicalise(cell, region)
        yield found if isinstance(found, bytes) else None
    elif len(cell) >= LEAST_CHARS and _PLUS.search(cell) and is_entry(cell):
        yield from (result for _, result in find_numbers(cell, region) if isinstance(result, bytes))


def is_bare(cell: str) -> bool:
    """Whether a number is digits alone, so that it may be an identifier with zeros in front."""
    return cell.strip().isdigit()
