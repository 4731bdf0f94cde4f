"""Local numbers: seven to nine digits that are a number only with the code in the cell before them."""

import re
from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns.find_numbers import find_numbers

_AREA: Final = re.compile(r"\s*[(（]?0[1-9][0-9]{1,2}[)）]?\s*-?\s*")
_CALLING: Final = re.compile(r"\s*[(（]?(?:\+|00)?(?:852|853|886)[)）]?\s*-?\s*")
_LOCAL: Final = re.compile(r"\s*[2-8][0-9]{6,7}\s*")
_ABROAD: Final = re.compile(r"\s*(?:[2-9][0-9]{7}|0?9[0-9]{8})\s*")


def is_local(cell: str) -> bool:
    """Whether a cell is seven or eight digits that may be a landline without its area code."""
    return _LOCAL.fullmatch(cell) is not None


def is_area_code(cell: str) -> bool:
    """Whether a cell may be an area code of mainland China, with its 0."""
    return _AREA.fullmatch(cell) is not None


def local_number(code: str, cell: str, region: str) -> bytes | None:
    """The identifier of a local number with the code in the cell before it; None if it is none.

    The code is an area code of mainland China with its 0, or the calling code of Hong Kong, Macao or Taiwan.
    """
    if region != "CN":
        return None
    if is_area_code(code) and is_local(cell):
        found = find_numbers(cell, region, area=code)
    elif _CALLING.fullmatch(code) and _ABROAD.fullmatch(cell):
        found = find_numbers(cell, region, country=code)
    else:
        return None
    result = found[0][1]
    return result if len(found) == 1 and isinstance(result, bytes) else None


def local_numbers(row: Sequence[str], region: str) -> dict[int, bytes]:
    """The columns of a row with a local number whose code stands in the cell before, with its identifier."""
    found: dict[int, bytes] = {}
    for column in range(1, len(row)):
        number = local_number(row[column - 1], row[column], region) if row[column] else None
        if number is not None:
            found[column] = number
    return found
