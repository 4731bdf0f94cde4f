"""Finds the signs in the lines of a text file that may be the delimiter between its cells."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import gcd
from typing import Final

from pilookup.custody.intake.files.text_checks import SEPARATING_CONTROLS

USUAL: Final = ("\t", ",", ";", "|", "，", "----")
"""The delimiters of most files. Another way must be better than them."""
_NEVER_DOUBLED: Final = ("\t", ",", ";", "，")
"""Two of these are an empty cell between them, in however many lines."""
_RUNS: Final = re.compile(r"([^\w\s]|[\x01-\x08\x0e-\x1f])\1{0,7}")
_MIXED: Final = re.compile(r"[^\w\s\"'()（）\[\]【】{}+\-.*]{2,5}")
_NO_SIGNS: Final = frozenset("\"'()（）[]【】{}《》<>「」+-.*@_:")
_MAX_SIGNS: Final = 8
_EVEN_SHARE: Final = 0.9
"""The share of the lines with a sign that must have as many of it, where it may separate cells that are often empty."""
_CONTROL_SHARE: Final = 10
_RARE_RUNS: Final = 4
"""A run of a sign is no delimiter if it stands in at most a quarter of the lines with this sign: it is in a cell."""


def control_delimiter(lines: Sequence[str]) -> str | None:
    """The control character, or the run of one, that separates cells. It has no other use in a text.

    It must stand in a tenth of the lines, and no usual delimiter in more lines than twice that.
    """
    counts = Counter(sign for line in lines for sign in SEPARATING_CONTROLS.intersection(line))
    sign, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    others = max((sum(other in line for line in lines) for other in ("\t", ",", ";", "|")), default=0)
    if not sign or count * _CONTROL_SHARE < len(lines) or count * 2 < others:
        return None
    runs = [len(run) for line in lines for run in re.findall(f"{re.escape(sign)}+", line)]
    return sign * min(runs)


def frequent_delimiters(lines: Sequence[str]) -> list[str]:
    """The usual delimiters, and signs and runs of signs that stand in most lines and may be delimiters.

    A sign that never stands alone is none, and a run of twice the length of another is two of them.
    """
    counts = Counter(sign for line in lines for sign in {found[0] for found in _RUNS.finditer(line)})
    mixed = Counter(sign for line in lines for sign in {found[0] for found in _MIXED.finditer(line)})
    frequent = {sign for sign, count in mixed.items() if len(set(sign)) > 1 and count * 2 > len(lines)}
    for sign in {run[0] for run in counts}:
        count = sum(sign in line for line in lines)
        if count * 2 > len(lines) and not _is_part(sign, frequent, lines):
            alone = counts[sign] * 2 > count and sign not in _NO_SIGNS  # longer runs are empty cells
            runs = [run for run in counts if run == sign * len(run)]
            # Where most rows have an empty cell, a delimiter of several signs is rare, and twice its length is not.
            usual = [run for run in runs if counts[run] * _RARE_RUNS > count or (run in USUAL and len(run) > 1)]
            even = _even_lines(sign, lines) if not alone and sign not in _NO_SIGNS else []
            if even:
                usual = [sign * _common_length(sign, even)]
            frequent.update([sign] if alone else [*_units(sign, map(len, usual)), *_shorter(runs, usual)])
    signs = [sign for sign in frequent - {*USUAL, *_NO_SIGNS} if "*" not in sign]
    others = sorted(signs, key=lambda sign: (-(counts + mixed)[sign], sign))[:_MAX_SIGNS]
    return [sign for sign in USUAL if sign in frequent or sign in _NEVER_DOUBLED] + others


def _even_lines(sign: str, lines: Sequence[str]) -> list[str]:
    """The lines with as many of a sign as most, if nearly all have as many; then a longer run is empty cells between
    delimiters. A line with more may have the sign in a cell.
    """
    numbers = Counter(line.count(sign) for line in lines if sign in line)
    usual, count = max(numbers.items(), key=lambda item: item[1])
    if count < _EVEN_SHARE * numbers.total():
        return []
    return [line for line in lines if line.count(sign) == usual]


def _common_length(sign: str, lines: Sequence[str]) -> int:
    """The greatest length of which the runs of a sign are multiples."""
    return gcd(*(len(run) for line in lines for run in re.findall(f"{re.escape(sign)}+", line)))


def _is_part(sign: str, longer: Iterable[str], lines: Sequence[str]) -> bool:
    return any(sign in other and not any(sign in line.replace(other, "") for line in lines) for other in longer)


def _shorter(runs: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The runs of several signs of which all usual runs are multiples: nearly all rows may have an empty cell."""
    lengths = {len(run) for run in usual}
    return [run for run in runs if len(run) > 1 and lengths and not any(length % len(run) for length in lengths)]


def _units(sign: str, of_runs: Iterable[int]) -> Iterator[str]:
    """The runs of a sign that are no repetition of a shorter run of two or more."""
    lengths = list(of_runs)
    for length in lengths:
        if not any(length > shorter > 1 and length % shorter == 0 for shorter in lengths):
            yield sign * length
