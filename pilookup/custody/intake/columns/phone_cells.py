"""One phone cell, one or several numbers: splitting without breaking one number that is written dressed."""

import re

from pilookup.custody.intake.limits import MAX_CELL_PIECES, MAX_PHONE_CHARS
from pilookup.identifier import Reason, canonicalise

Found = tuple[str, bytes | Reason]
"""A piece of text with its identifier, or the reason it is none."""

_HARD = re.compile(r"[/\\、,，;；|｜\n\r\t&]+|或者?|以及|和|\bor\b|\band\b")
_SOFT = re.compile(r"[\s\-–—~]+")
_MOBILE = re.compile(rb"tel:\+861[3-9]\d{9}")
_STARTS_FULL = re.compile(r"[+(（0]")
_MOBILES = re.compile(r"\s*1[3-9][0-9]{9}(?:[\s/、,，;；|]+1[3-9][0-9]{9})+\s*")
_TWO_MOBILES = 23
_BETWEEN_MOBILES = re.compile(r"[^0-9]+")
_FULL_DIGITS = range(10, 21)
_MOST_SOFT_PIECES = 24
_SPLITTABLE = frozenset({Reason.SEVERAL, Reason.TOO_LONG})
"""Reasons after which spaces may part numbers; a bank card's spaces never do."""


def numbers(cell: str, region: str, known: bytes | Reason | None = None) -> list[Found]:
    """The pieces of a cell, each with its identifier or the reason it is none.

    A cell that is one number as it stands is one piece. Else it is cut at signs that part numbers (/ 、 , ;
    | or a line end), then at spaces and dashes between two full numbers. If no cut yields a number, the
    whole cell is one piece. known: what `canonicalise` said of the whole cell, if it was asked.
    """
    if len(cell) > MAX_PHONE_CHARS:
        return [(cell, Reason.TOO_LONG)]
    if region == "CN" and plainly_several(cell):
        return [(piece, canonicalise(piece)) for piece in _BETWEEN_MOBILES.split(cell) if piece]
    whole = known or canonicalise(cell, region)
    return [(cell, whole)] if isinstance(whole, bytes) else _cut(cell, whole, region)


def plainly_several(cell: str) -> bool:
    """Whether a cell is nothing but bare mainland mobiles and signs between them: usual, and cheap to see."""
    return len(cell) >= _TWO_MOBILES and _MOBILES.fullmatch(cell) is not None


def _cut(cell: str, whole: Reason, region: str) -> list[Found]:
    pieces = [piece for piece in _HARD.split(cell) if piece.strip()]
    if len(pieces) > MAX_CELL_PIECES:
        return [(cell, Reason.SEVERAL)]
    if len(pieces) < 2:
        return _spaced(cell, whole, region) or [(cell, whole)]
    found = [one for piece in pieces for one in _piece(piece, region)]
    if any(isinstance(result, bytes) for _, result in found):
        return found
    return [(cell, whole)]


def _piece(piece: str, region: str) -> list[Found]:
    result = canonicalise(piece, region)
    if isinstance(result, bytes):
        return [(piece, result)]
    return _spaced(piece, result, region) or [(piece, result)]


def _spaced(text: str, reason: Reason, region: str) -> list[Found]:
    """The full numbers that make up the whole text, parted by spaces or dashes; empty when they do not."""
    if reason not in _SPLITTABLE:
        return []
    words = list(_SOFT.finditer(text.strip()))
    if not 1 <= len(words) <= _MOST_SOFT_PIECES:
        return []
    stripped = text.strip()
    starts = [0, *(word.end() for word in words)]
    ends = [*(word.start() for word in words), len(stripped)]
    return _cover(stripped, starts, ends, region)


def _cover(text: str, starts: list[int], ends: list[int], region: str) -> list[Found]:
    """Dynamic programme from the right: best[i] covers the words from i on by full numbers, short ones first."""
    count = len(starts)
    best: list[list[Found] | None] = [None] * count + [[]]
    for first in reversed(range(count)):
        for last in range(first, count):
            rest = best[last + 1]
            if rest is None:
                continue
            piece = text[starts[first] : ends[last]]
            result = _full(piece, region)
            if result is not None:
                best[first] = [(piece, result), *rest]
                break
    return best[0] or []


def _full(piece: str, region: str) -> bytes | None:
    """A number in full: a mainland mobile, one with a trunk or country prefix, or, abroad, ten digits or more."""
    if sum(char.isdigit() for char in piece) not in _FULL_DIGITS:
        return None
    result = canonicalise(piece, region)
    if not isinstance(result, bytes):
        return None
    if _MOBILE.fullmatch(result) or _STARTS_FULL.match(piece) or region != "CN":
        return result
    return None
