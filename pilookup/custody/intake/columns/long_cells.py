"""Remembers what was found in a long cell. Every row may share it: a Parquet file of 1 MB can have 5 GB of cells."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

LONG_CHARS: Final = 1024
"""Characters of a long cell."""

_REMEMBERED: Final = 16
_Found = TypeVar("_Found")


def remember_long(find: Callable[[str], _Found]) -> Callable[[str], _Found]:
    """Decorate a function of a cell, so that what it returns for the last long cells is kept for the next rows."""
    of_long = lru_cache(maxsize=_REMEMBERED)(find)

    @wraps(find)
    def find_or_remember(cell: str) -> _Found:
        return of_long(cell) if len(cell) >= LONG_CHARS else find(cell)

    return find_or_remember
