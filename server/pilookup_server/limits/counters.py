"""Sliding-window counters: the interface that quotas use, and an implementation in the memory of one process.

The in-memory storage of the library `limits` visits all keys a hundred times a second. With the addresses of a whole
day, that takes most of a core. Here a key is one list, the least recently used keys are dropped when there are too
many, and nothing runs in the background.
"""

import time
from collections import OrderedDict
from typing import Protocol

MAX_KEYS = 500_000
"""About 150 MB. Beyond this number the least recently used key is dropped, together with its counts."""

Counts = tuple[int, float, int, float]
"""(count of the previous window, seconds until it no longer counts, count of the current window, the same for it)."""


class Counters(Protocol):
    """The methods of `limits.aio.storage.SlidingWindowCounterSupport` that quotas use. They raise StorageError."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool: ...
    async def get_sliding_window(self, key: str, expiry: int) -> Counts: ...


class WindowCounters:
    """Counters in memory: for each key, the counts of the current and the previous window."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        """Keep at most `max_keys` keys."""
        self._max_keys = max_keys
        self._windows: OrderedDict[str, list[int]] = OrderedDict()

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount`, unless the weighted count would exceed the limit.

        The weighted count is the current window's count plus the previous one's, the latter multiplied by the part of
        the previous window that the last `expiry` seconds cover.

        Args:
            key: The key to count for.
            limit: The most that may be counted in any `expiry` seconds.
            expiry: The length of a window in seconds.
            amount: How much to count.

        Returns:
            Whether `amount` was counted.
        """
        now = time.time()
        window = self._window(key, expiry, now)
        left = 1 - now / expiry % 1
        if int(window[1] * left) + window[2] + amount > limit:
            return False
        window[2] += amount
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> Counts:
        """The counts of the previous and the current window of `expiry` seconds."""
        now = time.time()
        _, before, count = self._window(key, expiry, now)
        left = (1 - now / expiry % 1) * expiry
        return before, left, count, left + expiry

    def _window(self, key: str, expiry: int, now: float) -> list[int]:
        """The key's list [number of the current window, previous count, current count], updated to the time `now`."""
        number = int(now // expiry)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = [number, 0, 0]
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
        elif window[0] != number:
            window[:] = [number, window[2] if window[0] == number - 1 else 0, 0]
        self._windows.move_to_end(key)
        return window
