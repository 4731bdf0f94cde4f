"""Mainland mobiles with a stray plus sign, such as +13800138000, which are written as numbers of North America.

The eleven digits of a mobile begin with 1, which is the calling code of North America. An area code there has no 9 in
the middle and no two ones at the end, and the digit behind it is 2 or more (North American Numbering Plan); a third of
all mobiles break these rules.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

_PLUS: Final = re.compile(r"\+(?=1[3-9][0-9]{9}(?![0-9]))")
_LOOKALIKE: Final = re.compile(r"\s*'?\+(1[3-9][0-9]{9})\s*")
_POSSIBLE: Final = re.compile(r"1[2-9](?!9|11)[0-9]{2}[2-9][0-9]{6}")
_MOBILE: Final = re.compile(r"\s*1[3-9][0-9]{9}\s*")
_LEAST_SHARE: Final = 0.1


class Plus(StrEnum):
    """What a plus sign before a mainland mobile is in a column."""

    CALLING_CODE = "calling code"
    DOUBTFUL = "doubtful"
    STRAY = "stray"


def plus_of(cells: Sequence[str]) -> Plus:
    """What it is by the cells of a column.

    It is stray if a tenth of such numbers, or more, are none of North America, and doubtful if most numbers are
    mainland mobiles without it.
    """
    alike = [found[1] for cell in cells if (found := _LOOKALIKE.fullmatch(cell)) is not None]
    others = sum(_POSSIBLE.fullmatch(digits) is None for digits in alike)
    if others and others >= len(alike) * _LEAST_SHARE:
        return Plus.STRAY
    mobiles = sum(_MOBILE.fullmatch(cell) is not None for cell in cells)
    return Plus.DOUBTFUL if mobiles > len(alike) else Plus.CALLING_CODE


def without_stray_plus(cell: str) -> str:
    """A cell without the plus signs before mainland mobiles."""
    return _PLUS.sub("", cell) if "+" in cell else cell


def is_doubtful(text: str) -> bool:
    """Whether a number of North America is written as a mainland mobile with a plus sign."""
    return _LOOKALIKE.fullmatch(text) is not None
