"""The candidates of a cell: its numbers, and what is refused next to them or instead of them (rules 6, 13 and 14)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pilookup.custody.intake.columns.cells import ids
from pilookup.custody.intake.columns.cells.reader import NumberReader
from pilookup.custody.intake.columns.cells.runs import Piece, Run, pieces_of, separate_rejects
from pilookup.custody.intake.columns.cells.spreadsheet import from_mantissa
from pilookup.custody.intake.columns.cells.text import CellText
from pilookup.custody.intake.columns.cells.tokens import Token
from pilookup.identifier import Reason

Candidate = tuple[str, bytes | Reason]
"""A text, and its identifier or the reason why it has none."""

_WORD = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"[0-9]+")
_SERVICE = re.compile(r"(?:1[0-2]|9[56])[0-9]")
_REASON_CHARS = 100
_WORD_DIGITS = 5
_NUMBER_DIGITS = 7

_TOKEN_REASONS = {
    "handle": Reason.LETTERS,
    "card": Reason.ID_CARD,
    "date": Reason.DATE,
    "time": Reason.TOO_SHORT,
}
_COUNTED = frozenset(("card", "date"))


class Found(NamedTuple):
    """A candidate in plain form.

    Attributes:
        start: Where it starts.
        stop: Where it ends.
        result: The identifier, or the reason why there is none.
        digits: How many digits it has.
    """

    start: int
    stop: int
    result: bytes | Reason
    digits: int


def of_run(run: Run, reader: NumberReader, plain: str) -> Iterator[Found]:
    """The candidates of a run: its numbers, and the rest of its digits with reasons."""
    for piece in pieces_of(run, reader, plain):
        if piece.result is not None:
            yield _found(run, piece, piece.result, plain)
            continue
        reason = _reason(run, piece, reader)
        parts = separate_rejects(run, piece, reason)
        for part in parts:
            yield _found(run, part, reason if len(parts) == 1 else _reason(run, part, reader), plain)


def _found(run: Run, piece: Piece, result: bytes | Reason, plain: str) -> Found:
    start, stop = run.atoms[piece.first].start, run.atoms[piece.last].stop
    if plain[start - 1 : start] == "(" and ")" in plain[start:stop]:
        start -= 1
    digits = sum(len(atom.digits) for atom in run.atoms[piece.first : piece.last + 1])
    return Found(start, stop, result, digits)


def _reason(run: Run, piece: Piece, reader: NumberReader) -> Reason:
    """Why atoms are no number."""
    spoiled = [atom.spoiled for atom in run.atoms[piece.first : piece.last + 1] if atom.spoiled]
    if spoiled:
        return Reason.MASKED if Reason.MASKED in spoiled else spoiled[0]
    text = run.text(piece.first, piece.last)
    if len(text) < _WORD_DIGITS:
        return Reason.SHORT_CODE if _SERVICE.match(text) else Reason.TOO_SHORT
    result = reader.whole(text[:_REASON_CHARS])
    # What is a number by itself, but was left, is part of a longer row of digits.
    return result if isinstance(result, Reason) else Reason.NOT_POSSIBLE


def of_token(token: Token, reader: NumberReader, *, short_mantissa: bool) -> Found:
    """The candidate of a token."""
    digits = max(map(len, _DIGITS.findall(token.text)), default=0)
    result: bytes | Reason
    if token.kind == "science":
        result, digits = from_mantissa(token.text, short=short_mantissa), _NUMBER_DIGITS
    elif token.kind == "mail":
        result = ids.number_of_mail(token.text, reader)
    elif token.kind == "url":
        result = ids.number_of_link(token.text, reader)
    else:
        result = _TOKEN_REASONS[token.kind]
        digits = max(digits, _WORD_DIGITS) if token.kind in _COUNTED else digits
    return Found(token.start, token.stop, result, digits)


def chosen(content: CellText, whole: bytes | Reason, found: list[Found], reader: NumberReader) -> list[Candidate]:
    """The candidates of a cell: all numbers, and what is refused next to them or instead of them."""
    cell = content.cell
    if not any(isinstance(one.result, bytes) for one in found):
        if isinstance(whole, bytes):
            return [(cell, Reason.NOT_POSSIBLE if reader.is_abroad else reader.checked(cell, whole))]
        rejects = [one for one in found if one.digits >= _WORD_DIGITS]
        if sum(one.digits >= _NUMBER_DIGITS for one in found) < 2:
            return [(cell, _reason_of_cell(whole, rejects))]
    else:
        least = _WORD_DIGITS if _WORD.search(content.plain) else 1
        rejects = [one for one in found if isinstance(one.result, bytes) or one.digits >= least]
    return [(content.original(one.start, one.stop), one.result) for one in rejects]


def _reason_of_cell(whole: Reason, rejects: list[Found]) -> Reason:
    """The reason for a cell without a number: that of its only digits if the cell's own says no more than words."""
    if len(rejects) == 1 and whole in (Reason.LETTERS, Reason.SEVERAL, Reason.TOO_LONG, Reason.NOT_POSSIBLE):
        reason = rejects[0].result
        return reason if isinstance(reason, Reason) else whole
    return whole
