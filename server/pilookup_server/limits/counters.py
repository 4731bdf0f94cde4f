"""Counters of what callers have used: what quotas ask of the place where they count.

A counter is a leaky bucket. A charge raises its level, and the level falls evenly with time. A charge that would raise
it above its limit is refused. So a caller that always asks for more is let through at an even pace, instead of being
shut out for the rest of the day together with all that share its address.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class CountersError(Exception):
    """The counts cannot be read or changed."""


class Charge(NamedTuple):
    """An amount to count for a key.

    Attributes:
        key: What is counted for.
        limit: The highest level that the charge may lead to.
        rate: By how much the level falls in a second, more than 0.
        amount: How much to count; 0 only reads the level.
    """

    key: str
    limit: int
    rate: float
    amount: int

    def __repr__(self) -> str:
        """Without the key, which names a caller's address or token."""
        return f"Charge(limit={self.limit}, rate={self.rate}, amount={self.amount})"


class State(NamedTuple):
    """The state of a key.

    Attributes:
        level: What is counted for it now.
        idle: Seconds since something was last counted for it; infinite if that is unknown.
    """

    level: float
    idle: float


class Charged(NamedTuple):
    """What became of charges.

    Attributes:
        full: The index of the first charge that exceeds its limit, and then nothing was counted; None if all were.
        levels: The level of each charge's key afterwards; empty if nothing was counted.
    """

    full: int | None
    levels: Sequence[float]


class Counters(Protocol):
    """Counts for all workers of a server. Every method raises CountersError if the counts cannot be reached."""

    async def charge(self, charges: Sequence[Charge]) -> Charged:
        """Count all charges, or none of them if one exceeds its limit; one of 0 never does and changes nothing."""

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges that were counted a short time ago."""

    async def states(self, charges: Sequence[Charge]) -> list[State]:
        """The state of each charge's key, before it is counted."""

    async def close(self) -> None:
        """Close what was opened to reach the counts."""
