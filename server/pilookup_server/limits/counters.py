"""Sliding-window counters: what quotas ask of the place where they count.

A window of `seconds` is one of a row of equal periods. The weighted count is that of the current period, plus that of
the one before it, multiplied by the part of it that the last `seconds` cover and rounded down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Counts = tuple[int, float, int, float]
"""(count of the previous period, seconds until it no longer counts, count of the current period, the same for it)."""


class CountersError(Exception):
    """The counts cannot be read or changed."""


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount to count under a limit.

    Attributes:
        key: What is counted for. Keys of windows of different lengths are different.
        limit: The most that the weighted count may be afterwards.
        seconds: The length of the window.
        amount: How much to count.
    """

    key: str
    limit: int
    seconds: int
    amount: int


class Counters(Protocol):
    """Counts for all workers of a server. Every method raises CountersError if the counts cannot be reached."""

    async def charge(self, charges: Sequence[Charge]) -> int | None:
        """Count all charges, or none of them if one exceeds its limit.

        Returns:
            The index of the first charge that exceeds its limit; None if all were counted.
        """

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges that were counted a short time ago."""

    async def counts(self, key: str, seconds: int) -> Counts:
        """The counts of a key in the previous and the current period of `seconds`."""

    async def close(self) -> None:
        """Close what was opened to reach the counts."""


def weighted(counts: Counts, seconds: int) -> int:
    """The weighted count of a window of `seconds`."""
    before, before_left, count, _ = counts
    return int(before * before_left / seconds) + count
