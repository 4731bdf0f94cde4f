"""Breaks text into lines, for Chinese and English.

A line may end at a space, and before and after a Chinese character, but no line begins with closing punctuation or ends
with an opening bracket (kinsoku). Nothing is hyphenated. What is too long without such a place is broken after a hyphen
or a full stop, as in an address, or else between any two characters.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

Measure = Callable[[str], float]
"""Returns the width of a text."""

Rule = Callable[[str, str], bool]
"""Tells whether a line may be broken between two characters."""

NOT_FIRST: Final = frozenset("，。、；：？！）》」』】〕〉”’…—·％%,.;:?!)]}")
"""Characters that no line begins with."""

NOT_LAST: Final = frozenset("（《「『【〔〈“‘([{")
"""Characters that no line ends with."""

_AFTER_PHRASE: Final = frozenset("，。；：？！")
_STEPS: Final = 12


def break_lines(text: str, width: float, measure: Measure, *, phrases: bool = False) -> list[str]:
    """Break a text into lines, each as long as it can be.

    Args:
        text: The text.
        width: The width that no line exceeds, unless a single character is wider.
        measure: Returns the width of a text.
        phrases: Whether to break only at spaces and after punctuation, as far as the width allows.

    Returns:
        The lines, without spaces at their ends; at least one.
    """
    lines = [""]
    for piece in _pieces(text, width, measure, phrases=phrases):
        if lines[-1] and measure((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def balance_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Break a title into as few lines as `break_lines` with `phrases`, of widths as equal as possible."""
    lines = break_lines(text, width, measure, phrases=True)
    # No narrower than the widest phrase: narrower, phrases would be broken.
    widest = max(measure(piece.rstrip()) for piece in _pieces(text, width, measure, phrases=True))
    low, high = min(widest, width), width
    for _ in range(_STEPS):
        middle = (low + high) / 2
        narrower = break_lines(text, middle, measure, phrases=True)
        if len(narrower) > len(lines):
            low = middle
        else:
            high, lines = middle, narrower
    return lines


def _pieces(text: str, width: float, measure: Measure, *, phrases: bool) -> Iterator[str]:
    """The pieces that a line may be broken between, each with the spaces after it, none wider than `width`."""
    rules = (_ends_phrase, *_RULES) if phrases else _RULES
    yield from _narrow(text, width, measure, rules)


def _narrow(text: str, width: float, measure: Measure, rules: Sequence[Rule]) -> Iterator[str]:
    """Split a text by the first rule, and those pieces by the next ones that are too wide."""
    for piece in _split(text, rules[0]):
        if measure(piece.rstrip()) <= width:
            yield piece
        elif len(rules) > 1:
            yield from _narrow(piece, width, measure, rules[1:])
        else:
            yield from piece


def _split(text: str, may_break: Rule) -> list[str]:
    ends = [index for index, (before, after) in enumerate(pairwise(text), 1) if may_break(before, after)]
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def _may_break(before: str, after: str) -> bool:
    if before == " " or after == " ":
        return after != " "
    return (_is_wide(before) or _is_wide(after)) and after not in NOT_FIRST and before not in NOT_LAST


def _ends_phrase(before: str, after: str) -> bool:
    return _may_break(before, after) and (before == " " or before in _AFTER_PHRASE)


def _ends_part(before: str, _: str) -> bool:
    return before in "-."


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


_RULES: Final[tuple[Rule, ...]] = (_may_break, _ends_part)
