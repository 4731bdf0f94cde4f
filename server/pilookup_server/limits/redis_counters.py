"""Counters in Redis or Valkey, which the workers of several machines share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from limits.aio.storage.redis import RedisStorage
from limits.errors import ConfigurationError, StorageError

from pilookup_server.limits.counters import Charge, Counters, CountersError, Counts
from pilookup_server.settings import ServeError

_SECONDS: Final = 2.0
_NO_LIMIT: Final = 2**53


class RedisCounters(Counters):
    """The sliding windows of the library `limits`. One charge is atomic, several together are not.

    If one of several exceeds its limit, those counted before it are taken back. Meanwhile another caller may be
    refused.
    """

    def __init__(self, uri: str) -> None:
        """Prepare the connections; nothing is sent yet.

        Args:
            uri: A redis://, rediss://, valkey:// or valkeys:// URL.

        Raises:
            ServeError: The URL cannot be used.
        """
        times: dict[str, Any] = {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS}
        scheme, _, rest = uri.partition("://")
        # Valkey uses the protocol of Redis, and redis-py is the only client that is installed.
        uri = f"async+{scheme.replace('valkey', 'redis')}://{rest}"
        try:
            self._storage = RedisStorage(
                uri, wrap_exceptions=True, implementation="redispy", key_prefix="pilookup", **times
            )
        except (ConfigurationError, ValueError):
            raise ServeError(
                "PILOOKUP_QUOTA_STORAGE: cannot be used; it needs the package redis and a valid URL"
            ) from None

    async def charge(self, charges: Sequence[Charge]) -> int | None:
        """Count all charges, or none of them if one exceeds its limit; see `Counters`."""
        for index, one in enumerate(charges):
            if not await self._acquire(one, one.limit, one.amount):
                await self.refund(charges[:index])
                return index
        return None

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges; see `Counters`."""
        for one in charges:
            await self._acquire(one, _NO_LIMIT, -one.amount)

    async def counts(self, key: str, seconds: int) -> Counts:
        """The counts of a key; see `Counters`."""
        with _failures():
            return await self._storage.get_sliding_window(key, seconds)

    async def count_once(self, key: str, seconds: int) -> bool:
        """Whether nobody has counted `key` in the last `seconds`; counts it. Raises CountersError."""
        with _failures():
            return await self._storage.incr(key, seconds) == 1

    async def close(self) -> None:
        """Close the connections."""
        bridge: Any = self._storage.bridge
        await bridge.storage.aclose()

    async def _acquire(self, charge: Charge, limit: int, amount: int) -> bool:
        with _failures():
            return await self._storage.acquire_sliding_window_entry(charge.key, limit, charge.seconds, amount)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise CountersError from None
