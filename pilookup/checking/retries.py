"""When a failed request is repeated, and when a series of requests is abandoned."""

import random

from pilookup.checking.deadline import Deadline
from pilookup.checking.result import Failure, Reason

MAX_CONNECTIONS = 8
"""Maximum number of connections of one client, and so of buckets that it fetches at the same time."""

MAX_RETRIES = 2
"""Number of times one request is repeated."""

FIRST_DELAY = 0.1
"""Seconds before the first retry, doubled for the second. A random factor shortens each delay by up to half."""

MAX_DELAY = 2.0
"""Longest `Retry-After`, in seconds, that a check waits for. A server that asks for more is not asked again."""

_FINAL = {Reason.UNAUTHORIZED, Reason.RATE_LIMITED, Reason.QUOTA_EXCEEDED, Reason.RETIRED}


def retry_delay(attempt: int, failure: Failure) -> float | None:
    """Return the number of seconds to wait before repeating a request, or None if it must not be repeated.

    Only an unreachable server and a server error (5xx) are worth a retry.

    Args:
        attempt: number of times the request was repeated before it failed, 0 for the first failure.
        failure: how it failed.
    """
    if attempt >= MAX_RETRIES or failure.reason not in (Reason.UNREACHABLE, Reason.SERVER_ERROR):
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= MAX_DELAY else None
    return FIRST_DELAY * (1 << attempt) * random.uniform(0.5, 1)  # noqa: S311 - spreads the load, protects nothing


class Retries:
    """Decides how often one request is repeated within the deadline of its call."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._attempt = 0
        self._failure: Failure | None = None

    def delay(self, failure: Failure) -> float:
        """Return the number of seconds to wait before the next attempt; raises Failure if there is none.

        What is raised is the last failure, but not one that came only because the time was over: what went wrong before
        that says more.
        """
        if self._failure is None or not self._deadline.over():
            self._failure = failure
        wait = retry_delay(self._attempt, failure)
        if wait is None or wait >= self._deadline.left():
            raise self._failure from None
        self._attempt += 1
        return wait


class FailureLimit:
    """Decides when a series of requests is abandoned.

    It is abandoned after one failure that a further request would meet too (unauthorized, over quota, retired), or
    after `limit` other failures without a success between them.
    """

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit
        self._last: Failure | None = None

    def succeeded(self) -> None:
        """Count a success: the next failure is the first of its run again."""
        self._left = self._limit

    def failed(self, failure: Failure) -> None:
        """Count a failure."""
        self._left = 0 if failure.reason in _FINAL else self._left - 1
        self._last = failure

    def ended(self) -> Failure | None:
        """Return the failure because of which the series is abandoned, or None while it may continue."""
        return self._last if self._left <= 0 else None
