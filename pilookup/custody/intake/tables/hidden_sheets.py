"""Counts what a hidden sheet holds that is not read."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from pilookup.custody.intake.columns.headers import is_phone
from pilookup.custody.intake.columns.judge import numbers_in
from pilookup.custody.intake.columns.mobiles import find_mobiles
from pilookup.custody.intake.columns.unread_cells import numbers_of_unread
from pilookup.custody.intake.limits import HEADER_ROWS

_HEADER_CHARS: Final = 100


class HiddenSheet:
    """Counts the numbers of a sheet.

    Everywhere mainland mobiles count, and numbers that are written in full. In a column whose header names phones,
    every number counts that would be read there, such as a mobile behind a carrier's prefix. Digits alone may be
    identifiers: those that begin with 0 count only in a column with other numbers.

    Attributes:
        filled: Number of cells with content.
    """

    def __init__(self, region: str) -> None:
        self.filled = 0
        self._region = region
        self._rows = 0
        self._phones: set[int] = set()
        self._counts: Counter[int] = Counter()
        self._bare: Counter[int] = Counter()

    @property
    def numbers(self) -> int:
        """Number of numbers so far."""
        return sum(count + self._bare[column] for column, count in self._counts.items() if count)

    def add(self, rows: Iterable[list[str]]) -> None:
        """Count the cells of the next rows."""
        for row in rows:
            filled = [(column, cell) for column, cell in enumerate(row) if cell and not cell.isspace()]
            self._rows += bool(filled)
            for column, cell in filled:
                self._add(column, cell)
            self.filled += len(filled)

    def _add(self, column: int, cell: str) -> None:
        if self._rows <= HEADER_ROWS and len(cell) <= _HEADER_CHARS and is_phone(cell):
            self._phones.add(column)
        found = len(numbers_of_unread(cell, self._region)) or len(find_mobiles(cell))
        if column in self._phones:
            self._counts[column] += max(found, len(numbers_in(cell, self._region)))
        elif cell.strip().isdigit() and not find_mobiles(cell):
            self._bare[column] += found
        else:
            self._counts[column] += found
