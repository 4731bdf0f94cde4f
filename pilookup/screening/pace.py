"""How fast and how patiently is evaluated: a budget an hour, and waits for an evaluator that does not answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pilookup.checking.result import Failure, Reason

HOUR: Final = 3600.0
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_LIMITED_WAIT: Final = 60.0
"""Seconds to wait for an evaluator that is over quota and does not say for how long."""

OnWait = Callable[[str, float], None]
"""Called with a text for a person and the seconds that will be waited."""


@dataclass(slots=True)
class Pace:
    """Spreads evaluations evenly over time.

    Attributes:
        budget: Elements an hour; None for no limit.
        now: A clock that only goes on, in seconds.
        sleep: What waits.
    """

    budget: int | None = None
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = 0.0

    def take(self, elements: int) -> None:
        """Wait until this many elements may be evaluated."""
        if self.budget is None:
            return
        now = self.now()
        if self._next > now:
            self.sleep(self._next - now)
        self._next = max(self._next, now) + elements * HOUR / self.budget


class Patience:
    """Decides how long a run waits for an evaluator, from one answer to the next."""

    def __init__(self, most: float) -> None:
        """Wait at most `most` seconds in all without an answer."""
        self._most = most
        self._waited = 0.0
        self._failures = 0

    def answered(self) -> None:
        """The evaluator has answered."""
        self._waited, self._failures = 0.0, 0

    def wait(self, failure: Failure) -> float | None:
        """Return the seconds to wait before the request is repeated, or None if the run has to stop."""
        if failure.reason in (Reason.UNREACHABLE, Reason.SERVER_ERROR):
            wait = failure.retry_after or min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._failures)
        elif failure.reason is Reason.RATE_LIMITED:
            wait = failure.retry_after or _LIMITED_WAIT
        else:
            return None
        if self._waited + wait > self._most:
            return None
        self._waited += wait
        self._failures += 1
        return wait
