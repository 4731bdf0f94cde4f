"""A breaker: after several failures in a row nothing is asked for a while, so that callers do not wait in vain."""

import threading
from collections.abc import Callable
from time import monotonic

from pilookup.checking.result import Reason, Result

FAILURES = frozenset({Reason.UNREACHABLE, Reason.SERVER_ERROR})
"""What counts as a failure: no answer in time, and an answer that the server failed. A full quota (429) never does."""

NOT_ASKED = frozenset({Reason.INVALID_NUMBER, Reason.NO_STATE, Reason.NO_MIRROR})
"""What says nothing about the service, because nothing was sent."""


class Breaker:
    """Opens after failures in a row. While it is open, one caller at a time may try again after each pause."""

    def __init__(self, failures: int = 5, pause: float = 30.0, elapsed: Callable[[], float] = monotonic) -> None:
        """Make a closed breaker.

        Args:
            failures: The number of failures in a row after which it opens.
            pause: Seconds until the next try while it is open.
            elapsed: A clock that is never set back, in seconds.
        """
        self._most, self._pause, self._elapsed = failures, pause, elapsed
        self._failures, self._next_try = 0, 0.0
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Seconds to wait before asking; 0 to ask now. While it is open, 0 is told to one caller after each pause."""
        with self._lock:
            if self._failures < self._most:
                return 0.0
            left = self._next_try - self._elapsed()
            if left <= 0:
                self._next_try = self._elapsed() + self._pause
            return max(0.0, left)

    def count(self, result: Result) -> None:
        """Count an answer: it opens after a failure too many, and closes after any other answer."""
        if result.reason in NOT_ASKED:
            return
        with self._lock:
            self._failures = self._failures + 1 if result.reason in FAILURES else 0
            if self._failures >= self._most:
                self._next_try = self._elapsed() + self._pause
