"""The number of elements evaluated in each epoch of a channel, which outlives the server.

The count is in memory that all workers share. The file holds a larger one: the workers take some thousand elements in
advance, and the file is written again when they are used up. What was taken and not used when a server stopped without
notice counts as evaluated.

If the file cannot be written, counting goes on in memory, the log says so, and `saved` is false. The epoch's ceiling
then holds until the server stops.
"""

import mmap
import time
from pathlib import Path
from struct import Struct
from typing import Final

from pilookup.clock import Clock
from pilookup.errors import FormatError
from pilookup.release_files.evaluations import Evaluations, read_evaluations, write_evaluations
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.logs import describe, logger

LEASE: Final = 10_000
"""Most elements taken in advance; a hundredth of what is left, if that is fewer."""

MARKS: Final = (0.5, 0.8, 1.0)
"""Parts of an epoch's ceiling; the log says so when one is reached."""

_EPOCHS: Final = 8
"""Epochs that are remembered; a channel serves two at most."""

_ROW: Final = Struct("<QQQQ")  # epoch, elements evaluated, elements that the file says, the most that were evaluated
_RETRY_SECONDS: Final = 10.0


class ChannelLedger:
    """Counts the evaluated elements of a channel by epoch. Make it before the workers are forked."""

    def __init__(self, online: Path, ceiling: int, lock: SharedLock, clock: Clock) -> None:
        """Read the counts of the last run.

        Args:
            online: HOME's online half.
            ceiling: Most elements of an epoch.
            lock: The lock that all workers use.
            clock: The wall clock, whose time the file states.

        Raises:
            FormatError: The file is damaged.
            OSError: The file cannot be read.
        """
        self._online = online
        self._ceiling = ceiling
        self._lock = lock
        self._clock = clock
        self._rows = mmap.mmap(-1, _EPOCHS * _ROW.size)
        self._retry_at = 0.0
        record = read_evaluations(online)
        for epoch, count in sorted(record.epochs.items() if record else ())[-_EPOCHS:]:
            self._set(epoch, count, count)

    @property
    def ceiling(self) -> int:
        """Most elements of an epoch."""
        return self._ceiling

    @property
    def saved(self) -> bool:
        """Whether the file could be written when this process last tried to."""
        return not self._retry_at

    def evaluated(self, epoch: int) -> int:
        """The number of elements evaluated in an epoch."""
        with self._lock:
            return self._get(epoch)[0]

    def fits(self, epoch: int, elements: int, part: float) -> bool:
        """Whether as many elements more are within `part` (0 to 1) of the ceiling; raises CountersError."""
        return self.evaluated(epoch) + elements <= int(self._ceiling * part)

    def charge(self, epoch: int, elements: int, part: float) -> bool:
        """Count elements, if they are within `part` (0 to 1) of the ceiling.

        Returns:
            Whether they were counted.

        Raises:
            CountersError: The lock cannot be had.
        """
        with self._lock:
            before, taken, most = self._get(epoch)
            evaluated = before + elements
            if evaluated > int(self._ceiling * part):
                return False
            self._set(epoch, evaluated, taken)
            if evaluated > taken:
                self._take(epoch)
        for mark in MARKS:
            if most < int(self._ceiling * mark) <= evaluated:
                logger().warning("evaluated elements of an epoch", epoch=epoch, part=mark, ceiling=self._ceiling)
        return True

    def refund(self, epoch: int, elements: int) -> None:
        """Take back elements that were counted a short time ago; raises CountersError."""
        with self._lock:
            evaluated, taken, _ = self._get(epoch)
            self._set(epoch, max(0, evaluated - elements), taken)

    def close(self) -> None:
        """Write what was evaluated, without what was taken in advance; raises CountersError, FormatError, OSError."""
        with self._lock:
            self._add_others()
            counts = {epoch: evaluated for epoch, evaluated, *_ in self._all()}
            write_evaluations(self._online, Evaluations(counts, self._clock()))

    def _take(self, epoch: int) -> None:
        """Write a larger count of an epoch to the file."""
        if time.monotonic() < self._retry_at:
            return
        try:
            self._add_others()
            evaluated, _, _ = self._get(epoch)
            larger = evaluated + max(0, min(LEASE, (self._ceiling - evaluated) // 100))
            # An epoch has more evaluated than saved while the file cannot be written.
            counts = {one: max(count, saved) for one, count, saved, _ in self._all()} | {epoch: larger}
            write_evaluations(self._online, Evaluations(counts, self._clock()))
        except (FormatError, OSError) as error:
            logger().error("the count of evaluated elements cannot be written", **describe(error))
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            return
        self._retry_at = 0.0
        self._set(epoch, evaluated, larger)

    def _add_others(self) -> None:
        """Add what another server has written since this one last did, so that neither forgets what the other counts.

        Two servers may overlap on one HOME while one takes the place of the other.
        """
        record = read_evaluations(self._online)
        lowest = min(row[0] for row in _ROW.iter_unpack(self._rows[:]))  # 0 while there is room for more
        for epoch, count in record.epochs.items() if record else ():
            if epoch < lowest:
                continue  # forgotten, since there are too many newer ones
            evaluated, taken, _ = self._get(epoch)
            if count > taken:
                self._set(epoch, evaluated + count - taken, count)
                logger().warning("another server counts elements on this HOME", epoch=epoch, elements=count - taken)

    def _all(self) -> list[tuple[int, int, int, int]]:
        return [row for row in _ROW.iter_unpack(self._rows[:]) if row[0]]

    def _get(self, epoch: int) -> tuple[int, int, int]:
        place = self._place(epoch)
        return (0, 0, 0) if place is None else _ROW.unpack_from(self._rows, place)[1:]

    def _set(self, epoch: int, evaluated: int, taken: int) -> None:
        """Write an epoch's row, in the place of the lowest epoch if it has none."""
        place, most = self._place(epoch), max(evaluated, self._get(epoch)[2])
        if place is None:
            place = min(range(0, _EPOCHS * _ROW.size, _ROW.size), key=lambda one: _ROW.unpack_from(self._rows, one)[0])
        _ROW.pack_into(self._rows, place, epoch, evaluated, taken, most)

    def _place(self, epoch: int) -> int | None:
        """The offset of an epoch's row; None if it has none."""
        for place in range(0, _EPOCHS * _ROW.size, _ROW.size):
            if _ROW.unpack_from(self._rows, place)[0] == epoch:
                return place
        return None
