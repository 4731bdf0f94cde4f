"""Counters in memory that all workers of one server share.

The memory is a table of fixed size, mapped before the workers are forked, so that a worker that is replaced finds the
counts of the former one, and nothing is written to disk. A key is one slot in one of the table's sets. Where a set is
full, the key whose level would be the first to reach 0 is dropped. So a caller that has used little from very many
addresses cannot make the server forget a key that has used much, such as the whole channel, even if that key was not
charged for hours because it is full. A keyed hash chooses the set, so that callers cannot choose whose counts compete.

A worker that is killed while it writes leaves at most the counts of that one request incomplete.
"""

import math
import mmap
import os
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Final

from pilookup.clock import Elapsed, seconds_since_boot
from pilookup_server.limits.counters import Charge, Charged, State
from pilookup_server.limits.shared_lock import SharedLock

SETS: Final = 65_536
"""Sets of the table: half a million keys, 20 MiB, of which the system provides what is used."""

WAYS: Final = 8
"""Keys of a set."""

_CACHED_NAMES: Final = 16_384
_NAME_BYTES: Final = 16
_EMPTY: Final = bytes(_NAME_BYTES)
_SLOT: Final = Struct("<16sddd")  # name, level, the time of that level, and the time when the level is 0
_STATE: Final = Struct("<dd")
_WORD: Final = Struct("<Q")
_SET_BYTES: Final = WAYS * _SLOT.size

_Row = tuple[int | None, bytes, float, float]
"""Offset of a slot (None for a new one), name, level and rate."""


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
        self._table = mmap.mmap(-1, sets * _SET_BYTES)
        secret = os.urandom(32)
        self._name = lru_cache(maxsize=_CACHED_NAMES)(
            lambda key: blake2b(key.encode(), digest_size=_NAME_BYTES, key=secret).digest()
        )

    async def charge(self, charges: Sequence[Charge]) -> Charged:
        """Count all charges, or none of them if one exceeds its limit; see `Counters`."""
        with self._lock:
            now = self._elapsed()
            levels: list[float] = []
            old: list[_Row] = []
            new: list[_Row] = []
            for index, (key, limit, rate, amount) in enumerate(charges):
                place, name, level, at = self._find(key)
                level = max(0.0, level - (now - at) * rate) + amount
                levels.append(level)
                if not amount:
                    continue
                if level > limit:
                    return Charged(index, ())
                (new if place is None else old).append((place, name, level, rate))
            # Keys that have a slot first, so that no new one takes it.
            for row in old + new:
                self._write(now, *row)
        return Charged(None, levels)

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges; see `Counters`."""
        with self._lock:
            now = self._elapsed()
            for key, _, rate, amount in charges:
                place, name, level, at = self._find(key)
                self._write(now, place, name, max(0.0, level - (now - at) * rate - amount), rate)

    async def states(self, charges: Sequence[Charge]) -> list[State]:
        """The state of keys; see `Counters`."""
        with self._lock:
            now, found = self._elapsed(), []
            for key, _, rate, _ in charges:
                _, _, level, at = self._find(key)
                found.append(State(max(0.0, level - (now - at) * rate), now - at))
            return found

    async def close(self) -> None:
        """Nothing was opened."""

    def _find(self, key: str) -> tuple[int | None, bytes, float, float]:
        """Find a key in the table.

        Returns:
            The offset of its slot, None without one; its name; its level, and the time of that level.
        """
        name = self._name(key)
        start = self._start(name)
        # A name is random, so these bytes are nothing else.
        place = self._table.find(name, start, start + _SET_BYTES)
        if place < 0:
            return None, name, 0.0, -math.inf
        return place, name, *_STATE.unpack_from(self._table, place + _NAME_BYTES)

    def _write(self, now: float, place: int | None, name: bytes, level: float, rate: float) -> None:
        place = self._free(name) if place is None else place
        _SLOT.pack_into(self._table, place, name, level, now, now + level / rate)

    def _free(self, name: bytes) -> int:
        """The offset of an empty slot of a name's set, or of the one whose level is the first to reach 0."""
        start = self._start(name)
        slots = list(_SLOT.iter_unpack(self._table[start : start + _SET_BYTES]))
        way = min(range(WAYS), key=lambda index: (slots[index][0] != _EMPTY, slots[index][3]))
        return start + way * _SLOT.size

    def _start(self, name: bytes) -> int:
        """The offset of a name's set."""
        word: int = _WORD.unpack_from(name)[0]
        return word % self._sets * _SET_BYTES
