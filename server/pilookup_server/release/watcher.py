"""Watches a channel's repository on disk.

The watcher loads new releases, renews the timestamp, and has the keys of epochs that have ended destroyed
(`ended_keys`). Each worker has its own watchers. The steps that change the disk (renewing, destroying keys) may be
done by any worker, also by several at the same time. All of them go by a clock that does not follow a step of the wall
clock.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.errors import HomeError, PilookupError, TrustError
from pilookup.file_id import FileId
from pilookup.protocol.encoding import time_text
from pilookup.protocol.release import ROOT, TARGETS_LIFE, TIMESTAMP, verify_root
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup_server import metrics
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import describe, logger
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.release.announce import Announcer
from pilookup_server.release.ended_keys import EndedKeys
from pilookup_server.release.followed_timestamp import Condition, FollowedTimestamp
from pilookup_server.release.former_releases import FormerReleases
from pilookup_server.release.loaded_release import LoadedRelease, ServedState, load_release
from pilookup_server.release.refusals import Refusals
from pilookup_server.release.timestamp import newer_snapshot, renew, renewal_due, take_signed, take_up
from pilookup_server.release.timestamp_source import TimestampSource
from pilookup_server.trusted_clock import TrustedClock

FileIds = tuple[FileId, ...] | None

RETRY: Final = timedelta(seconds=30)
"""A refused release or a failed renewal is tried again after this time."""

RETRY_FORMER: Final = timedelta(minutes=10)
"""A release of which a former epoch was dropped is read again after this time."""

_LOCK_TRIES: Final = 20
_LOCK_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """The times by which a channel is watched.

    Attributes:
        poll: The time between two looks at the disk.
        grace: The time that the files of a former release are served after a new one.
        renew_before: The timestamp is renewed if less than this is left of its life.
        renew: Whether this machine signs timestamps.
    """

    poll: timedelta
    grace: timedelta
    renew_before: timedelta
    renew: bool = True


class ReleaseWatcher:
    """Keeps the served state of one channel up to date.

    Attributes:
        name: The channel.
        state: What is served now; None before the first valid release. It is replaced by a single assignment, so a
            request that has read it can go on with it.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        keys: OnlineKeys,
        times: WatchTimes,
        clock: TrustedClock,
        source: TimestampSource | None = None,
        board: NoticeBoard | None = None,
    ) -> None:
        """Watch nothing before the first tick.

        Args:
            name: The channel.
            directory: The channel's directory below HOME.
            keys: The keys of the online half.
            times: The times by which the channel is watched.
            clock: The time that everything goes by.
            source: Where timestamps are fetched that another machine signs; None if none are.
            board: Where the notice of each release that is served goes; None if nobody asks for notices.
        """
        self.name = name
        self.state: ServedState | None = None
        self._refusals = Refusals(name, directory, clock)
        self._directory = directory
        self._keys = keys
        self._times = times
        self._clock = clock
        self._announcer = Announcer(name, board) if board is not None else None
        self._destroyed = DestroyedEpochs(directory)
        self._ended_keys = EndedKeys(name, keys, self._destroyed, clock)
        self._lock = asyncio.Lock()
        self._handled: FileIds = None
        self._former = FormerReleases(name, directory, times.grace)
        self._retry_load_at: datetime | None = None
        self._retry_renewal_at: datetime | None = None
        self._seen_metadata: FileId | None = None
        self._candidate: LoadedRelease | None = None
        self._retry_snapshot_at: datetime | None = None
        self._newest_snapshot = 0
        self._followed = (
            FollowedTimestamp(name, directory, source, lambda: clock.elapsed, self._accept) if source else None
        )

    @property
    def timestamp_source(self) -> str | None:
        """How the timestamp compares with that of the machine that signs it; None if none is fetched.

        `release_waiting` means that a newer release is here, and the other machine has not taken it up yet.
        """
        if self._followed is None:
            return None
        served = self.state.loaded.release.snapshot_version if self.state else 0
        current = self._followed.condition is Condition.CURRENT
        return "release_waiting" if current and self._newest_snapshot > served else str(self._followed.condition)

    @property
    def refused(self) -> bool:
        """Whether the release on disk did not verify, so that an older one, or none, is served."""
        return self._refusals.refused

    def published(self) -> bool:
        """Whether there is a release on disk, valid or not.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        return self._file_ids() is not None

    async def current(self) -> ServedState | None:
        """Load the release on disk if it is a new one, and return the state. First asks the machine that signs, if any.

        Workers notice a new release at different times. A client that learned of the release from one worker must not
        get a "not found" or an older timestamp from another. A worker may miss a release that the next one replaces
        within one poll; it then answers 410 for the serial of the missed release.

        Raises:
            OSError: The channel's directory cannot be read.
        """
        if self._followed is not None and self._has_metadata():
            await self._followed.catch_up()
        return await self._load_new()

    async def close(self) -> None:
        """Close connections to another machine."""
        if self._followed is not None:
            await self._followed.close()

    async def _load_new(self) -> ServedState | None:
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
        await to_thread.run_sync(self._clock.save)
        metrics.set_clock(self.name, doubtful=self._clock.doubtful)
        now = self._clock()
        await self._take_up(now)
        if self._times.renew:
            await self._renew(now)
        if self._followed is not None and self._has_metadata():
            await self._followed.tick()
        if self._retry_load_at is not None and now >= self._retry_load_at:
            self._handled = None
        await self._load_new()
        self._drop_expired(now)
        if self.state is not None:
            await self._ended_keys.destroy(self.state, now)
            if not self.refused:
                await self._former.remove_unlisted()
        if self._announcer is not None:
            await self._announcer.announce(self.state)

    async def _reload(self) -> None:
        async with self._lock:
            file_ids = self._file_ids()
            if file_ids is None or file_ids == self._handled:
                return
            previous = self.state.loaded if self.state else None
            try:
                loaded = await to_thread.run_sync(self._load, self._candidate or previous)
                _check_newer(loaded, previous)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old release is served on
                self._retry_load_at = self._clock() + RETRY
                await self._refusals.load(error, serving=self.state is not None)
            else:
                await self._swap(loaded, previous)
            self._handled = file_ids
            self._candidate = None
            self._ended_keys.look_at_next_tick()

    def _load(
        self, previous: LoadedRelease | None, snapshot: int | None = None, timestamp: bytes | None = None
    ) -> LoadedRelease:
        """Load the release that the timestamp names, or that of newer snapshot metadata or of a given timestamp.

        `previous` has open files.
        """
        destroyed = self._destroyed.read()
        now = self._clock()
        return load_release(self._directory, self.name, self._keys, previous, now, destroyed, snapshot, timestamp)

    async def _accept(self, timestamp: bytes) -> None:
        """Verify a timestamp of another machine with all files of its release, and put it in place."""
        previous = self._candidate or (self.state.loaded if self.state else None)
        candidate = await to_thread.run_sync(self._load, previous, None, timestamp)
        job = partial(take_signed, self._directory, timestamp, self._clock())
        for _ in range(_LOCK_TRIES):
            if await to_thread.run_sync(job):
                self._candidate = candidate
                return
            await asyncio.sleep(_LOCK_PAUSE)
        raise HomeError(f"{self._directory.name}: another process holds the channel's lock")

    async def _take_up(self, now: datetime) -> None:
        """Verify newer snapshot metadata and all files of their release, and sign a timestamp that takes them up.

        On a machine that does not sign, the verified files are kept open until another's timestamp names the release.
        """
        seen = self._metadata_id()
        retry = self._retry_snapshot_at is not None and now >= self._retry_snapshot_at
        if seen is None or (seen == self._seen_metadata and not retry):
            return
        self._seen_metadata, self._retry_snapshot_at = seen, None
        error = await self._try_to_take_up(now)
        if error is not None:
            self._retry_snapshot_at = now + RETRY
        await self._refusals.snapshot(error, serving=self.state is not None)

    async def _try_to_take_up(self, now: datetime) -> Exception | None:
        """Returns what is wrong with the release; the old one is then served on."""
        try:
            snapshot = await to_thread.run_sync(newer_snapshot, self._directory)
            self._newest_snapshot = snapshot or 0
            if snapshot is not None:
                previous = self.state.loaded if self.state else None
                self._candidate = await to_thread.run_sync(self._load, previous, snapshot)
            if snapshot is not None and self._times.renew:
                job = partial(take_up, self._directory, self.name, self._keys, snapshot, now)
                if await to_thread.run_sync(job):
                    logger().info("release taken up", channel=self.name, snapshot=snapshot)
                else:
                    self._retry_snapshot_at = now  # another process holds the lock: look again at the next tick
        except Exception as error:  # noqa: BLE001 - returned
            return error
        return None

    async def _swap(self, loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
        """Serve a release that was loaded. The one that was served before stays for its grace."""
        now = self._clock()
        self._retry_load_at = now + RETRY_FORMER if loaded.faults else None
        if previous is not None:
            self._former.add(previous, now)
        self.state = ServedState.merge(loaded, self._former.releases)
        publish_due = renewal_due(loaded.release.targets_expire, TARGETS_LIFE / 3, now)
        newest = max(loaded.snapshots, default=0)
        metrics.set_release(self.name, loaded.release, newest, publish_due=publish_due, dropped=len(loaded.faults))
        await self._refusals.load(None, serving=True)
        self._log_served(self.state, publish_due=publish_due)

    def _log_served(self, state: ServedState, *, publish_due: bool) -> None:
        loaded = state.loaded
        logger().info(
            "release served",
            channel=self.name,
            serials=sorted(loaded.snapshots),
            epochs=sorted(loaded.evaluators),
            expires=time_text(state.expires),
        )
        for epoch, fault in loaded.faults.items():
            logger().error("former epoch dropped", channel=self.name, epoch=epoch, **describe(fault))
        if publish_due:
            logger().warning("publish soon", channel=self.name, expires=time_text(loaded.release.targets_expire))

    def _drop_expired(self, now: datetime) -> None:
        """Drop former releases whose grace has ended, and epochs that must no longer be served."""
        state = self.state
        if state is None:
            return
        dropped = self._former.drop_expired(now)
        serving = {n: e for n, e in state.loaded.evaluators.items() if e.serves_until > now.timestamp()}
        if dropped or len(serving) != len(state.loaded.evaluators):
            self.state = ServedState.merge(replace(state.loaded, evaluators=serving), self._former.releases)

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
        if self.state is None or self.refused or self._file_ids() != self._handled:
            return True  # the timestamp on disk is not the one served
        return renewal_due(self.state.loaded.release.timestamp_expires, self._times.renew_before, now)

    def _has_metadata(self) -> bool:
        """Whether there are metadata of custody to which a timestamp can belong."""
        return (self._directory / "metadata" / ROOT).exists()

    def _metadata_id(self) -> FileId | None:
        """The id of the metadata directory, which changes with each file in it; None if there is none."""
        try:
            return FileId.of((self._directory / "metadata").stat())
        except FileNotFoundError:
            return None

    def _file_ids(self) -> FileIds:
        """The ids of the files that change with each release, or None if there is no release on disk."""
        try:
            return tuple(FileId.of((self._directory / "metadata" / name).stat()) for name in (TIMESTAMP, ROOT))
        except FileNotFoundError:
            return None


def _check_newer(loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
    """Refuse a release with an older timestamp. Clients would refuse it too; here the refusal is logged.

    Versions that another key has signed do not count: when a root replaces that key, they begin again.
    """
    if (
        previous
        and loaded.release.timestamp_version < previous.release.timestamp_version
        and _timestamp_keys(loaded) == _timestamp_keys(previous)
    ):
        raise TrustError("rolled_back", "the release on disk is older than the one served")


def _timestamp_keys(loaded: LoadedRelease) -> set[str]:
    return set(verify_root(loaded.metadata[ROOT]).roles["timestamp"].keyids)
