"""Counters in memory that all workers of one server share.

The memory is a table of fixed size, mapped before the workers are forked, so that a worker that is replaced finds the
counts of the former one, and nothing is written to disk. A key is one slot in one of the table's sets. Where a set is
full, its least recently used key is dropped with its counts. A keyed hash chooses the set, so that callers cannot
choose whose counts are dropped.

A worker that is killed while it writes leaves at most the counts of that one request incomplete.
"""

import mmap
import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from struct import Struct
from typing import Final

from pilookup.clock import Elapsed, seconds_since_boot
from pilookup_server.limits.counters import Charge, Counts, weighted
from pilookup_server.limits.shared_lock import SharedLock

SETS: Final = 65_536
"""Sets of the table: half a million keys, 16 MiB, of which the system provides what is used."""

WAYS: Final = 8
"""Keys of a set."""

_SLOT: Final = Struct("<16sIIII")  # name, period, count of the previous period, count of the current one, last use
_NAME_BYTES: Final = 16
_EMPTY: Final = bytes(_NAME_BYTES)
_MAX_COUNT: Final = 2**32 - 1


class SharedCounters:
    """Counters that all workers share; make them before the workers are forked. Time is that since the machine started.

    The wall clock has no part in it, so that a step of it neither renews a quota nor uses one up.
    """

    def __init__(self, lock: SharedLock, sets: int = SETS, elapsed: Elapsed = seconds_since_boot) -> None:
        """Map an empty table.

        Args:
            lock: The lock that all processes that share the table use.
            sets: The number of sets, each of WAYS keys.
            elapsed: The clock of elapsed seconds.
        """
        self._lock = lock
        self._sets = sets
        self._elapsed = elapsed
        self._table = mmap.mmap(-1, sets * WAYS * _SLOT.size)
        self._secret = os.urandom(32)

    async def charge(self, charges: Sequence[Charge]) -> int | None:
        """Count all charges, or none of them if one exceeds its limit; see `Counters`."""
        with self._lock:
            now = self._elapsed()
            for index, charge in enumerate(charges):
                counts = self._counts(charge.key, charge.seconds, now)
                if weighted(counts, charge.seconds) + charge.amount > charge.limit:
                    return index
            for charge in charges:
                self._add(charge.key, charge.seconds, charge.amount, now)
        return None

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges; see `Counters`."""
        with self._lock:
            now = self._elapsed()
            for charge in charges:
                self._add(charge.key, charge.seconds, -charge.amount, now)

    async def counts(self, key: str, seconds: int) -> Counts:
        """The counts of a key; see `Counters`."""
        with self._lock:
            return self._counts(key, seconds, self._elapsed())

    async def close(self) -> None:
        """Nothing was opened."""

    def _counts(self, key: str, seconds: int, now: float) -> Counts:
        _, before, count = self._period(key, seconds, now)
        left = (1 - now / seconds % 1) * seconds
        return before, left, count, left + seconds

    def _period(self, key: str, seconds: int, now: float) -> tuple[int, int, int]:
        """The number of the current period, and the counts of the previous and the current one."""
        name, number = self._name(key), int(now // seconds)
        for _, slot in self._slots(name):
            if slot[0] == name:
                return number, *_moved(slot, number)
        return number, 0, 0

    def _add(self, key: str, seconds: int, amount: int, now: float) -> None:
        name, number = self._name(key), int(now // seconds)
        slots = list(self._slots(name))
        place, slot = next(
            (one for one in slots if one[1][0] == name),
            # Else an empty slot, else the one whose last use is the longest ago.
            min(slots, key=lambda one: (one[1][0] != _EMPTY, one[1][4])),
        )
        before, count = _moved(slot, number) if slot[0] == name else (0, 0)
        if amount < 0 and count < -amount:  # the period ended between the charge and its refund
            before = max(0, before + count + amount)
            count = 0
        else:
            count = min(_MAX_COUNT, count + amount)
        _SLOT.pack_into(self._table, place, name, number, before, count, int(now))

    def _slots(self, name: bytes) -> Iterator[tuple[int, tuple[bytes, int, int, int, int]]]:
        """The offset and the content of each slot of the name's set."""
        start = int.from_bytes(name[:8], "little") % self._sets * WAYS * _SLOT.size
        end = start + WAYS * _SLOT.size
        contents = _SLOT.iter_unpack(self._table[start:end])
        return zip(range(start, end, _SLOT.size), contents, strict=True)

    def _name(self, key: str) -> bytes:
        return blake2b(key.encode(), digest_size=_NAME_BYTES, key=self._secret).digest()


def _moved(slot: tuple[bytes, int, int, int, int], number: int) -> tuple[int, int]:
    """The counts of a slot for the period `number`."""
    _, period, before, count, _ = slot
    if period == number:
        return before, count
    return (count if period == number - 1 else 0), 0
