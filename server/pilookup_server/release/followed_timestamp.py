"""Follows the timestamp that another machine signs, on a serving machine that signs none itself.

Machines behind one name must not show a client a newer timestamp first and an older one afterwards: the client would
answer `unknown(rolled_back)`. Therefore a request that needs the newest release waits until this machine has asked the
signing one, by a fetch that began after the request arrived. Requests that wait at the same time share one fetch. While
the signing machine cannot be reached, requests do not wait, and the last timestamp is served until it expires.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.clock import Elapsed
from pilookup.errors import PilookupError
from pilookup.protocol.release import TIMESTAMP
from pilookup.release_files.files import read_metadata
from pilookup_server import metrics
from pilookup_server.logs import describe, logger
from pilookup_server.release.timestamp import check_follows
from pilookup_server.release.timestamp_source import FetchError, TimestampSource

EVERY_SECONDS: Final = 5.0
"""The timestamp is fetched at least this often, without a request that needs it."""

RETRY_SECONDS: Final = 30.0
"""A timestamp that was refused is verified again after this time, and at once if files of metadata arrive."""

PAUSE_SECONDS: Final = 0.1
"""The least time between two fetches of one worker."""

Accept = Callable[[bytes], Awaitable[None]]
"""Verifies a timestamp with all files of its release, and puts it in place."""


class Condition(StrEnum):
    """How the timestamp of this machine compares with that of the machine that signs."""

    CURRENT = "current"
    UNREACHABLE = "unreachable"
    """The other machine cannot be reached."""
    RELEASE_MISSING = "release_missing"
    """The other machine serves a release that is not here, or not all of it."""
    REFUSED = "refused"
    """What the other machine serves does not verify, or is older than what is here."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """A timestamp that was refused, when the metadata had last changed, and until when the reason holds."""

    timestamp: bytes
    changed: int
    until: float
    condition: Condition
    error: Exception


class FollowedTimestamp:
    """Keeps one channel's timestamp on disk up to date with that of another machine.

    Attributes:
        condition: The outcome of the last fetch.
    """

    def __init__(
        self, channel: str, directory: Path, source: TimestampSource, elapsed: Elapsed, accept: Accept
    ) -> None:
        """Follow a channel.

        Args:
            channel: The channel.
            directory: The channel's directory below HOME.
            source: Where the timestamp is fetched.
            elapsed: The seconds elapsed, by a clock that cannot be set.
            accept: Verifies and stores a timestamp. It raises FileNotFoundError if a file of its release is missing,
                and PilookupError or OSError if it cannot be accepted.
        """
        self.condition = Condition.CURRENT
        self._channel = channel
        self._directory = directory
        self._metadata = directory / "metadata"
        self._source = source
        self._elapsed = elapsed
        self._accept = accept
        self._lock = asyncio.Lock()
        self._begun = 0
        self._ended = 0
        self._paused_until = 0.0
        self._next = 0.0
        self._refused: _Refused | None = None

    async def catch_up(self) -> None:
        """Return when a fetch has ended that began after this call; at once if the other machine is unreachable."""
        if self.condition is not Condition.UNREACHABLE:
            await self._share_fetch()

    async def tick(self) -> None:
        """Fetch if the last fetch is `EVERY_SECONDS` old."""
        if self._elapsed() >= self._next:
            await self._share_fetch()

    async def close(self) -> None:
        """Close all connections."""
        await self._source.close()

    async def _share_fetch(self) -> None:
        begun = self._begun
        async with self._lock:
            if self._ended > begun:
                return
            loop = asyncio.get_running_loop()
            await asyncio.sleep(self._paused_until - loop.time())
            self._paused_until = loop.time() + PAUSE_SECONDS
            self._begun += 1
            await self._fetch()
            self._ended = self._begun

    async def _fetch(self) -> None:
        """Fetch and accept; whatever is wrong is the condition, and what was served before is served on."""
        self._next = self._elapsed() + EVERY_SECONDS
        try:
            held = await to_thread.run_sync(self._held)
            data = await self._source.fetch(held)
            if data is None:
                self._set(Condition.CURRENT)
            elif not self._was_refused(data):
                await self._take(data, held)
        except FetchError as error:
            self._set(Condition.UNREACHABLE, error)
        except (PilookupError, OSError) as error:
            self._set(Condition.REFUSED, error)

    async def _take(self, data: bytes, held: bytes | None) -> None:
        changed = self._changed()
        try:
            if held is not None:
                await to_thread.run_sync(check_follows, self._directory, data, held)
            await self._accept(data)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the former one is served on
            missing = isinstance(error, FileNotFoundError)
            refusal = Condition.RELEASE_MISSING if missing else Condition.REFUSED, error
            self._refused = _Refused(data, changed, self._elapsed() + RETRY_SECONDS, *refusal)
            self._set(*refusal)
        else:
            self._refused = None
            self._set(Condition.CURRENT)

    def _was_refused(self, data: bytes) -> bool:
        """Whether the same timestamp was refused before, so short ago that the reason still holds."""
        refused = self._refused
        if refused is None or refused.timestamp != data:
            return False
        if self._elapsed() >= refused.until or self._changed() != refused.changed:
            return False
        self._set(refused.condition, refused.error)
        return True

    def _changed(self) -> int:
        """When a file of metadata was last added or replaced."""
        return self._metadata.stat().st_mtime_ns

    def _held(self) -> bytes | None:
        try:
            return read_metadata(self._metadata / TIMESTAMP)
        except FileNotFoundError:
            return None

    def _set(self, condition: Condition, error: Exception | None = None) -> None:
        """Record the condition, and log it when it changes."""
        metrics.set_timestamp_source(self._channel, {one: one is condition for one in Condition})
        if condition is self.condition:
            return
        self.condition = condition
        if error is None:
            logger().info("timestamp followed again", channel=self._channel)
        else:
            fields = describe(error)
            logger().error("timestamp not followed", channel=self._channel, condition=str(condition), **fields)
