"""The numbers in a cell that is not read, which the report tells."""

import re
from typing import Final

from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.full_numbers import full_numbers
from pilookup.custody.intake.columns.judge import is_entry, is_one_number
from pilookup.custody.intake.columns.mobiles import mobiles_in

_WORDS: Final = re.compile(r"[^\W\d_oO]{2}")
"""Two letters in a row, other than the letter O for a zero."""
SHORT_CHARS: Final = 60
"""A text no longer than this, in which there is a mobile, may have other numbers too."""


def may_have_others(cell: str) -> bool:
    """Whether a cell with a mobile may have numbers of other kinds beside it: a short text, or a list of entries."""
    return len(cell) <= SHORT_CHARS or is_entry(cell)


def is_number_alone(cell: str, region: str) -> bool:
    """Whether a cell is one number without words beside it. A label with an example has words."""
    return is_one_number(cell, region) and not _WORDS.search(cell)


def numbers_of_unread(cell: str, region: str) -> list[bytes | None]:
    """The numbers of a cell that is not read: mainland mobiles with the others beside them, or those written in full.

    Args:
        cell: The cell.
        region: Where numbers without a country code are from.

    Returns:
        Their identifiers; None for one that is written in full and not possible.
    """
    mobiles = mobiles_in(cell)
    if not mobiles:
        return list(full_numbers(cell, region))
    found = (one for _, one in find_numbers(cell, region)) if may_have_others(cell) else full_numbers(cell, region)
    return [*mobiles, *dict.fromkeys(one for one in found if isinstance(one, bytes) and one not in mobiles)]
