"""Numbers that fill many rows: of a hotline, the officer in charge, or the owner of the phone that made the calls."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np

from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.rows.packed import OFFSET, PackedNumbers

MIN_ROWS: Final = 10_000
ONE_IN: Final = 100
"""In a file of 10,000 rows or more, the report warns of a number that fills more than one row in 100."""
FEW_ROWS: Final = 20
ONE_IN_FEW: Final = 2
"""In a smaller file of 20 rows or more, it warns of one that fills more than half of the rows.

The owner of a phone calls and is called, so that no column of such a list has one number alone.
"""
_CANDIDATE_ONE_IN: Final = 2_000


def frequent_indices(packed: PackedNumbers) -> list[tuple[int, int]]:
    """The identifiers of a split that occur more often than others: the index of each, and how often it occurs.

    A number that fills one row in a hundred of a file does so in at least one of its splits. What a split has fewer
    times than once in 2,000 rows is not counted there, so that the result is small.
    """
    counts = np.bincount(np.frombuffer(packed.indices, OFFSET))
    found = np.flatnonzero(counts > max(1, len(packed) // _CANDIDATE_ONE_IN))
    return list(zip(found.tolist(), counts[found].tolist(), strict=True))


class FrequentNumbers:
    """Counts how often the numbers of one file occur. It knows them by keyed pseudonyms only."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def add(self, frequent: Iterable[tuple[bytes, int]]) -> None:
        """Add the pseudonyms of frequent numbers of a split, and how often each occurs."""
        for pseudonym, count in frequent:
            self._counts[pseudonym] += count

    def warn(self, location: str, report: Report) -> None:
        """Add a warning to the report of the file if numbers are frequent in it."""
        if report.rows < FEW_ROWS:
            return
        one_in, share = ONE_IN, "one row in a hundred"
        if report.rows < MIN_ROWS:
            one_in, share = ONE_IN_FEW, "half of the rows"
        frequent = [count for count in self._counts.values() if count * one_in > report.rows]
        numbers = "1 number fills" if len(frequent) == 1 else f"{len(frequent)} numbers each fill"
        report.warn(
            WarningCode.FREQUENT_NUMBER,
            location,
            sum(frequent),
            f"{numbers} more than {share}, and is loaded: if it is the number of a hotline, an officer or the owner of "
            "the phone, use `erase`, or leave its column out with --not-column NAME",
        )
