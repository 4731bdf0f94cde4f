"""Where quotas count: what `limits`' storages offer, and counters of one process that do no more than that.

The library's own in-memory storage walks all keys a hundred times a second; with a day's addresses in it that
is most of a core. Here a key is one list, old keys make room for new ones, nothing runs in the background.
"""

import time
from collections import OrderedDict
from typing import Protocol

MAX_KEYS = 500_000
"""Some 150 MB. Beyond it the key unused for longest is forgotten, and with it what its owner has taken."""

Counts = tuple[int, float, int, float]
"""Count of the window before and seconds until it no longer counts; the same of the current one."""


class Counters(Protocol):
    """`limits.aio.storage.SlidingWindowCounterSupport`, as far as it is used."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool: ...
    async def get_sliding_window(self, key: str, expiry: int) -> Counts: ...


class WindowCounters:
    """Two counts a key: the current window's and the one's before."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._windows: OrderedDict[str, list[int]] = OrderedDict()

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Take `amount` unless the weighted count would exceed `limit`."""
        now = time.time()
        window = self._window(key, expiry, now)
        left = 1 - now / expiry % 1
        if int(window[1] * left) + window[2] + amount > limit:
            return False
        window[2] += amount
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> Counts:
        """The counts of both windows."""
        now = time.time()
        _, before, count = self._window(key, expiry, now)
        left = (1 - now / expiry % 1) * expiry
        return before, left, count, left + expiry

    def _window(self, key: str, expiry: int, now: float) -> list[int]:
        """[window number, count before, count], moved on to the window of `now`."""
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
