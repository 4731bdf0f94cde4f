"""Quotas by the `limits` library: sliding windows, told to the caller in RateLimit headers.

Headers follow draft-ietf-httpapi-ratelimit-headers. Where counters cannot be reached the answer is 503, not a
free pass: the quota is all that stands between a key and the enumeration of every number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from limits import RateLimitItem
from limits.aio.storage.redis import RedisStorage
from limits.errors import ConfigurationError, StorageError

from pilookup.protocol.problems import Problem
from pilookup_server.limits.counters import Counters, Counts, WindowCounters
from pilookup_server.problems import ProblemError
from pilookup_server.settings import ServeError, Settings, quota_items

_REDIS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Window:
    """One limit of a quota: `amount` in any `seconds`, counted under keys that begin with `prefix`."""

    prefix: str
    amount: int
    seconds: int

    @classmethod
    def from_item(cls, name: str, item: RateLimitItem) -> "_Window":
        return cls(item.key_for(name), item.amount, item.get_expiry())

    def wait(self, counts: Counts, cost: int) -> float:
        """Seconds until `cost` fits: as the window before fades, or the current one once it is that.

        Fractions count for nothing, as in `limits`: it fits once the weighted count is under the next whole.
        """
        before, before_left, count, count_left = counts
        room = self.amount - cost
        if room < 0:
            return self.seconds
        if count <= room:
            return max(0.0, before_left - (room - count + 1) * self.seconds / before) if before else 0.0
        return count_left - self.seconds + self.seconds * (1 - (room + 1) / count)

    def header_item(self, counts: Counts) -> str:
        """The window's part of a RateLimit header."""
        before, before_left, count, count_left = counts
        left = max(0, self.amount - count - int(before * before_left / self.seconds))
        return f'"{self.seconds}s";r={left};t={max(1, ceil(count_left - self.seconds))}'


class Quota:
    """A set of windows over one storage; keys of different quotas never meet."""

    def __init__(self, name: str, items: Sequence[RateLimitItem], counters: Counters) -> None:
        self._windows = tuple(_Window.from_item(name, item) for item in items)
        self._counters = counters
        self._policy = ", ".join(f'"{w.seconds}s";q={w.amount};w={w.seconds}' for w in self._windows)

    async def take(self, key: str, cost: int) -> dict[str, str]:
        """Take `cost` and return RateLimit headers; raises as `charge`."""
        await self.charge(key, cost)
        try:
            return await self._headers(key)
        except StorageError:
            raise _unavailable() from None

    async def charge(self, key: str, cost: int) -> None:
        """Take `cost`.

        Raises ProblemError 429 with Retry-After when a window is full, 503 when the counters cannot be
        reached. Shorter windows come first: what a refused call took counts in those, not against the day.
        """
        try:
            for window in self._windows:
                name = f"{window.prefix}/{key}"
                if not await self._counters.acquire_sliding_window_entry(name, window.amount, window.seconds, cost):
                    raise await self._refusal(window, key, cost)
        except StorageError:
            raise _unavailable() from None

    async def _refusal(self, window: _Window, key: str, cost: int) -> ProblemError:
        wait = window.wait(await self._counts(window, key), cost)
        headers = await self._headers(key) | {"retry-after": str(floor(wait) + 1)}
        detail = "One request asks for more than the whole quota." if cost > window.amount else None
        return ProblemError(Problem.RATE_LIMITED, detail, headers)

    async def _headers(self, key: str) -> dict[str, str]:
        items = [window.header_item(await self._counts(window, key)) for window in self._windows]
        return {"ratelimit-policy": self._policy, "ratelimit": ", ".join(items)}

    async def _counts(self, window: _Window, key: str) -> Counts:
        return await self._counters.get_sliding_window(f"{window.prefix}/{key}", window.seconds)


def _unavailable() -> ProblemError:
    return ProblemError(Problem.UNAVAILABLE, "The quota cannot be checked.", {"retry-after": "5"})


class Quotas:
    """The quotas of the settings; the soft one is None where nothing asks for a proof of work."""

    def __init__(self, settings: Settings) -> None:
        uri = settings.quota_storage.get_secret_value()
        local = uri == "memory"
        counters: Counters = WindowCounters() if local else _shared(uri)
        share = settings.workers if local else 1
        self._counters = counters
        self.public = Quota("public", _divide(settings.public_quota, share), counters)
        soft = settings.public_soft_quota
        self.soft = Quota("soft", _divide(soft, share), counters) if soft else None
        self.platform = Quota("platform", _divide(settings.platform_quota, share), counters)
        self.requests = Quota("requests", _divide(settings.request_quota, share), counters)

    @property
    def shared(self) -> RedisStorage | None:
        """The storage that machines share, None where each worker counts in its own memory."""
        return self._counters if isinstance(self._counters, RedisStorage) else None

    async def close(self) -> None:
        """Close connections to shared counters."""
        if self.shared is not None:
            bridge: Any = self.shared.bridge
            await bridge.storage.aclose()


def _divide(text: str, share: int) -> tuple[RateLimitItem, ...]:
    """Counters that workers do not share hold each worker's part of the quota, at least 1."""
    items = quota_items(text)
    return tuple(type(item)(max(1, item.amount // share), item.multiples) for item in items)


def _shared(uri: str) -> RedisStorage:
    times: dict[str, Any] = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
    scheme, _, rest = uri.partition("://")
    # Valkey speaks Redis' protocol, and redis-py is the one client installed.
    uri = f"async+{scheme.replace('valkey', 'redis')}://{rest}"
    try:
        return RedisStorage(uri, wrap_exceptions=True, implementation="redispy", key_prefix="pilookup", **times)
    except (ConfigurationError, ValueError):
        raise ServeError("PILOOKUP_QUOTA_STORAGE: cannot be used; it needs the package redis and a valid URL") from None
