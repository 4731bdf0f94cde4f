"""Buckets that have been verified against a signed root, kept in memory up to so many bytes."""

from collections import OrderedDict
from threading import Lock

DEFAULT_BYTES = 64 * 2**20

_Key = tuple[bytes, int]


class BucketCache:
    """The least recently used go first; a key is the signed Merkle root and the index, never wrong later."""

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        if limit < 0:
            raise ValueError("cache_bytes: must not be negative")
        self._limit = limit
        self._size = 0
        self._slots: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, root: bytes, index: int) -> bytes | None:
        """The bucket's slots, or None."""
        with self._lock:
            slots = self._slots.get((root, index))
            if slots is not None:
                self._slots.move_to_end((root, index))
            return slots

    def put(self, root: bytes, index: int, slots: bytes) -> None:
        """Keep slots that are verified against `root`."""
        with self._lock:
            self._size += len(slots) - len(self._slots.pop((root, index), b""))
            self._slots[root, index] = slots
            while self._size > self._limit:
                _, oldest = self._slots.popitem(last=False)
                self._size -= len(oldest)

    @property
    def size(self) -> int:
        """Bytes of slots held."""
        return self._size
