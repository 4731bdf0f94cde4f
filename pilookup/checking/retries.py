"""How often to ask again, and when to stop asking."""

import random

from pilookup.checking.result import Failure, Reason

MAX_CONNECTIONS = 8
"""Connections of a client, and so buckets it fetches at a time."""

MAX_RETRIES = 2
FIRST_DELAY = 0.1
"""Seconds before the first retry; the second waits twice as long. Chance shortens each by up to half."""

MAX_DELAY = 2.0
"""A server that asks for a longer wait is not asked again within this check."""

_FINAL = {Reason.UNAUTHORIZED, Reason.RATE_LIMITED, Reason.RETIRED}


def retry_delay(attempt: int, failure: Failure) -> float | None:
    """Seconds to wait before trying again what failed at `attempt` (0 first), or None for not again."""
    if attempt >= MAX_RETRIES or failure.reason not in (Reason.UNREACHABLE, Reason.SERVER_ERROR):
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= MAX_DELAY else None
    return FIRST_DELAY * (1 << attempt) * random.uniform(0.5, 1)  # noqa: S311 - spreads load, hides nothing


class FailureLimit:
    """Ends a row of requests: at a failure that will not change, or at so many others one after another."""

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit
        self._last: Failure | None = None

    def succeeded(self) -> None:
        self._left = self._limit

    def failed(self, failure: Failure) -> None:
        self._left = 0 if failure.reason in _FINAL else self._left - 1
        self._last = failure

    def ended(self) -> Failure | None:
        """The failure that ended the row, if one has."""
        return self._last if self._left <= 0 else None
