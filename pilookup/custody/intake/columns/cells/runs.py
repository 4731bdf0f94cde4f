"""Finds the numbers in a run of atoms that only signs of a phone number separate (rules 8 and 11 to 13)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pilookup.custody.intake.columns.cells.reader import NumberReader, is_landline
from pilookup.custody.intake.columns.cells.tokens import EXTENSION, Atom
from pilookup.identifier import Reason

_SOFT = re.compile(r"[ ().-]{0,5}")
_AREA = re.compile(r"0[0-9]{2,3}")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")
_MOBILE_HEAD = re.compile(r"1[3-9][0-9]")
_MAX_GAP = 24
_POINT_GROUP = 4
_EXTENSION_DIGITS = 6
_MAX_ATOMS = 12
_MAX_GROUPS = 7
_MAX_DIGITS = 20
_WHOLE_DIGITS = 26
_INDEX_DIGITS = 2
_LONG = 7
_SERVICES = ("400", "800")
_LEFT_COST = 100
"""Cost of a digit that is in no number; a number costs 1. So the reading with most digits in numbers wins."""

_NO_PARTS = (Reason.ID_CARD, Reason.BANK_CARD, Reason.DATE)
"""A run that is refused for one of these reasons as a whole is not separated."""


class Gap(NamedTuple):
    """What stands between two atoms of a run.

    Attributes:
        text: Its plain form.
        extension: Whether the next atom is an extension.
    """

    text: str
    extension: bool


class Piece(NamedTuple):
    """A part of a run.

    Attributes:
        first: Index of its first atom.
        last: Index of its last atom.
        result: The identifier; or None, if its atoms are no number.
    """

    first: int
    last: int
    result: bytes | None


@dataclass(slots=True)
class Run:
    """One or more atoms that may be one number.

    Attributes:
        atoms: The atoms.
        gaps: The gaps, one between each two atoms.
    """

    atoms: list[Atom]
    gaps: list[Gap] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Where it starts in the plain form."""
        return self.atoms[0].start

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.atoms[-1].stop

    def text(self, first: int, last: int) -> str:
        """The digits of some atoms, with their plus signs and the signs between them."""
        parts = [self.atoms[first].text]
        for at in range(first, last):
            parts += (self.gaps[at].text, self.atoms[at + 1].text)
        return "".join(parts)


def gap_between(plain: str, left: Atom, right: Atom) -> Gap | None:
    """The gap between two atoms, or None if a number cannot go on from one to the other.

    A decimal point spoils both atoms.
    """
    if right.start - left.stop > _MAX_GAP:
        return None
    text = plain[left.stop : right.start]
    if not right.plus and len(right.digits) <= _EXTENSION_DIGITS and EXTENSION.fullmatch(text):
        right.spoiled = None
        return Gap(text, extension=True)
    if text == "." and is_decimal(left.digits, right.digits):
        if left.is_mobile and right.is_mobile:
            return None
        left.spoiled = left.spoiled or Reason.NOT_POSSIBLE
        right.spoiled = right.spoiled or Reason.NOT_POSSIBLE
        return Gap(text, extension=False)
    if left.spoiled is Reason.MASKED and right.spoiled is Reason.MASKED and not text.isspace():
        return Gap(text, extension=False)
    if _SOFT.fullmatch(text) and (text or right.plus):
        return Gap(text, extension=False)
    if text.strip() == "/" and _AREA.fullmatch(left.digits) and _LOCAL.fullmatch(right.digits):
        return Gap(text, extension=False)
    return None


def is_decimal(left: str, right: str) -> bool:
    """Whether a point between digits is a decimal point, and not one between groups of digits: more than four digits
    stand before it, or one or two, other than 86, and five or more behind it.
    """
    return len(left) > _POINT_GROUP or (len(left) <= _INDEX_DIGITS and left != "86" and len(right) > _POINT_GROUP)


def pieces_of(run: Run, reader: NumberReader, plain: str) -> list[Piece]:
    """The numbers of a run, and what is between them, in order.

    Args:
        run: The run.
        reader: Decides on single numbers.
        plain: The plain form of the cell.
    """
    last = len(run.atoms) - 1
    whole = _whole(run, reader)
    if isinstance(whole, bytes):
        return [Piece(0, last, whole)]
    if whole in _NO_PARTS and not any(atom.is_mobile for atom in run.atoms):
        return [Piece(0, last, None)]
    return _joined(_without_remnants(run, _best_pieces(run, reader), plain))


def _whole(run: Run, reader: NumberReader) -> bytes | Reason | None:
    """What the whole run is, if it may be one number; else None."""
    if len(run.atoms) > _MAX_ATOMS or any(atom.spoiled for atom in run.atoms):
        return None
    if any(atom.plus for atom in run.atoms[1:]) or sum(len(atom.digits) for atom in run.atoms) > _WHOLE_DIGITS:
        return None
    return reader.whole(run.text(0, len(run.atoms) - 1))


def _best_pieces(run: Run, reader: NumberReader) -> list[Piece]:
    """Cover the atoms by numbers so that the fewest digits are left, then with the fewest numbers."""
    count = len(run.atoms)
    costs = [0] * (count + 1)
    chosen: list[Piece] = [Piece(0, 0, None)] * count
    for first in reversed(range(count)):
        chosen[first] = Piece(first, first, None)
        costs[first] = _LEFT_COST * len(run.atoms[first].digits) + costs[first + 1]
        for piece in _numbers_from(run, first, reader):
            cost = 1 + costs[piece.last + 1]
            if cost < costs[first]:
                costs[first], chosen[first] = cost, piece
    pieces = []
    at = 0
    while at < count:
        pieces.append(chosen[at])
        at = chosen[at].last + 1
    return pieces


def _numbers_from(run: Run, first: int, reader: NumberReader) -> Iterator[Piece]:
    """All numbers that begin with an atom, the shortest first, each with and without its extension."""
    atoms, gaps = run.atoms, run.gaps
    digits = ""
    head = (atoms[first].digits, gaps[first].text) if first < len(gaps) else None
    for last in range(first, min(first + _MAX_GROUPS, len(atoms))):
        atom = atoms[last]
        if atom.spoiled or (last > first and (atom.plus or gaps[last - 1].extension)):
            return
        digits += atom.digits
        if len(digits) > _MAX_DIGITS:
            return
        if len(digits) < reader.least_digits:
            continue
        result = reader.part(digits, plus=atoms[first].plus, head=head if last > first else None)
        if result is not None:
            yield Piece(first, last, result)
            if _has_extension(run, last, result):
                yield Piece(first, last + 1, result)


def _has_extension(run: Run, last: int, result: bytes) -> bool:
    """Whether the atom behind a number is its extension: by a word, or behind the dash of a landline."""
    if last == len(run.gaps):
        return False
    gap, atom = run.gaps[last], run.atoms[last + 1]
    if gap.extension:
        return True
    is_short = len(atom.digits) <= _EXTENSION_DIGITS and not atom.plus and not atom.spoiled
    return gap.text.strip() == "-" and is_short and is_landline(result)


def _without_remnants(run: Run, pieces: list[Piece], plain: str) -> list[Piece]:
    """Turn numbers into no numbers that may be part of a longer row of groups of digits, such as a card number."""
    kept = list(pieces)
    for at, piece in enumerate(pieces):
        if piece.result is None:
            continue
        inner = {run.gaps[gap].text for gap in range(piece.first, piece.last)}
        sides = [(at - 1, piece.first - 1, -1), (at + 1, piece.last, 1)]
        for other, gap, side in sides:
            if 0 <= other < len(pieces) and pieces[other].result is None:
                sign = run.gaps[gap].text
                remnant = run.atoms[piece.first - 1 if side < 0 else piece.last + 1]
                if (
                    sign == "."
                    or _is_behind_code(run, piece, sign, side)
                    or (sign in inner and not _is_of_a_word(remnant, side, plain))
                ):
                    kept[at] = Piece(piece.first, piece.last, None)
    return kept


def _is_behind_code(run: Run, piece: Piece, sign: str, side: int) -> bool:
    """Whether one digit before a landline is a code: the area behind it has brackets and no 0, as in 8 (916)."""
    is_one_landline = piece.result is not None and is_landline(piece.result) and piece.first < piece.last
    if side > 0 or sign.strip() != "(" or not is_one_landline:
        return False
    first = run.atoms[piece.first].digits
    is_code = len(run.atoms[piece.first - 1].digits) == 1 and run.gaps[piece.first].text.startswith(")")
    return is_code and not first.startswith("0") and first not in _SERVICES


def _is_of_a_word(atom: Atom, side: int, plain: str) -> bool:
    """Whether an atom is one or two digits that belong to a word, as in 电话1."""
    if len(atom.digits) > _INDEX_DIGITS:
        return False
    outer = plain[atom.start - 1 : atom.start] if side < 0 else plain[atom.stop : atom.stop + 1]
    return outer.isalpha()


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join pieces that are no numbers and follow one another."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.result is None and joined and joined[-1].result is None:
            joined[-1] = Piece(joined[-1].first, piece.last, None)
        else:
            joined.append(piece)
    return joined


def separate_rejects(run: Run, piece: Piece, reason: Reason | None) -> list[Piece]:
    """Separate what is no number where another number seems to begin, so that each is counted.

    A number begins with a plus sign, with seven digits together, with `1[3-9]` and one digit, or with an area code and
    another sign behind it than before it; at least seven digits must stand before it. An identity card, a bank card
    and a date stay whole.

    Args:
        run: The run.
        piece: A part of it that is no number.
        reason: Why the whole piece is none, if it was asked.
    """
    if reason in _NO_PARTS:
        return [piece]
    parts = [piece.first]
    digits = 0
    for at in range(piece.first, piece.last + 1):
        if at > piece.first and digits >= _LONG and run.gaps[at - 1].text != "." and _begins_number(run, at):
            parts.append(at)
            digits = 0
        digits += len(run.atoms[at].digits)
    stops = [*parts[1:], piece.last + 1]
    return [Piece(first, stop - 1, None) for first, stop in zip(parts, stops, strict=True)]


def _begins_number(run: Run, at: int) -> bool:
    """Whether an atom in the middle of a run looks like the beginning of a number."""
    atom = run.atoms[at]
    if atom.plus or len(atom.digits) >= _LONG or _MOBILE_HEAD.fullmatch(atom.digits):
        return True
    if not _AREA.fullmatch(atom.digits) or at == len(run.gaps):
        return False
    return run.gaps[at].text != run.gaps[at - 1].text or len(run.atoms[at + 1].digits) >= _LONG
