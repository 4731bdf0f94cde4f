"""The number of elements evaluated in each epoch of a channel, for all workers of a server together.

The workers count in memory that they share. An element is evaluated only once it is counted somewhere that outlives the
server: the keeper of the counts (`pilookup_server.count_keeper`) takes some thousand elements in advance, in the
service database, and the workers use them up and ask for more. What was taken and not used when a server stopped
without notice counts as evaluated.

While the database cannot be used, elements are taken in `evaluated.json`, and where that cannot be written either, they
are counted in memory alone. Both together are at most OUTSIDE_PART of the ceiling; then requests are refused. So of
several servers that share a database, each exceeds the ceiling by at most that part while it cannot reach it. A server
that could not read the count since it started refuses all requests.
"""

import asyncio
import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.logs import logger

LEASE: Final = 10_000
"""Most elements taken in advance; a hundredth of what is left, if that is fewer."""

OUTSIDE_PART: Final = 0.01
"""The part of the ceiling that a server may evaluate without the service database."""

MARKS: Final = (0.5, 0.8, 1.0)
"""Parts of an epoch's ceiling; the log says so when one is reached."""

_EPOCHS: Final = 8
"""Epochs that are remembered; a channel serves two at most."""

_ROW: Final = Struct("<QQQQQQQ")
_HEADER: Final = Struct("<QQQ")  # state, whether the counts were read, whether more was asked for
_EPOCH: Final = Struct("<Q")
_PLACES: Final = range(_HEADER.size, _HEADER.size + _EPOCHS * _ROW.size, _ROW.size)
_PAUSE_SECONDS: Final = 0.005
_ROUNDS: Final = 400
"""How often a request waits a pause for elements to be taken: two seconds."""

_ROUNDS_AT_START: Final = 1600
"""How often while the keeper has not started yet: eight seconds, less than a client's time limit."""


class Keeping(IntEnum):
    """Where the counts are kept."""

    STARTING = 0
    """Nowhere yet."""

    DATABASE = 1
    """In the service database."""

    FILE = 2
    """In `evaluated.json`, because the service database cannot be used."""

    MEMORY = 3
    """In memory alone, because neither can be used."""


@dataclass(slots=True)
class _Row:
    """One epoch.

    Attributes:
        epoch: Its number; 0 for a row that is free.
        evaluated: Elements evaluated since this server started.
        taken: Elements taken in advance by this server since then, used or not.
        outside: Those of them that are not in the service database.
        known: The count of all servers when elements were last taken, those included.
        wanted: What `evaluated` must become for the requests that wait.
        most: The highest count there was.
    """

    epoch: int = 0
    evaluated: int = 0
    taken: int = 0
    outside: int = 0
    known: int = 0
    wanted: int = 0
    most: int = 0

    @property
    def count(self) -> int:
        """The number of elements of all servers, as far as it is known."""
        return self.known + self.evaluated - self.taken

    @property
    def unused(self) -> int:
        """Elements that were taken and not evaluated; below 0, elements that were evaluated and not taken."""
        return self.taken - self.evaluated


@dataclass(frozen=True, slots=True)
class Want:
    """What an epoch needs of the keeper.

    Attributes:
        epoch: The epoch.
        evaluated: Elements that were evaluated and not taken yet.
        ahead: Elements to take in advance.
        outside_left: How many more may be counted outside of the service database.
    """

    epoch: int
    evaluated: int
    ahead: int
    outside_left: int


class ChannelLedger:
    """Counts the evaluated elements of a channel by epoch. Make it before the workers are forked."""

    def __init__(self, ceiling: int, lock: SharedLock, wake: Callable[[], None]) -> None:
        """Map an empty table.

        Args:
            ceiling: Most elements of an epoch.
            lock: The lock that all workers and the keeper use.
            wake: Has the keeper look at what is wanted; it need not wait for that.
        """
        self._ceiling = ceiling
        self._lock = lock
        self._wake = wake
        self._rows = mmap.mmap(-1, _HEADER.size + _EPOCHS * _ROW.size)

    @property
    def ceiling(self) -> int:
        """Most elements of an epoch."""
        return self._ceiling

    @property
    def keeping(self) -> Keeping:
        """Where the counts are kept now."""
        return Keeping(self._header()[0])

    @property
    def readable(self) -> bool:
        """Whether the counts could be read since the server started; if not, every request is refused."""
        return bool(self._header()[1])

    def evaluated(self, epoch: int) -> int:
        """The number of elements evaluated in an epoch; raises CountersError."""
        if self.keeping is Keeping.STARTING:
            self._wake()
        with self._lock:
            self._check_readable()
            return self._get(epoch).count

    async def fits(self, epoch: int, elements: int, part: float) -> bool:
        """Whether as many elements more are within `part` (0 to 1) of the ceiling; raises CountersError."""
        for _ in range(_ROUNDS):
            if self.keeping is not Keeping.STARTING:
                break
            self._wake()
            await asyncio.sleep(_PAUSE_SECONDS)
        return self.evaluated(epoch) + elements <= int(self._ceiling * part)

    async def charge(self, epoch: int, elements: int, part: float) -> bool:
        """Count elements, if they are within `part` (0 to 1) of the ceiling.

        Returns:
            Whether they were counted.

        Raises:
            CountersError: The lock cannot be had, or the counts cannot be kept and what may be counted without that is
                used up.
        """
        for number in range(_ROUNDS_AT_START):
            if number >= _ROUNDS and self.keeping is not Keeping.STARTING:
                break
            with self._lock:
                fitted = self._use(epoch, elements, part)
                if fitted is None and self._must_overdraw(epoch, elements):
                    return self._overdraw(epoch, elements)
            if fitted is not None:
                return fitted
            self._wake()
            await asyncio.sleep(_PAUSE_SECONDS if number else 0)
        with self._lock:  # the keeper does not answer
            fitted = self._use(epoch, elements, part)
            return self._overdraw(epoch, elements) if fitted is None else fitted

    def refund(self, epoch: int, elements: int) -> None:
        """Take back elements that were counted a short time ago; raises CountersError."""
        with self._lock:
            row = self._get(epoch)
            row.evaluated = max(0, row.evaluated - elements)
            self._set(row)

    def wants(self) -> list[Want]:
        """What the keeper is to take now, for the epochs that are asked for; raises CountersError."""
        with self._lock:
            self._set_header(asked=False)
            return [self._want(row) for row in self._all() if self._short(row)]

    def took(self, epoch: int, elements: int, count: int) -> None:
        """Record what was taken in the service database; raises CountersError.

        Args:
            epoch: The epoch.
            elements: The number of elements taken, used or not.
            count: The count there, these included.
        """
        with self._lock:
            row = self._get(epoch)
            row.taken, row.known, row.wanted = row.taken + elements, count + row.outside, 0
            self._set(row)

    def took_outside(self, epoch: int, elements: int) -> None:
        """Record what was taken in `evaluated.json`; raises CountersError."""
        with self._lock:
            row = self._get(epoch)
            row.taken, row.known = row.taken + elements, row.known + elements
            row.outside, row.wanted = row.outside + elements, 0
            self._set(row)

    def read(self, counts: Mapping[int, int], *, with_outside: bool) -> None:
        """Record the counts of all epochs; raises CountersError.

        Args:
            counts: The counts, by epoch.
            with_outside: Whether they contain what was taken in `evaluated.json`.
        """
        with self._lock:
            known = dict(sorted(counts.items())[-_EPOCHS:])
            for row in self._all():
                known.setdefault(row.epoch, counts.get(row.epoch, 0))
            for epoch, count in known.items():
                row = self._get(epoch)
                row.outside = 0 if with_outside else row.outside
                row.known = count + row.outside
                self._set(row)
            self._set_header(readable=True)

    def set_keeping(self, keeping: Keeping) -> None:
        """Record where the counts are kept; raises CountersError."""
        with self._lock:
            self._set_header(keeping=keeping)

    def remainders(self) -> dict[int, int]:
        """Elements taken and not used by epoch, and below 0 those used and not taken; raises CountersError."""
        with self._lock:
            return {row.epoch: row.unused for row in self._all() if row.unused}

    def _use(self, epoch: int, elements: int, part: float) -> bool | None:
        """Count elements of those that were taken; None if there are not enough of them, which are then wanted."""
        row = self._get(epoch)
        if self.readable and row.count + elements > int(self._ceiling * part):
            return False
        if not self.readable or row.unused < elements:
            if not self.readable and self.keeping is not Keeping.STARTING:
                raise CountersError
            row.wanted = max(row.wanted, row.evaluated + elements)
            self._set(row)
            return None
        row.evaluated += elements
        self._count(row)
        return True

    def _must_overdraw(self, epoch: int, elements: int) -> bool:
        """Whether it is of no use to wait for elements to be taken."""
        if self.keeping is Keeping.FILE:
            row = self._get(epoch)
            return self._outside_left(row) < elements - row.unused  # it will be refused
        return self.keeping is Keeping.MEMORY

    def _overdraw(self, epoch: int, elements: int) -> bool:
        """Count elements that are not taken, as far as that may be done."""
        self._check_readable()
        row = self._get(epoch)
        if self._outside_left(row) < elements - max(0, row.unused):
            raise CountersError
        row.evaluated += elements
        self._count(row)
        return True

    def _count(self, row: _Row) -> None:
        """Write a row in which elements were counted, say which marks it reached, and ask for more if it is short."""
        reached = [mark for mark in MARKS if row.most < int(self._ceiling * mark) <= row.count]
        self._set(row)
        for mark in reached:
            logger().warning("evaluated elements of an epoch", epoch=row.epoch, part=mark, ceiling=self._ceiling)
        if self._short(row) and not self._header()[2]:
            self._set_header(asked=True)
            self._wake()

    def _short(self, row: _Row) -> bool:
        if not (row.evaluated or row.wanted):
            return False  # this server was never asked for the epoch
        return row.unused < 0 or row.wanted > row.taken or row.unused < self._lease(row) // 2

    def _want(self, row: _Row) -> Want:
        evaluated = max(0, -row.unused)
        waiting = max(0, row.wanted - max(row.taken, row.evaluated))
        ahead = waiting + max(0, self._lease(row) - max(0, row.unused))
        return Want(row.epoch, evaluated, ahead, self._outside_left(row) + evaluated)

    def _lease(self, row: _Row) -> int:
        return max(0, min(LEASE, (self._ceiling - row.count) // 100))

    def _outside_left(self, row: _Row) -> int:
        return max(0, int(self._ceiling * OUTSIDE_PART) - row.outside - max(0, -row.unused))

    def _check_readable(self) -> None:
        if not self.readable:
            raise CountersError

    def _header(self) -> tuple[int, int, int]:
        keeping, readable, asked = _HEADER.unpack_from(self._rows)
        return keeping, readable, asked

    def _set_header(
        self, *, keeping: Keeping | None = None, readable: bool | None = None, asked: bool | None = None
    ) -> None:
        before = self._header()
        given = (keeping, readable, asked)
        _HEADER.pack_into(
            self._rows, 0, *(old if new is None else int(new) for old, new in zip(before, given, strict=True))
        )

    def _all(self) -> list[_Row]:
        rows = _ROW.iter_unpack(self._rows[_HEADER.size :])
        return [_Row(*fields) for fields in rows if fields[0]]

    def _get(self, epoch: int) -> _Row:
        place = self._place(epoch)
        return _Row(epoch) if place is None else _Row(*_ROW.unpack_from(self._rows, place))

    def _set(self, row: _Row) -> None:
        """Write a row, in the place of the lowest epoch if it has none."""
        row.most = max(row.most, row.count)
        place = self._place(row.epoch)
        if place is None:
            place = min(_PLACES, key=lambda one: _EPOCH.unpack_from(self._rows, one)[0])
        fields = (row.epoch, row.evaluated, row.taken, row.outside, row.known, row.wanted, row.most)
        _ROW.pack_into(self._rows, place, *fields)

    def _place(self, epoch: int) -> int | None:
        """The offset of an epoch's row; None if it has none."""
        for place in _PLACES:
            if _EPOCH.unpack_from(self._rows, place)[0] == epoch:
                return place
        return None
