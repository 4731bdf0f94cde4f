"""Finds mainland mobiles by their digits alone, for free text and for counting what was not read."""

import re
from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns.cells.text import CHINESE_DIGITS, cell_text, with_digits
from pilookup.custody.intake.columns.long_cells import remember_long
from pilookup.identifier import canonicalise

WORD_BEFORE: Final = (
    r"(?:(?<=\\u[0-9a-f]{4})|(?<=\\[nrt])|(?<=%[0-9a-f]{2})"
    r"|(?<![0-9a-z])(?:vx|v|w|wx|weixin|wechat|qq|zfb|alipay|whatsapp|tel|telephone|phone|mobile|mob|cell|call|hp|m|p|t|sj"
    r"|sjh|dh|num|number|no)?)"
)
"""What may touch a number in front: nothing, a word that people write before one, or a character that is escaped, as in
`\\n`, `\\u8bdd` and `%22`. No digit or other letter.
"""
NO_DECIMAL: Final = (
    r"(?:(?<![0-9]\.)|(?<=(?<![0-9a-z.])[1-9]\.)|(?<=(?<![0-9a-z.])[1-9][0-9]\.)|(?<=(?<![0-9a-z.])[1-9][0-9]{2}\.)"
    r"|(?<=(?<![0-9.])1[3-9][0-9]{9}\.))"
)
"""No decimal point stands before it. The point of a list item (1. to 999.), or behind another mobile, is none."""
_WORD_BEHIND: Final = r"(?:(?![0-9a-z])|(?=(?:vx|v|w|wx|weixin|tx|tel|x[0-9]{1,2})(?![0-9a-z])))"
_GROUPS: Final = ((3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (4, 3, 4), (3, 5, 3), (4, 7), (5, 6))
"""How many digits each group of a mobile has, as people write them. One point alone is a decimal point."""
_GROUPED: Final = "|".join(
    rf"[0-9]{{{first - 2}}}" + "".join(rf"{sign}[0-9]{{{digits}}}" for digits in others)
    for first, *others in _GROUPS
    for sign in (" ", "-", "_", *([r"\."] if len(others) > 1 else []))
)
_DATE: Final = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_MOBILE: Final = re.compile(
    WORD_BEFORE + NO_DECIMAL + r"(?P<number>(?:(?:\+|00)?86[ -]?|(?<!\+)|(?<=[0-9]\+))"
    rf"(?:1[3-9][0-9]{{9}}|(?P<grouped>(?![0-9]{{3}}[ ._-]{_DATE})1[3-9](?:{_GROUPED}))))"
    + _WORD_BEHIND
    + r"(?!\.(?!1[3-9][0-9]{9}(?![0-9])|0{1,2}(?![0-9]))[0-9])"
)
_NO_NUMBER = re.compile(r"@(?:chatroom|lid|g\.us|newsletter|broadcast)(?![a-z0-9])")
_MOBILES = re.compile(r"\s*1[3-9][0-9]{9}(?:[\s/、,，;；|]+1[3-9][0-9]{9})+\s*")
_TWO_MOBILES = 23
_DIGIT: Final = re.compile(rf"[\d{''.join(CHINESE_DIGITS)}]")
_ELEVEN_DIGITS: Final = with_digits(11)


def is_list_of_mobiles(cell: str) -> bool:
    """Whether a cell is bare mainland mobile numbers, two or more, with separators between. Cheap to see."""
    return len(cell) >= _TWO_MOBILES and _MOBILES.fullmatch(cell) is not None


def find_mobiles(text: str) -> list[tuple[int, int]]:
    """Find what looks like a mainland mobile in any text, in linear time.

    A mainland mobile is `1[3-9]` and nine digits, together or in two or three groups with the same sign between (a
    space, a dash, a point or `_`), with `+86`, `0086` or `86` in front or not. No digit, Latin letter or decimal point
    touches it, except for words such as V, wx and tel that people write beside a number; the point of a list item is no
    decimal point. Written in groups, it must not continue a longer row of such groups, as a card number does.

    Args:
        text: Any text.

    Returns:
        Where each starts and stops in the text, in order.
    """
    if not _DIGIT.search(text) or not _ELEVEN_DIGITS.search(text):
        return []
    content = cell_text(text)
    found = [one for one in _MOBILE.finditer(content.plain) if not _NO_NUMBER.match(content.plain, one.end())]
    starts = {one.start("number") for one in found}
    stops = {one.end() for one in found}
    kept = [one for one in found if one["grouped"] is None or not _in_a_row(content.plain, one, starts, stops)]
    return [content.span(*one.span("number")) for one in kept]


def mobiles_in(text: str) -> list[bytes]:
    """The identifiers of the mainland mobiles in a text, by the rules of `find_mobiles`."""
    return list(_mobiles_in(text))


@remember_long
def _mobiles_in(text: str) -> Sequence[bytes]:
    found = (canonicalise(text[start:stop].replace("_", "-")) for start, stop in find_mobiles(text))
    return [result for result in found if isinstance(result, bytes)]


def _in_a_row(plain: str, found: re.Match[str], starts: set[int], stops: set[int]) -> bool:
    """Whether digits that belong to no other mobile stand one sign before or after a mobile written in groups."""
    sign, (start, stop) = found["grouped"].lstrip("0123456789")[0], found.span("number")
    before = plain[max(start - 2, 0) : start]
    after = plain[stop : stop + 2]
    return (len(before) == 2 and before[1] == sign and before[0].isdigit() and start - 1 not in stops) or (
        len(after) == 2 and after[0] == sign and after[1].isdigit() and stop + 1 not in starts
    )
