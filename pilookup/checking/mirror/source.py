"""What clients read of a mirror: the trusted snapshot, and the bodies of its buckets. Nothing is asked of any host.

A mirror that is missing, too old or damaged is a Failure, unless the client was told to use the network then.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from pilookup import file_errors
from pilookup.checking.check import Fetch, TrustedSnapshot
from pilookup.checking.connect_errors import too_late
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.checking.mirror.directory import SYNCED, Synced, read_synced
from pilookup.checking.result import Failure, Reason
from pilookup.checking.trust import Trust, mark_problem
from pilookup.errors import FormatError, TrustError
from pilookup.file_id import FileId
from pilookup.plain_file import read_plain
from pilookup.release_files.local_release import LocalRelease, LocalSnapshot, open_release, timestamp_path

REFUSED_SECONDS: Final = 60.0
"""Seconds for which a snapshot is not used again after the evaluator said that it does not serve its epoch."""

_Ids = tuple[FileId, FileId]


class MirrorSource:
    """The trusted snapshot of a mirror. It takes the place of `Trust`, and may be used by many threads.

    A mirror that has gone on to another release is opened again by the next check. A check that is under way goes on
    with the release that it began with.
    """

    def __init__(
        self, directory: Path, channel: str, root: bytes, max_age: float, network: Trust | None, *, sandbox: bool
    ) -> None:
        """Use the mirror in a directory, which is opened by the first check.

        Args:
            directory: the mirror's directory.
            channel: the channel.
            root: the root to pin.
            max_age: seconds after a sync up to which the mirror is used.
            network: what to use in place of a mirror that cannot be used, or None for an unknown result.
            sandbox: whether every root must be marked as that of a sandbox; otherwise none may be.
        """
        self._directory = directory
        self._changing = (os.fspath(timestamp_path(directory)), os.fspath(directory / SYNCED))
        self._channel = channel
        self._root = root
        self._max_age = max_age
        self._network = network
        self._sandbox = sandbox
        self._lock = Lock()
        self._ids: _Ids | None = None
        self._synced: Synced | None = None
        self._release: LocalRelease | None = None
        self._trusted: TrustedSnapshot | None = None
        self._open: tuple[LocalSnapshot, ...] = ()
        self._refused: TrustedSnapshot | None = None
        self._refused_until = Deadline.after(0)
        self._highest = 0
        self._unusable = False
        renew_in_children(self)

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self._lock = Lock()

    @property
    def attempts(self) -> int:
        """Number of attempts to refresh the metadata over the network."""
        return self._network.attempts if self._network else 0

    @property
    def current(self) -> TrustedSnapshot | None:
        """The newest snapshot that was used; None before the first."""
        network = self._network.current if self._network else None
        both = [one for one in (self._trusted, network) if one is not None]
        return max(both, key=lambda one: one.manifest.serial, default=None)

    def ended_early(self, deadline: Deadline) -> bool:
        """Whether the last attempt over the network failed for want of its call's time, while there is time left."""
        return self._network is not None and self._network.ended_early(deadline)

    def get(self, stale: TrustedSnapshot | None, deadline: Deadline) -> TrustedSnapshot:
        """Return the mirror's snapshot, and not `stale`, which the evaluator no longer serves; raises Failure."""
        since = self.attempts
        return self.fresh(stale) or self.refresh(since, deadline)

    def fresh(self, stale: TrustedSnapshot | None = None) -> TrustedSnapshot | None:
        """Return the snapshot if it may be used, the mirror has not changed and it is not `stale`; otherwise None."""
        if stale is not None and stale is self._trusted:
            self._refused, self._refused_until = stale, Deadline.after(REFUSED_SECONDS)
        trusted = self._trusted
        if trusted is not None and self._is_current(trusted):
            return trusted
        return self._network.fresh(stale) if self._network and self._unusable else None

    def _is_current(self, trusted: TrustedSnapshot) -> bool:
        """Whether the release that is open is still the directory's, and may still be used."""
        if self._synced is None or self._synced.fault(self._max_age) or self._is_refused(trusted):
            return False
        try:
            return self._ids == self._current_ids() and not self._expired()
        except OSError:
            return False

    def refresh(self, since: int, deadline: Deadline) -> TrustedSnapshot:
        """Open the mirror's release, or else use the network where that is allowed; raises Failure. Blocks."""
        try:
            trusted = self._take_up(deadline)
        except Failure:
            if self._network is None:
                raise
        else:
            self._unusable = False
            return trusted
        self._unusable = True
        return self._network.refresh(since, deadline)

    def bodies(self, need: Fetch) -> dict[int, bytes | Failure] | None:
        """Return the bodies of buckets of an open snapshot, not verified yet.

        Returns:
            None if the snapshot is not one of the mirror's, and the network may be used.
        """
        snapshot = next((one for one in self._open if one.manifest.serial == need.serial), None)
        if snapshot is not None:
            return {index: _body(snapshot, index) for index in need.indices}
        if self._network is not None:
            return None
        failure = Failure(Reason.NO_MIRROR, detail="the mirror has gone on to another release: check again")
        return dict.fromkeys(need.indices, failure)

    def file(self, path: str, size: int) -> bytes | None:
        """Return a file of the mirror, not verified yet.

        Args:
            path: its path in the channel's directory.
            size: the size that the manifest names.

        Returns:
            None if it is missing, cannot be read, or is larger.
        """
        try:
            return read_plain(self._directory / path, size)
        except OSError:
            return None

    def _take_up(self, deadline: Deadline) -> TrustedSnapshot:
        lock = self._lock
        if not lock.acquire(timeout=deadline.left()):
            raise too_late(deadline)
        try:
            return _failures(self._reopen)
        finally:
            lock.release()

    def _reopen(self) -> TrustedSnapshot:
        """Open the release that the directory has, unless it is the one that is open."""
        ids = self._current_ids()
        synced = read_synced(self._directory)
        if text := synced.fault(self._max_age):
            raise Failure(Reason.STALE, detail=text)
        if self._trusted is None or ids != self._ids or self._expired():
            self._use(open_release(self._directory, self._root, self._channel, datetime.now(UTC)), ids, synced)
        trusted = self._trusted
        if trusted is None:
            raise AssertionError("a release was opened")
        if self._is_refused(trusted):
            raise Failure(Reason.RETIRED, detail="the evaluator does not serve the mirror's epoch: run `pilookup sync`")
        return trusted

    def _use(self, release: LocalRelease, ids: _Ids, synced: Synced) -> None:
        """Let the next checks use a release; the snapshot before stays open for checks that are under way."""
        if release.valid_until <= datetime.now(UTC):
            raise Failure(Reason.STALE, detail="the mirror's release has expired: run `pilookup sync`")
        if problem := mark_problem(release.root, sandbox=self._sandbox):
            raise Failure(Reason.BAD_RESPONSE, detail=problem)
        newest = release.newest
        if newest.manifest.serial < self._highest:
            raise Failure(Reason.ROLLED_BACK, detail="the mirror has an older release than before")
        known = self._trusted
        if known is None or known.digest != newest.digest:
            self._trusted = TrustedSnapshot(newest.manifest, newest.digest)
        self._open = (newest, *self._open[:1])
        self._highest = newest.manifest.serial
        self._release, self._ids, self._synced = release, ids, synced

    def _expired(self) -> bool:
        return self._release is None or self._release.valid_until <= datetime.now(UTC)

    def _is_refused(self, trusted: TrustedSnapshot) -> bool:
        return self._refused is trusted and not self._refused_until.over()

    def _current_ids(self) -> _Ids:
        """What changes with each sync; raises OSError."""
        stamp, synced = self._changing
        return FileId.of(os.stat(stamp)), FileId.of(os.stat(synced))  # noqa: PTH116 - each check does this


def _body(snapshot: LocalSnapshot, index: int) -> bytes | Failure:
    try:
        return snapshot.body(index)
    except OSError as error:
        return Failure(Reason.NO_MIRROR, detail=file_errors.failure_text(error, "the mirror cannot be read"))


def _failures(work: Callable[[], TrustedSnapshot]) -> TrustedSnapshot:
    """Turn the errors of opening a release into a Failure."""
    try:
        return work()
    except TrustError as error:
        raise Failure(Reason(error.reason), detail=f"the mirror: {error}") from None
    except FormatError as error:
        raise Failure(Reason.BAD_SNAPSHOT, detail=f"the mirror: {error}") from None
    except FileNotFoundError as error:
        text = f"{error.filename}: is missing: run `pilookup sync`"
        raise Failure(Reason.NO_MIRROR, detail=text) from None
    except OSError as error:
        raise Failure(Reason.NO_MIRROR, detail=file_errors.failure_text(error, "the mirror cannot be read")) from None
