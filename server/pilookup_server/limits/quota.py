"""Quotas of a number of elements or requests in a time, reported to the caller in RateLimit headers.

The headers follow draft-ietf-httpapi-ratelimit-headers. If the counters cannot be reached, the answer is 503: without a
quota, nothing would prevent a caller from having every possible number evaluated.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from math import ceil, floor
from typing import Any, Final

from limits import RateLimitItem

from pilookup.clock import Clock, utc_now
from pilookup.protocol.encoding import time_text
from pilookup.protocol.problems import Problem
from pilookup_server.limits.counters import Charge, Counters, CountersError, State
from pilookup_server.problems import ProblemError

TOO_MANY: Final = "One request asks for more than the quota lets through at once."
"""The detail of a refusal that no wait can help."""

_ROUNDING: Final = 1e-6
"""Seconds by which a wait may be too short because of floating point."""


@dataclass(frozen=True, slots=True)
class Window:
    """One limit of a quota, for each key that begins with `prefix`.

    At most `amount` are let through in any `seconds`: half of it at once, and the other half evenly over the time.

    Attributes:
        burst: How much is let through at once.
        rate: How much is let through in each second.
    """

    prefix: str
    amount: int
    seconds: int
    burst: int = field(init=False)
    rate: float = field(init=False)

    def __post_init__(self) -> None:
        burst, rate = _limits(self.amount, self.seconds)
        object.__setattr__(self, "burst", burst)
        object.__setattr__(self, "rate", rate)

    @classmethod
    def from_item(cls, name: str, item: RateLimitItem) -> "Window":
        """The window of one limit of a setting, for the quota `name`."""
        return cls(f"{name}/{item.get_expiry()}", item.amount, item.get_expiry())

    def charge(self, key: str, amount: int, multiple: int = 1) -> Charge:
        """The charge of `amount` for `key`, under `multiple` times the limit."""
        burst, rate = _limits(self.amount * multiple, self.seconds)
        return Charge(self.charge_key(key), burst, rate, amount)

    def charge_key(self, key: str) -> str:
        """The key of the window's charges for `key`."""
        return f"{self.prefix}/{key}"

    def header_item(self, left: float, wait: float) -> str:
        """The item of the RateLimit header: what is left now, and the seconds until nothing counts any more."""
        return f'"{self.seconds}s";r={max(0, floor(left))};t={max(1, ceil(wait))}'


@lru_cache(maxsize=256)
def _limits(amount: int, seconds: int) -> tuple[int, float]:
    """The burst and the rate of a window; cached, since they are needed several times for every request."""
    burst = (amount + 1) // 2
    # Of one element, none is left for the rest of the time: it is let through every second time.
    return burst, max(amount - burst, 0.5) / seconds


def policy(windows: Sequence[Window]) -> str:
    """The value of the header RateLimit-Policy."""
    return ", ".join(f'"{one.seconds}s";q={one.amount};w={one.seconds}' for one in windows)


def seconds_until_room(charge: Charge, state: State) -> float:
    """Seconds until a charge fits; until its key is empty if it never does."""
    return max(0.0, (state.level - max(0, charge.limit - charge.amount)) / charge.rate)


def retry_after(seconds: float) -> dict[str, str]:
    """The header Retry-After for a wait of more than `seconds`, at least 1."""
    return {"retry-after": str(floor(seconds + _ROUNDING) + 1)}


@contextmanager
def unavailable_without_counters() -> Iterator[None]:
    """Answer 503 where the counters cannot be reached."""
    try:
        yield
    except CountersError:
        detail = "The quota cannot be checked."
        raise ProblemError(Problem.UNAVAILABLE, detail, {"retry-after": "5"}) from None


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that was charged.

    Attributes:
        headers: The RateLimit headers of its response.
        refund: Takes the charge back, because nothing was evaluated.
    """

    headers: Mapping[str, str]
    refund: Callable[[], Awaitable[None]]


class Quota:
    """A quota of one or more windows for each key. Quotas of different names share no counts."""

    def __init__(self, name: str, items: Sequence[RateLimitItem], counters: Counters, clock: Clock = utc_now) -> None:
        """Make a quota.

        Args:
            name: The name under which its counts are stored.
            items: Its limits, shortest window first.
            counters: The counters.
            clock: The wall clock, by which a refusal says when a window ends.
        """
        self._windows = tuple(Window.from_item(name, item) for item in items)
        self._counters = counters
        self._clock = clock
        self._policy = policy(self._windows)

    async def take(self, key: str, cost: int) -> Admission:
        """Charge `cost` for `key` in every window.

        Raises:
            ProblemError: 429 with Retry-After if a window is full, and then nothing is charged; 503 if the counters
                cannot be reached.
        """
        charges = [window.charge(key, cost) for window in self._windows]
        with unavailable_without_counters():
            full, levels = await self._counters.charge(charges)
            if full is not None:
                raise await self._refusal(self._windows[full], charges[full], key)

            async def refund() -> None:
                with unavailable_without_counters():
                    await self._counters.refund(charges)

            return Admission(self._headers(levels), refund)

    async def _refusal(self, full: Window, charge: Charge, key: str) -> ProblemError:
        (state,) = await self._counters.states([charge])
        wait = seconds_until_room(charge, state)
        detail = TOO_MANY if charge.amount > charge.limit else None
        states = await self._counters.states([window.charge(key, 0) for window in self._windows])
        headers = self._headers([state.level for state in states])
        members = self._members(full, state.level)
        return ProblemError(Problem.RATE_LIMITED, detail, headers | retry_after(wait), members)

    def _members(self, full: Window, level: float) -> dict[str, Any]:
        """The window that refuses: its quota, what is left now, and when nothing counts any more."""
        end = self._clock() + timedelta(seconds=ceil(level / full.rate))
        left = max(0, floor(full.burst - level))
        return {"window": f"{full.seconds}s", "limit": full.amount, "left": left, "end": time_text(end)}

    def _headers(self, levels: Sequence[float]) -> dict[str, str]:
        items = [
            window.header_item(window.burst - level, level / window.rate)
            for window, level in zip(self._windows, levels, strict=True)
        ]
        return {"ratelimit-policy": self._policy, "ratelimit": ", ".join(items)}
