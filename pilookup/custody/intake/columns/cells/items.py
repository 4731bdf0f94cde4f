"""Puts the atoms of a cell into runs that may be numbers (rules 6 to 8)."""

import re
from collections.abc import Iterable
from dataclasses import replace

from pilookup.custody.intake.columns.cells.runs import Run, gap_between
from pilookup.custody.intake.columns.cells.tokens import Atom, Token, tokens

_MOBILE_DIGITS = 11
_MOBILES = re.compile(r"(?:1[3-9][0-9]{9}){2,}")
_ORDINAL = re.compile(r"[1-9]|1[0-9]|20")
_BEHIND_ORDINAL = re.compile(r" ?(?:\) ?|-)")
_LEAST_DIGITS = 7


def items_of(plain: str) -> list[Run | Token]:
    """The runs and tokens of a cell, in order."""
    items: list[Run | Token] = []
    for token in tokens(plain):
        if isinstance(token, Token):
            items.append(token)
            continue
        for atom in _separate_glued(token):
            _add_atom(items, plain, atom)
    for item in items:
        if isinstance(item, Run):
            _drop_codes(item)
    return items


def _separate_glued(atom: Atom) -> Iterable[Atom]:
    """The mobiles that an atom is made of without anything between them; else the atom."""
    size = len(atom.digits)
    if atom.plus or size % _MOBILE_DIGITS or not _MOBILES.fullmatch(atom.digits):
        return [atom]
    starts = range(0, size, _MOBILE_DIGITS)
    mobiles = [atom.digits[at : at + _MOBILE_DIGITS] for at in starts]
    at = atom.start
    return [
        replace(atom, start=at + first, stop=at + first + _MOBILE_DIGITS, digits=digits)
        for first, digits in zip(starts, mobiles, strict=True)
    ]


def _add_atom(items: list[Run | Token], plain: str, atom: Atom) -> None:
    """Put an atom into the last run, or into a new one."""
    if _is_bare_mobile(atom):
        _drop_ordinal(items, plain, atom)
        _join_code(items, atom)
    last = items[-1] if items else None
    if isinstance(last, Run):
        if atom.plus and atom.start == last.stop and _is_bare_mobile(atom) and _may_be_number(last):
            atom.plus = False  # a plus sign between a number and a mobile separates them
            atom.start += 1
        else:
            gap = gap_between(plain, last.atoms[-1], atom)
            if gap is not None:
                last.atoms.append(atom)
                last.gaps.append(gap)
                return
    items.append(Run([atom]))


def _may_be_number(run: Run) -> bool:
    return sum(len(atom.digits) for atom in run.atoms) >= _LEAST_DIGITS


def _drop_ordinal(items: list[Run | Token], plain: str, mobile: Atom) -> None:
    """Drop the number of an item in a list, as in "(1)138..." and "1-138...", before a mobile."""
    last = items[-1] if items else None
    if not isinstance(last, Run) or mobile.plus:
        return
    ordinal = last.atoms[-1]
    between = plain[ordinal.stop : mobile.start]
    if ordinal.plus or not _ORDINAL.fullmatch(ordinal.digits) or not _BEHIND_ORDINAL.fullmatch(between):
        return
    _drop_last(items, last)


def _join_code(items: list[Run | Token], mobile: Atom) -> None:
    """Join 86 and a mobile that only a plus sign separates, as in 86+138."""
    last = items[-1] if items else None
    if isinstance(last, Run) and mobile.plus and mobile.start == last.stop and last.atoms[-1].digits in ("86", "0086"):
        mobile.start, mobile.plus = last.atoms[-1].start, False
        _drop_last(items, last)


def _drop_last(items: list[Run | Token], run: Run) -> None:
    """Drop the last atom of the last run."""
    run.atoms.pop()
    if run.atoms:
        run.gaps.pop()
    else:
        items.pop()


def _is_bare_mobile(atom: Atom) -> bool:
    return atom.is_mobile and len(atom.digits) == _MOBILE_DIGITS


def _drop_codes(run: Run) -> None:
    """Drop a `+86` that is repeated, or that stands behind a mobile."""
    for at in reversed(range(len(run.atoms))):
        atom = run.atoms[at]
        if not (atom.plus and atom.digits == "86"):
            continue
        after = run.atoms[at + 1] if at + 1 < len(run.atoms) else None
        if after is not None and after.plus and after.digits.startswith("86"):
            after.start = atom.start
            del run.atoms[at], run.gaps[at]
        elif after is None and at and run.atoms[at - 1].is_mobile:
            run.atoms[at - 1].stop = atom.stop
            del run.atoms[at], run.gaps[at - 1]
