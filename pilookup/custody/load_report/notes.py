"""Notes of a load, with those that are the same for many files joined."""

from collections.abc import Iterable
from typing import Final

NAMED_LOCATIONS: Final = 3
"""How many locations of a joined note are named."""


def joined_notes(notes: Iterable[str]) -> list[str]:
    """Join notes that differ in their location only, each at the place of the first one.

    Args:
        notes: Notes of the form "location: text". Others stay as they are.

    Returns:
        The notes. One that stands for several locations names three of them: "a.csv, b.csv, c.csv and 198 more: text".
    """
    locations: dict[str, dict[str, None]] = {}
    for note in notes:
        location, colon, text = note.partition(": ")
        locations.setdefault(colon + text if colon else note, {})[location] = None
    return [_named(list(each)) + text if text.startswith(": ") else text for text, each in locations.items()]


def _named(locations: list[str]) -> str:
    more = len(locations) - NAMED_LOCATIONS
    named = ", ".join(locations[:NAMED_LOCATIONS])
    return f"{named} and {more:,} more" if more > 0 else named
