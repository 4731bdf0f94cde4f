"""Counters in Redis or Valkey, which the workers of several machines share."""

from collections.abc import Sequence
from typing import Any, Final

from pilookup_server.limits.counters import Charge, Charged, CountersError, State
from pilookup_server.settings import ServeError

_SECONDS: Final = 2.0
_PREFIX: Final = "pilookup:"

_CHARGE: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local levels = {}
for i, key in ipairs(KEYS) do
  local limit, rate, amount = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local state = redis.call('HMGET', key, 'level', 'at')
  local level = 0
  if state[1] then level = math.max(0, state[1] - math.max(0, now - state[2]) * rate) end
  levels[i] = math.max(0, level + amount)
  if amount > 0 and levels[i] > limit then return i - 1 end
end
for i, key in ipairs(KEYS) do
  levels[i] = string.format('%.17g', levels[i])
  if tonumber(ARGV[3 * i]) ~= 0 then
    redis.call('HSET', key, 'level', levels[i], 'at', string.format('%.6f', now))
    redis.call('EXPIRE', key, math.ceil(ARGV[3 * i - 2] / ARGV[3 * i - 1]) + 86400)
  end
end
return levels
"""
"""Counts all charges or none, with the wall clock of Redis; returns the levels, or the index of the charge that exceeds
its limit. A negative amount is a refund, and 0 only reads.

If that clock is set back, levels stay as they are until it is where it was.
"""

_STATES: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local states = {}
for i, key in ipairs(KEYS) do
  local state = redis.call('HMGET', key, 'level', 'at')
  local level, idle = 0, 'inf'
  if state[1] then
    level = math.max(0, state[1] - math.max(0, now - state[2]) * ARGV[i])
    idle = string.format('%.6f', math.max(0, now - state[2]))
  end
  states[i] = {string.format('%.17g', level), idle}
end
return states
"""


class RedisCounters:
    """Counters that the workers of several servers share; every call is one script, which Redis runs as a whole."""

    def __init__(self, uri: str) -> None:
        """Prepare the connections; nothing is sent yet.

        Args:
            uri: A redis://, rediss://, valkey:// or valkeys:// URL.

        Raises:
            ServeError: The URL cannot be used.
        """
        try:
            from redis import asyncio, exceptions  # noqa: PLC0415 - servers that count in memory need it not

            # Valkey uses the protocol of Redis.
            scheme, _, rest = uri.partition("://")
            uri = f"{scheme.replace('valkey', 'redis')}://{rest}"
            times: dict[str, Any] = {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS}
            self._client: Any = asyncio.from_url(uri, **times)
        except (ImportError, ValueError):
            raise ServeError(
                "PILOOKUP_QUOTA_STORAGE: cannot be used; it needs the package redis and a valid URL"
            ) from None
        self._failure = exceptions.RedisError
        self._charge = self._client.register_script(_CHARGE)
        self._states = self._client.register_script(_STATES)

    async def charge(self, charges: Sequence[Charge]) -> Charged:
        """Count all charges, or none of them if one exceeds its limit; see `Counters`."""
        arguments = [value for _, limit, rate, amount in charges for value in (limit, repr(rate), amount)]
        found = await self._run(self._charge, charges, arguments)
        return Charged(found, ()) if isinstance(found, int) else Charged(None, [float(level) for level in found])

    async def refund(self, charges: Sequence[Charge]) -> None:
        """Take back charges; see `Counters`."""
        arguments = [value for _, limit, rate, amount in charges for value in (limit, repr(rate), -amount)]
        await self._run(self._charge, charges, arguments)

    async def states(self, charges: Sequence[Charge]) -> list[State]:
        """The state of keys; see `Counters`."""
        found = await self._run(self._states, charges, [repr(charge.rate) for charge in charges])
        return [State(float(level), float(idle)) for level, idle in found]

    async def count_once(self, key: str, seconds: int) -> bool:
        """Whether nobody has counted `key` in the last `seconds`; counts it. Raises CountersError."""
        try:
            return bool(await self._client.set(_PREFIX + key, 1, nx=True, ex=seconds))
        except self._failure:
            raise CountersError from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _run(self, script: Any, charges: Sequence[Charge], arguments: Sequence[object]) -> Any:
        try:
            return await script([_PREFIX + charge.key for charge in charges], arguments)
        except self._failure:
            raise CountersError from None
