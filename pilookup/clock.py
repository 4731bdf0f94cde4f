"""The clock that code which depends on the time is given, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, with its time zone."""


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def read_clock(clock: Clock) -> datetime:
    """The time of a clock that a caller handed in; raises ValueError if it has no time zone."""
    now = clock()
    if now.utcoffset() is None:
        raise ValueError("the clock must return a time with its time zone, such as datetime.now(UTC)")
    return now
