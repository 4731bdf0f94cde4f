"""Separates the numbers in a phone cell without breaking up one number that is written with spaces or dashes."""

import re

from pilookup.custody.intake.limits import MAX_CELL_NUMBERS, MAX_PHONE_CHARS
from pilookup.identifier import Reason, canonicalise

Candidate = tuple[str, bytes | Reason]
"""A text, and its identifier or the reason why it has none."""

_SIGNS = re.compile(r"[/\\、,，;；|｜\n\r\t&]+|或者?|以及|和|\bor\b|\band\b")
_SPACES_AND_DASHES = re.compile(r"[\s\-–—~]+")
_MOBILE = re.compile(rb"tel:\+861[3-9]\d{9}")
_STARTS_FULL = re.compile(r"[+(（0]")
_MOBILES = re.compile(r"\s*1[3-9][0-9]{9}(?:[\s/、,，;；|]+1[3-9][0-9]{9})+\s*")
_TWO_MOBILES = 23
_BETWEEN_MOBILES = re.compile(r"[^0-9]+")
_FULL_DIGITS = range(10, 21)
_MAX_SPACES = 24
_SPLITTABLE = frozenset({Reason.SEVERAL, Reason.TOO_LONG})
"""Only a text refused for one of these reasons may be separated at spaces; a bank card number never is."""


def separate_numbers(cell: str, region: str, known: bytes | Reason | None = None) -> list[Candidate]:
    """Separate the numbers in a cell.

    A cell that is one number as a whole is one candidate. Otherwise it is separated at signs that stand between numbers
    (such as / 、 , ; | or a line end), then at spaces and dashes between two full numbers. If this yields no number,
    the whole cell is one candidate.

    Args:
        cell: The cell's text.
        region: ISO 3166 code of the country that numbers without a country code belong to.
        known: The result of `canonicalise` for the whole cell, if it was called already.

    Returns:
        One or more candidates, each with its identifier or the reason why it has none.
    """
    if len(cell) > MAX_PHONE_CHARS:
        return [(cell, Reason.TOO_LONG)]
    if region == "CN" and is_list_of_mobiles(cell):
        return [(candidate, canonicalise(candidate)) for candidate in _BETWEEN_MOBILES.split(cell) if candidate]
    whole = known or canonicalise(cell, region)
    return [(cell, whole)] if isinstance(whole, bytes) else _separate_at_signs(cell, whole, region)


def is_list_of_mobiles(cell: str) -> bool:
    """Whether a cell is bare mainland mobile numbers, two or more, with separators between. Cheap to see."""
    return len(cell) >= _TWO_MOBILES and _MOBILES.fullmatch(cell) is not None


def _separate_at_signs(cell: str, whole: Reason, region: str) -> list[Candidate]:
    candidates = [candidate for candidate in _SIGNS.split(cell) if candidate.strip()]
    if len(candidates) > MAX_CELL_NUMBERS:
        return [(cell, Reason.SEVERAL)]
    if len(candidates) < 2:
        return _separate_at_spaces(cell, whole, region) or [(cell, whole)]
    found = [one for candidate in candidates for one in _separate_candidate(candidate, region)]
    if any(isinstance(result, bytes) for _, result in found):
        return found
    return [(cell, whole)]


def _separate_candidate(candidate: str, region: str) -> list[Candidate]:
    result = canonicalise(candidate, region)
    if isinstance(result, bytes):
        return [(candidate, result)]
    return _separate_at_spaces(candidate, result, region) or [(candidate, result)]


def _separate_at_spaces(text: str, reason: Reason, region: str) -> list[Candidate]:
    """The full numbers that make up the whole text, separated by spaces or dashes; empty if it is not so made up."""
    if reason not in _SPLITTABLE:
        return []
    words = list(_SPACES_AND_DASHES.finditer(text.strip()))
    if not 1 <= len(words) <= _MAX_SPACES:
        return []
    stripped = text.strip()
    starts = [0, *(word.end() for word in words)]
    ends = [*(word.start() for word in words), len(stripped)]
    return _cover_with_numbers(stripped, starts, ends, region)


def _cover_with_numbers(text: str, starts: list[int], ends: list[int], region: str) -> list[Candidate]:
    """Cover all words by full numbers, by dynamic programming from the right, preferring short numbers.

    best[i] covers the words from i on; None if full numbers cannot cover them.
    """
    count = len(starts)
    best: list[list[Candidate] | None] = [None] * count + [[]]
    for first in reversed(range(count)):
        for last in range(first, count):
            rest = best[last + 1]
            if rest is None:
                continue
            candidate = text[starts[first] : ends[last]]
            result = _full_number(candidate, region)
            if result is not None:
                best[first] = [(candidate, result), *rest]
                break
    return best[0] or []


def _full_number(candidate: str, region: str) -> bytes | None:
    """The identifier of a full number, else None.

    A full number has 10 to 20 digits. In region CN it is a mainland mobile number, or is written with a trunk or
    country prefix.
    """
    if sum(char.isdigit() for char in candidate) not in _FULL_DIGITS:
        return None
    result = canonicalise(candidate, region)
    if not isinstance(result, bytes):
        return None
    if _MOBILE.fullmatch(result) or _STARTS_FULL.match(candidate) or region != "CN":
        return result
    return None
