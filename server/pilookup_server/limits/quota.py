"""Quotas: sliding windows of the library `limits`, reported to the caller in RateLimit headers.

The headers follow draft-ietf-httpapi-ratelimit-headers. If the counters cannot be reached, the answer is 503: without a
quota, nothing would prevent a caller from having every possible number evaluated.
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
    """One limit of a quota: at most `amount` in any `seconds`, counted for keys that begin with `prefix`."""

    prefix: str
    amount: int
    seconds: int

    @classmethod
    def from_item(cls, name: str, item: RateLimitItem) -> "_Window":
        return cls(item.key_for(name), item.amount, item.get_expiry())

    def wait(self, counts: Counts, cost: int) -> float:
        """Seconds until `cost` fits into the window.

        It fits when the previous window counts less, or after the current window has become the previous one. As in
        `limits`, the weighted count is rounded down, so `cost` fits once that count is below the next integer.
        """
        before, before_left, count, count_left = counts
        room = self.amount - cost
        if room < 0:
            return self.seconds
        if count <= room:
            return max(0.0, before_left - (room - count + 1) * self.seconds / before) if before else 0.0
        return count_left - self.seconds + self.seconds * (1 - (room + 1) / count)

    def header_item(self, counts: Counts) -> str:
        """The item of the RateLimit header for this window."""
        before, before_left, count, count_left = counts
        left = max(0, self.amount - count - int(before * before_left / self.seconds))
        return f'"{self.seconds}s";r={left};t={max(1, ceil(count_left - self.seconds))}'


class Quota:
    """A quota of one or more windows, with its counts in a storage. Quotas of different names share no counts."""

    def __init__(self, name: str, items: Sequence[RateLimitItem], counters: Counters) -> None:
        """Make a quota.

        Args:
            name: The name under which its counts are stored.
            items: Its limits, shortest window first.
            counters: The storage of the counts.
        """
        self._windows = tuple(_Window.from_item(name, item) for item in items)
        self._counters = counters
        self._policy = ", ".join(f'"{w.seconds}s";q={w.amount};w={w.seconds}' for w in self._windows)

    async def take(self, key: str, cost: int) -> dict[str, str]:
        """Count `cost` for `key`.

        Returns:
            The RateLimit headers of the response.

        Raises:
            ProblemError: 429 or 503, as `charge` raises them.
        """
        await self.charge(key, cost)
        try:
            return await self._headers(key)
        except StorageError:
            raise _unavailable() from None

    async def charge(self, key: str, cost: int) -> None:
        """Count `cost` for `key` in each window, the shortest window first.

        A window that is full ends the count, so a refused call counts in shorter windows but not in longer ones.

        Raises:
            ProblemError: 429 with Retry-After if a window is full, 503 if the counters cannot be reached.
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
    """The quotas of the settings.

    Attributes:
        public: Elements per client address on the public channel.
        soft: The same, beyond which a proof of work is needed; None if it never is.
        platform: Elements per bearer token on the other channels.
        requests: Other requests per client address.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the quotas.

        Raises:
            ServeError: The quota storage cannot be used.
        """
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
        """The storage that all workers share; None if each worker counts in its own memory."""
        return self._counters if isinstance(self._counters, RedisStorage) else None

    async def close(self) -> None:
        """Close the connections to a shared storage."""
        if self.shared is not None:
            bridge: Any = self.shared.bridge
            await bridge.storage.aclose()


def _divide(text: str, share: int) -> tuple[RateLimitItem, ...]:
    """Divide a quota among `share` workers that count separately; each gets at least 1."""
    items = quota_items(text)
    return tuple(type(item)(max(1, item.amount // share), item.multiples) for item in items)


def _shared(uri: str) -> RedisStorage:
    times: dict[str, Any] = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
    scheme, _, rest = uri.partition("://")
    # Valkey uses the protocol of Redis, and redis-py is the only client that is installed.
    uri = f"async+{scheme.replace('valkey', 'redis')}://{rest}"
    try:
        return RedisStorage(uri, wrap_exceptions=True, implementation="redispy", key_prefix="pilookup", **times)
    except (ConfigurationError, ValueError):
        raise ServeError("PILOOKUP_QUOTA_STORAGE: cannot be used; it needs the package redis and a valid URL") from None
