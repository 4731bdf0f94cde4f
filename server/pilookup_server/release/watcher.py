"""Watches a channel's repository on disk.

The watcher loads new releases, renews the timestamp, and destroys the keys of epochs that have ended. Each worker has
its own watchers. The steps that change the disk (renewing, destroying keys) may be done by any worker, also by several
at the same time. All of them go by a clock that does not follow a step of the wall clock.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.bundles.unlisted import remove_unlisted_now
from pilookup.errors import HomeError, PilookupError, TrustError
from pilookup.file_id import FileId
from pilookup.protocol.encoding import time_text
from pilookup.protocol.release import ROOT, TARGETS_LIFE, TIMESTAMP, verify_root
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup.release_files.serving_state import remove_refused, write_refused
from pilookup_server import metrics
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import describe, logger
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.release.announce import Announcer
from pilookup_server.release.followed_timestamp import Condition, FollowedTimestamp
from pilookup_server.release.loaded_release import LoadedRelease, ServedState, load_release
from pilookup_server.release.timestamp import newer_snapshot, renew, renewal_due, take_signed, take_up
from pilookup_server.release.timestamp_source import TimestampSource
from pilookup_server.trusted_clock import TrustedClock

FileIds = tuple[FileId, ...] | None

RETRY: Final = timedelta(seconds=30)
"""A refused release or a failed renewal is tried again after this time."""

RETRY_FORMER: Final = timedelta(minutes=10)
"""A release of which a former epoch was dropped is read again after this time."""

DESTROYED_AFTER: Final = timedelta(hours=1)
"""The key of an epoch that the release still lists is destroyed this long after the epoch's `serves_until`."""

KEYS_SECONDS: Final = 60.0
"""The keys on disk are looked at this often."""

MOST_FORMER: Final = 8
"""Most former releases in their grace. Each keeps files open, however often somebody publishes."""


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
        self._refused_load = False
        self._refused_snapshot = False
        self._directory = directory
        self._keys = keys
        self._times = times
        self._clock = clock
        self._announcer = Announcer(name, board) if board is not None else None
        self._announced = True
        self._destroyed = DestroyedEpochs(directory)
        self._look_at_keys_from = 0.0
        self._lock = asyncio.Lock()
        self._handled: FileIds = None
        self._unlisted = True
        self._former: list[tuple[datetime, LoadedRelease]] = []
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
        return self._refused_load or self._refused_snapshot

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
        await self._destroy_ended(now)
        await self._remove_unlisted()
        await self._announce()

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
                await self._refuse(error)
            else:
                await self._swap(loaded, previous)
            self._handled = file_ids
            self._candidate = None
            self._look_at_keys_from = 0.0

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
            await self._report(error)
        elif self._refused_snapshot and not self._refused_load:
            await self._record(partial(remove_refused, self._directory))
        self._refused_snapshot = error is not None
        metrics.set_refused(self.name, refused=self.refused)

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

    async def _refuse(self, error: Exception) -> None:
        self._retry_load_at = self._clock() + RETRY
        self._refused_load = True
        await self._report(error)
        metrics.set_refused(self.name, refused=True)

    async def _report(self, error: Exception) -> None:
        """Log and count a release that is refused, and record it for `pilookup status`."""
        metrics.count_refused(self.name)
        fields = describe(error)
        logger().error("release refused", channel=self.name, serving=self.state is not None, **fields)
        reason = f"{fields['error']}: {fields['reason']}" if fields.get("reason") else fields["error"]
        await self._record(partial(write_refused, self._directory, self._clock(), reason))

    async def _record(self, write: Callable[[], None]) -> None:
        """Change what `pilookup status` reads; a failure is logged, because serving does not depend on it."""
        try:
            await to_thread.run_sync(write)
        except OSError as error:
            logger().error("refusal not recorded", channel=self.name, **describe(error))

    async def _swap(self, loaded: LoadedRelease, previous: LoadedRelease | None) -> None:
        now = self._clock()
        self._retry_load_at = now + RETRY_FORMER if loaded.faults else None
        self._refused_load = False
        if previous is not None:
            self._former.append((now + self._times.grace, previous))
            self._unlisted = True
        self._former = [(end, former) for end, former in self._former if end > now][-MOST_FORMER:]
        self.state = ServedState.merge(loaded, [former for _, former in self._former])
        publish_due = renewal_due(loaded.release.targets_expire, TARGETS_LIFE / 3, now)
        metrics.set_release(
            self.name,
            loaded.release,
            max(loaded.snapshots, default=0),
            publish_due=publish_due,
            dropped=len(loaded.faults),
        )
        if not self.refused:
            await self._record(partial(remove_refused, self._directory))
        metrics.set_refused(self.name, refused=self.refused)
        logger().info(
            "release served",
            channel=self.name,
            serials=sorted(loaded.snapshots),
            epochs=sorted(loaded.evaluators),
            expires=time_text(self.state.expires),
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
        former = [(end, loaded) for end, loaded in self._former if end > now]
        serving = {n: e for n, e in state.loaded.evaluators.items() if e.serves_until > now.timestamp()}
        if len(serving) != len(state.loaded.evaluators) or len(former) != len(self._former):
            self._former = former
            loaded = replace(state.loaded, evaluators=serving)
            self.state = ServedState.merge(loaded, [one for _, one in former])

    async def _destroy_ended(self, now: datetime) -> None:
        """Destroy the keys of epochs that have ended, and those of destroyed epochs that came back."""
        if self.state is None or self.state.fault(now) is not None or not self._clock.may_destroy:
            return
        if self._clock.elapsed < self._look_at_keys_from:
            return
        self._look_at_keys_from = self._clock.elapsed + KEYS_SECONDS
        try:
            held = await to_thread.run_sync(self._keys.epochs, self.name)
            destroyed = await to_thread.run_sync(self._destroyed.read)
            ended = [epoch for epoch in held if epoch in destroyed or self._has_ended(epoch, now)]
            if ended:
                await to_thread.run_sync(self._destroyed.add, ended)
            for epoch in ended:
                await to_thread.run_sync(self._keys.destroy, self.name, epoch)
                logger().info("epoch key destroyed", channel=self.name, epoch=epoch)
        except (PilookupError, OSError) as error:
            logger().error("epoch key not destroyed", channel=self.name, **describe(error))

    async def _remove_unlisted(self) -> None:
        """Once nobody reads a former release any more, delete the files of it that a bundle brought."""
        if self._former or not self._unlisted or self.state is None or self.refused:
            return
        try:
            count = await to_thread.run_sync(remove_unlisted_now, self._directory.parents[1], self.name)
        except (PilookupError, OSError) as error:
            logger().error("former files not deleted", channel=self.name, **describe(error))
            return
        self._unlisted = False
        if count:
            logger().info("former files deleted", channel=self.name, count=count)

    async def _announce(self) -> None:
        """Put the notice of what is served on the board. A failure is logged once, and tried again at the next tick."""
        if self._announcer is None:
            return
        try:
            await to_thread.run_sync(self._announcer.announce, self.state)
        except OSError as error:
            if self._announced:
                logger().error(
                    "notice not made: receivers are not told of this release", channel=self.name, **describe(error)
                )
            self._announced = False
        else:
            self._announced = True

    def _has_ended(self, epoch: int, now: datetime) -> bool:
        """Whether an epoch is older than the newest, and the release does not list it or its time is long over."""
        assert self.state is not None
        epochs = self.state.loaded.release.epochs
        listed = {one.epoch for one in epochs if one.serves_until + DESTROYED_AFTER > now}
        return epoch < epochs[0].epoch and epoch not in listed

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
