"""The clocks that code which depends on the time is given, so that tests can set them.

There are two: the wall clock, which says what time it is and can be set by anybody, and the clock of elapsed seconds,
which nobody can set and which goes on while the machine is suspended.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

Clock = Callable[[], datetime]
"""Returns the current time, with its time zone."""

Elapsed = Callable[[], float]
"""Returns the seconds since some fixed moment, such as the start of the machine. It never goes back."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def read_clock(clock: Clock) -> datetime:
    """The time of a clock that a caller handed in; raises ValueError if it has no time zone."""
    now = clock()
    if now.utcoffset() is None:
        raise ValueError("the clock must return a time with its time zone, such as datetime.now(UTC)")
    return now


def seconds_since_boot() -> float:
    """Seconds since the machine started, those of suspension included (CLOCK_BOOTTIME of Linux, else monotonic)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """The id of this start of the machine, which says what `seconds_since_boot` counts from.

    Where the system has none it is a new one for each call. Raises OSError if it cannot be read.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return str(uuid4())
