"""Following a channel's repository on disk: new releases in, timestamps renewed, old epochs and their keys
out.

Every worker does this for itself; what changes the disk (renewal, destroying keys) is safe to be done by any
of them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.errors import PilookupError, TrustError
from pilookup.protocol.encoding import time_text
from pilookup.protocol.release import TARGETS_LIFE
from pilookup_server import metrics
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import describe, logger
from pilookup_server.release.loaded_release import LoadedRelease, ServedState, load_release
from pilookup_server.release.timestamp import TIMESTAMP, renew, renewal_due

Clock = Callable[[], datetime]
FileIds = tuple[tuple[int, int, int], ...] | None

RETRY: Final = timedelta(seconds=30)
"""A refused release or a failed renewal is tried again after this."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """How a channel is followed."""

    poll: timedelta
    grace: timedelta
    renew_before: timedelta


class ReleaseWatcher:
    """A channel and the one state it serves at any instant; `state` is swapped by a single assignment."""

    def __init__(self, name: str, directory: Path, keys: OnlineKeys, times: WatchTimes, clock: Clock) -> None:
        self.name = name
        self.state: ServedState | None = None
        self._directory = directory
        self._keys = keys
        self._times = times
        self._clock = clock
        self._lock = asyncio.Lock()
        self._seen: FileIds = None
        self._former: list[tuple[datetime, LoadedRelease]] = []
        self._retry_load_at: datetime | None = None
        self._retry_renewal_at: datetime | None = None

    def published(self) -> bool:
        """Whether there is a release on disk, valid or not."""
        return self._identity() is not None

    async def current(self) -> ServedState | None:
        """The state, once whatever lies on disk now has been taken up.

        Workers notice a new release at different instants. A client that learned of it from one worker must
        not be told by another that it does not exist, or be handed an older timestamp. (A release that the
        next one replaces within a poll may be missed by a worker; there, its serial is 410.)
        """
        if self._identity() != self._seen:
            await self._reload()
        return self.state

    async def watch(self) -> None:
        """Tick for ever."""
        while True:
            await asyncio.sleep(self._times.poll.total_seconds())
            await self.tick()

    async def tick(self) -> None:
        """Renew, take up, and let go of what is over."""
        now = self._clock()
        await self._renew(now)
        if self._retry_load_at is not None and now >= self._retry_load_at:
            self._seen = None
        await self.current()
        await self._drop_expired(now)

    async def _reload(self) -> None:
        async with self._lock:
            identity = self._identity()
            if identity is None or identity == self._seen:
                return
            previous = self.state.loaded if self.state else None
            job = partial(load_release, self._directory, self.name, self._keys, previous, self._clock())
            try:
                loaded = await to_thread.run_sync(job)
                _check_newer(loaded, previous)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a new release, the old one serves on
                self._refuse(error)
            else:
                self._swap(loaded, previous)
            self._seen = identity
        await self._destroy_retired()

    def _refuse(self, error: Exception) -> None:
        self._retry_load_at = self._clock() + RETRY
        metrics.count_refused(self.name)
        logger().error("release refused", channel=self.name, serving=self.state is not None, **describe(error))

    def _swap(self, loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
        now = self._clock()
        self._retry_load_at = None
        if previous is not None:
            self._former.append((now + self._times.grace, previous))
        self._former = [(end, former) for end, former in self._former if end > now]
        self.state = ServedState.merge(loaded, [former for _, former in self._former])
        publish_due = renewal_due(loaded.release.targets_expire, TARGETS_LIFE / 3, now)
        metrics.set_release(self.name, loaded.release, max(loaded.snapshots, default=0), publish_due=publish_due)
        logger().info(
            "release served",
            channel=self.name,
            serials=sorted(loaded.snapshots),
            epochs=sorted(loaded.evaluators),
            expires=time_text(self.state.expires),
        )
        if publish_due:
            logger().warning("publish soon", channel=self.name, expires=time_text(loaded.release.targets_expire))

    async def _drop_expired(self, now: datetime) -> None:
        """Drop former releases whose grace is over, and epochs that may not be served any more."""
        state = self.state
        if state is None:
            return
        former = [(end, loaded) for end, loaded in self._former if end > now]
        serving = {n: e for n, e in state.loaded.evaluators.items() if e.serves_until > now.timestamp()}
        retired = len(serving) != len(state.loaded.evaluators)
        if retired or len(former) != len(self._former):
            self._former = former
            loaded = replace(state.loaded, evaluators=serving)
            self.state = ServedState.merge(loaded, [one for _, one in former])
        if retired:
            await self._destroy_retired()

    async def _destroy_retired(self) -> None:
        """Destroy the keys of epochs older than the newest that the signed release no longer serves."""
        if self.state is None or self.state.fault(now := self._clock()) is not None:
            return
        epochs = self.state.loaded.release.epochs
        served = {one.epoch for one in epochs if one.serves_until > now}
        try:
            for epoch in await to_thread.run_sync(self._keys.epochs, self.name):
                if epoch < epochs[0].epoch and epoch not in served:
                    await to_thread.run_sync(self._keys.destroy, self.name, epoch)
                    logger().info("epoch key destroyed", channel=self.name, epoch=epoch)
        except (PilookupError, OSError) as error:
            logger().error("epoch key not destroyed", channel=self.name, **describe(error))

    async def _renew(self, now: datetime) -> None:
        if not self._renewal_wanted(now):
            return
        job = partial(renew, self._directory, self.name, self._keys, self._times.renew_before, now)
        try:
            if await to_thread.run_sync(job):
                logger().info("timestamp renewed", channel=self.name)
        except (PilookupError, OSError) as error:
            self._retry_renewal_at = now + RETRY
            logger().error("timestamp not renewed", channel=self.name, **describe(error))

    def _renewal_wanted(self, now: datetime) -> bool:
        if not self.published() or (self._retry_renewal_at is not None and now < self._retry_renewal_at):
            return False
        if self.state is None:
            return True
        return renewal_due(self.state.loaded.release.timestamp_expires, self._times.renew_before, now)

    def _identity(self) -> FileIds:
        """What tells one release on disk from the next, or None when there is none."""
        try:
            stats = [(self._directory / "metadata" / name).stat() for name in (TIMESTAMP, "root.json")]
        except FileNotFoundError:
            return None
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)


def _check_newer(loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
    """Clients would refuse an older timestamp; so does the server, which may then be asked why."""
    if previous and loaded.release.timestamp_version < previous.release.timestamp_version:
        raise TrustError("rolled_back", "the release on disk is older than the one served")
