"""The valid keys of platforms, in memory that all workers share.

One process reads them from the service database and publishes them (`pilookup_server.count_keeper`), some time each
second. So no request waits for the database, and a key that was revoked is refused by all workers within seconds. While
the database cannot be used, the keys that are known go on to be valid, for MOST_SECONDS at most.
"""

import asyncio
import math
import mmap
from collections.abc import Callable, Sequence
from enum import StrEnum
from struct import Struct
from typing import Final

from pilookup.clock import Elapsed
from pilookup.protocol.platform_key import KeyKind
from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.logs import logger
from pilookup_server.platforms.platform import MAX_KEYS, MAX_PLATFORMS, ValidKey

CURRENT_SECONDS: Final = 5.0
"""Within this time of a revocation the key is refused, unless the state is OLD."""

MOST_SECONDS: Final = 24 * 3600.0
"""How long keys are valid without having been read again."""

ROWS: Final = MAX_KEYS * MAX_PLATFORMS

_REFRESH_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.005
_ROUNDS: Final = 400
"""How often a request waits a pause for the first reading: two seconds."""

_HEADER: Final = Struct("<QdQ")  # generation, time of the last reading (0: never), number of rows
_ROW: Final = Struct("<8s4s32s32sQQ")  # id, kind, digest, platform, users, expiry (0: never)


class KeysState(StrEnum):
    """How well the valid keys are known."""

    UNKNOWN = "unknown"
    """They were not read since the server started, or too long ago: no key is valid."""

    CURRENT = "current"
    """As in the service database."""

    OLD = "old"
    """They cannot be read: what was added or revoked since is not known."""


class KeyTable:
    """The published keys. Make it before the workers are forked."""

    def __init__(
        self, lock: SharedLock, elapsed: Elapsed, wake: Callable[[], None], keeping: Callable[[], Keeping]
    ) -> None:
        """Map an empty table.

        Args:
            lock: The lock that all workers and the keeper use.
            elapsed: The clock of elapsed seconds.
            wake: Has the keeper read the keys; it need not wait for that.
            keeping: Whether the service database can be used.
        """
        self._lock = lock
        self._elapsed = elapsed
        self._wake = wake
        self._keeping = keeping
        self._memory = mmap.mmap(-1, _HEADER.size + ROWS * _ROW.size)
        self._generation = 0
        self._keys: dict[str, ValidKey] = {}
        self._woken = -math.inf
        self._published = False
        self._said = False

    @property
    def age(self) -> float:
        """Seconds since the keys were read; infinite if they never were."""
        _, read, _ = _HEADER.unpack_from(self._memory)
        return max(0.0, self._elapsed() - read) if read else math.inf

    @property
    def state(self) -> KeysState:
        """How well the keys are known."""
        age = self.age
        if age > MOST_SECONDS:
            return KeysState.UNKNOWN
        return KeysState.CURRENT if age <= CURRENT_SECONDS else KeysState.OLD

    def publish(self, keys: Sequence[ValidKey]) -> None:
        """Put keys in the place of those that were published before; raises CountersError."""
        if len(keys) > ROWS and not self._said:
            self._said = True
            logger().error("more keys of platforms than a server can have", keys=len(keys), refused=len(keys) - ROWS)
        rows = [_pack(key) for key in keys[:ROWS]]
        content = b"".join(rows)
        with self._lock:
            generation, _, count = _HEADER.unpack_from(self._memory)
            # A process that was killed here may have written the content alone, so the first one is always new.
            if not self._published or self._memory[_HEADER.size : _HEADER.size + count * _ROW.size] != content:
                self._memory[_HEADER.size : _HEADER.size + len(content)] = content
                generation += 1
            _HEADER.pack_into(self._memory, 0, generation, self._elapsed(), len(rows))
            self._published = True

    async def ready(self) -> None:
        """Wait until the keys were read for the first time, as long as the keeper is starting."""
        if self.age < math.inf:
            self._refresh()
            return
        for number in range(_ROUNDS):
            self._wake()
            if self.age < math.inf or self._keeping() is not Keeping.STARTING:
                return
            await asyncio.sleep(_PAUSE_SECONDS if number else 0)

    def find(self, key_id: str) -> ValidKey | None:
        """The key with this id, if it was published last; raises CountersError."""
        generation, _, _ = _HEADER.unpack_from(self._memory)
        if generation != self._generation:
            with self._lock:
                generation, _, count = _HEADER.unpack_from(self._memory)
                content = self._memory[_HEADER.size : _HEADER.size + count * _ROW.size]
            found = [_unpack(row) for row in _ROW.iter_unpack(content)]
            self._keys, self._generation = {key.id: key for key in found}, generation
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        """Have old keys read again, at most once a second. Where the keeper is this process, they are read now."""
        now = self._elapsed()
        if self.age > _REFRESH_SECONDS and now >= self._woken + 1:
            self._woken = now
            self._wake()


def _pack(key: ValidKey) -> bytes:
    name, kind = key.platform.encode(), key.kind.encode()
    return _ROW.pack(key.id.encode(), kind, key.digest, name, key.users, key.expires or 0)


def _unpack(row: tuple[bytes, bytes, bytes, bytes, int, int]) -> ValidKey:
    key_id, kind, digest, name, users, expires = row
    return ValidKey(
        key_id.decode(), KeyKind(kind.decode()), digest, name.rstrip(b"\0").decode(), users, expires or None
    )
