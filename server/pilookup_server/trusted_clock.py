"""The time that the server goes by: the wall clock, unless the wall clock was stepped.

The wall clock is compared with the seconds that have elapsed. After a step of more than `STEP_SECONDS` it is in doubt:
time goes on from the last good time and the elapsed seconds, and nothing is destroyed. The new time counts once the
wall clock has been even with the elapsed seconds for `EVEN_SECONDS`; a step of more than `FAR` counts only on the
operator's word (`serve --clock-is-right`). A clock that returns to the time expected is no longer in doubt at once.

The last good time is kept on disk, so that a server that is started again on the same machine notices a step that
happened meanwhile. After a start of the machine only a clock that went back can be noticed; therefore nothing is
destroyed in the first `YOUNG_SECONDS` after any start.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pilookup.clock import Clock, Elapsed
from pilookup.errors import FormatError
from pilookup.release_files.serving_state import ClockRecord, read_clock_record, write_clock_record
from pilookup_server.logs import describe, logger

STEP_SECONDS: Final = 60.0
EVEN_SECONDS: Final = 600.0
YOUNG_SECONDS: Final = 3600.0
FAR: Final = timedelta(hours=48)
SAVE_SECONDS: Final = 60.0
"""The last good time is written to disk this often."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A time of the wall clock, and the seconds elapsed when it was read."""

    wall: datetime
    elapsed: float

    def after(self, elapsed: float) -> datetime:
        """The time that a clock which was right then, and was not set since, shows when `elapsed` seconds are read."""
        return self.wall + timedelta(seconds=elapsed - self.elapsed)

    def is_even_with(self, other: "_Reading") -> bool:
        return abs((other.wall - self.after(other.elapsed)).total_seconds()) <= STEP_SECONDS


class TrustedClock:
    """A `Clock` that does not follow a step of the wall clock. Safe to call from several threads."""

    def __init__(self, wall: Clock, elapsed: Elapsed, boot: str, online: Path) -> None:
        """Read both clocks and the record of the last good time.

        Args:
            wall: The wall clock.
            elapsed: The seconds elapsed since the machine started.
            boot: The id of this start of the machine.
            online: HOME's online half, where the record is.
        """
        self._wall = wall
        self._elapsed = elapsed
        self._boot = boot
        self._online = online
        self._lock = threading.Lock()
        self._started = elapsed()
        self._good = _good_at_start(_read_record(online), boot, _Reading(wall(), self._started))
        self._suspect: _Reading | None = None
        self._saved: tuple[float, bool] | None = None
        self()

    def __call__(self) -> datetime:
        """The current time, in UTC."""
        with self._lock:
            return self._read().wall

    @property
    def elapsed(self) -> float:
        """The seconds elapsed, by a clock that cannot be set."""
        return self._elapsed()

    @property
    def doubtful(self) -> bool:
        """Whether the wall clock was stepped, and its new time does not count yet."""
        with self._lock:
            self._read()
            return self._suspect is not None

    @property
    def may_destroy(self) -> bool:
        """Whether what has expired may be destroyed: not while the clock is in doubt, nor soon after the start."""
        return not self.doubtful and self._elapsed() - self._started >= YOUNG_SECONDS

    def _read(self) -> _Reading:
        reading = _Reading(self._wall(), self._elapsed())
        if not self._good.is_even_with(reading) and not self._counts_now(reading):
            return _Reading(self._good.after(reading.elapsed), reading.elapsed)
        if self._suspect is not None:
            logger().warning("clock trusted again", time=reading.wall.isoformat(timespec="seconds"))
        self._good, self._suspect = reading, None
        return reading

    def _counts_now(self, reading: _Reading) -> bool:
        """Whether a time that was stepped to has been even for long enough to count."""
        if self._suspect is None or not self._suspect.is_even_with(reading):
            expected = self._good.after(reading.elapsed)
            logger().error(
                "clock in doubt",
                shows=reading.wall.isoformat(timespec="seconds"),
                expected=expected.isoformat(timespec="seconds"),
            )
            self._suspect = reading
        step = abs(reading.wall - self._good.after(reading.elapsed))
        return step <= FAR and reading.elapsed - self._suspect.elapsed >= EVEN_SECONDS

    def save(self) -> None:
        """Write the record if it is due. A failure is logged, and tried again."""
        doubtful = self.doubtful
        with self._lock:
            elapsed, good = self._elapsed(), self._good
        if self._saved is not None and self._saved[1] == doubtful and elapsed - self._saved[0] < SAVE_SECONDS:
            return
        try:
            record = ClockRecord(self._boot, int(good.elapsed), _whole_seconds(good), doubtful)
            write_clock_record(self._online, record)
        except OSError as error:
            logger().error("time not recorded", **describe(error))
        self._saved = (elapsed, doubtful)


def _whole_seconds(good: _Reading) -> datetime:
    """The time when the whole number of its elapsed seconds was reached."""
    return (good.wall - timedelta(seconds=good.elapsed - int(good.elapsed))).astimezone(UTC).replace(microsecond=0)


def _good_at_start(record: ClockRecord | None, boot: str, reading: _Reading) -> _Reading:
    """The reading to measure from: the recorded one, if it says anything about the time now."""
    if record is None:
        return reading
    if record.boot == boot and record.elapsed <= reading.elapsed:
        return _Reading(record.time, record.elapsed)
    return _Reading(max(record.time, reading.wall), reading.elapsed)


def _read_record(online: Path) -> ClockRecord | None:
    try:
        return read_clock_record(online)
    except (FormatError, OSError) as error:
        logger().error("record of the time not read", **describe(error))
        return None
