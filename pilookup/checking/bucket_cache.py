"""A bounded cache of buckets that were verified against a signed Merkle root."""

from collections import OrderedDict
from threading import Lock

from pilookup.checking.forks import renew_in_children

DEFAULT_BYTES = 64 * 2**20
"""Default limit of a cache, in bytes of slots."""

_Key = tuple[bytes, int]


class BucketCache:
    """Maps (Merkle root, bucket index) to the bucket's slots and drops the least recently used first.

    The root is part of the key, so an entry stays correct when a new snapshot replaces the one it came from. May be
    used by many threads.
    """

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        """Make an empty cache that holds at most `limit` bytes; raises ValueError for a negative limit."""
        if limit < 0:
            raise ValueError("cache_bytes: must not be negative")
        self._limit = limit
        self._size = 0
        self._slots: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = Lock()
        renew_in_children(self)

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold, and count again what it may have been changing."""
        self._lock = Lock()
        self._size = sum(map(len, self._slots.values()))

    def get(self, root: bytes, index: int) -> bytes | None:
        """Return the slots of bucket `index` of the snapshot with this root, or None if they are not cached."""
        with self._lock:
            slots = self._slots.get((root, index))
            if slots is not None:
                self._slots.move_to_end((root, index))
            return slots

    def put(self, root: bytes, index: int, slots: bytes) -> None:
        """Store slots that were verified against `root`, and drop others if the limit is exceeded."""
        with self._lock:
            self._size += len(slots) - len(self._slots.pop((root, index), b""))
            self._slots[root, index] = slots
            while self._size > self._limit:
                _, oldest = self._slots.popitem(last=False)
                self._size -= len(oldest)

    @property
    def size(self) -> int:
        """Number of bytes of slots in the cache."""
        return self._size
