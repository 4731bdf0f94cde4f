"""Watches a channel's repository on disk.

The watcher loads new releases, renews the timestamp, and destroys the keys of epochs that are no longer served. Each
worker has its own watchers. The steps that change the disk (renewing, destroying keys) may be done by any worker, also
by several at the same time.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.clock import Clock
from pilookup.errors import PilookupError, TrustError
from pilookup.file_id import FileId
from pilookup.protocol.encoding import time_text
from pilookup.protocol.release import ROOT, TARGETS_LIFE, TIMESTAMP
from pilookup_server import metrics
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import describe, logger
from pilookup_server.release.loaded_release import LoadedRelease, ServedState, load_release
from pilookup_server.release.timestamp import renew, renewal_due

FileIds = tuple[FileId, ...] | None

RETRY: Final = timedelta(seconds=30)
"""A refused release or a failed renewal is tried again after this time."""

MOST_FORMER: Final = 8
"""Most former releases in their grace. Each keeps files open, however often somebody publishes."""


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """The times by which a channel is watched.

    Attributes:
        poll: The time between two looks at the disk.
        grace: The time that the files of a former release are served after a new one.
        renew_before: The timestamp is renewed if less than this is left of its life.
    """

    poll: timedelta
    grace: timedelta
    renew_before: timedelta


class ReleaseWatcher:
    """Keeps the served state of one channel up to date.

    Attributes:
        name: The channel.
        state: What is served now; None before the first valid release. It is replaced by a single assignment, so a
            request that has read it can go on with it.
    """

    def __init__(self, name: str, directory: Path, keys: OnlineKeys, times: WatchTimes, clock: Clock) -> None:
        self.name = name
        self.state: ServedState | None = None
        self._directory = directory
        self._keys = keys
        self._times = times
        self._clock = clock
        self._lock = asyncio.Lock()
        self._handled: FileIds = None
        self._former: list[tuple[datetime, LoadedRelease]] = []
        self._retry_load_at: datetime | None = None
        self._retry_renewal_at: datetime | None = None

    def published(self) -> bool:
        """Whether there is a release on disk, valid or not.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        return self._file_ids() is not None

    async def current(self) -> ServedState | None:
        """Load the release on disk if it is a new one, and return the state.

        Workers notice a new release at different times. A client that learned of the release from one worker must not
        get a "not found" or an older timestamp from another. A worker may miss a release that the next one replaces
        within one poll; it then answers 410 for the serial of the missed release.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        if self._file_ids() != self._handled:
            await self._reload()
        return self.state

    async def watch(self) -> None:
        """Tick once per poll, without end.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        while True:
            await asyncio.sleep(self._times.poll.total_seconds())
            await self.tick()

    async def tick(self) -> None:
        """Renew the timestamp if it is due, load a new release, and drop what has expired.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        now = self._clock()
        await self._renew(now)
        if self._retry_load_at is not None and now >= self._retry_load_at:
            self._handled = None
        await self.current()
        await self._drop_expired(now)

    async def _reload(self) -> None:
        async with self._lock:
            file_ids = self._file_ids()
            if file_ids is None or file_ids == self._handled:
                return
            previous = self.state.loaded if self.state else None
            job = partial(load_release, self._directory, self.name, self._keys, previous, self._clock())
            try:
                loaded = await to_thread.run_sync(job)
                _check_newer(loaded, previous)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old release is served on
                self._refuse(error)
            else:
                self._swap(loaded, previous)
            self._handled = file_ids
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
        self._former = [(end, former) for end, former in self._former if end > now][-MOST_FORMER:]
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
        """Drop former releases whose grace has ended, and epochs that must no longer be served."""
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
        """Destroy the keys of epochs that are older than the newest and that the signed release does not serve."""
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

    def _file_ids(self) -> FileIds:
        """The ids of the files that change with each release, or None if there is no release on disk."""
        try:
            return tuple(FileId.of((self._directory / "metadata" / name).stat()) for name in (TIMESTAMP, ROOT))
        except FileNotFoundError:
            return None


def _check_newer(loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
    """Refuse a release with an older timestamp. Clients would refuse it too; here the refusal is logged."""
    if previous and loaded.release.timestamp_version < previous.release.timestamp_version:
        raise TrustError("rolled_back", "the release on disk is older than the one served")
