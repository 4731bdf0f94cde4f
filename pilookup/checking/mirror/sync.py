"""One sync: what a host offers, verified, fetched and put in place (SPEC.md section 14).

metadata under the pinned root -> manifests -> files, in parts -> digests, tree -> one rename that readers see
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pilookup import durable, file_errors
from pilookup.checking.deadline import Deadline
from pilookup.checking.mirror.directory import DiskError, MirrorDirectory, Offer, Synced, now, pointer_path
from pilookup.checking.mirror.ranges import RangeFetcher
from pilookup.checking.mirror.remedies import REMEDIES, failure_text
from pilookup.checking.result import Failure, Reason
from pilookup.checking.state import State
from pilookup.checking.transport import Http
from pilookup.checking.trust import Trust
from pilookup.compute.callbacks import callback_errors, caller_code
from pilookup.errors import FormatError, MirrorError
from pilookup.plain_file import read_plain, read_whole
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE
from pilookup.protocol.delta import delta_name, is_delta
from pilookup.protocol.filter import is_filter
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, FileRef, Manifest
from pilookup.protocol.release import MANIFEST, ServedEpoch, check_manifest
from pilookup.release_files.delta_file import SnapshotBuckets, apply_delta
from pilookup.release_files.files import file_ref
from pilookup.release_files.verify import build_tree

OnProgress = Callable[[int, int], None]
"""Called with (bytes that are in place, bytes of the whole release)."""

RELEASES: Final = 3
"""Number of releases that a sync tries while the host goes on to the next one."""

_RESERVE: Final = 16 * 2**20
"""Bytes of a disk that a sync leaves free for its metadata and others."""


_MADE: Final = "made"
"""The name of a file below `partial/` that is made here; a killed sync makes it again."""


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a sync did.

    Attributes:
        channel: the channel.
        epoch: the newest epoch of the release.
        serial: its serial.
        changed: whether readers find another serial than before.
        files: number of files that were fetched whole.
        deltas: number of files of buckets that were made by a delta instead. Trees are computed.
        fetched: number of bytes of files and deltas that were fetched.
        size: number of bytes of the files in place.
        valid_until: the time from which the mirror may not be used without another sync, as in `synced.json`.
    """

    channel: str
    epoch: int
    serial: int
    changed: bool
    files: int
    deltas: int
    fetched: int
    size: int
    valid_until: str

    def to_json(self) -> dict[str, Any]:
        """The fields as `pilookup sync --json` prints them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class SyncJob:
    """What a sync is asked to do.

    Attributes:
        root: the root to pin.
        at_least: the lowest serial that counts as a success, or None.
        filters: whether filters are fetched.
        timeout: seconds that the metadata, and each part of a file, may take.
        on_progress: told how far the work is.
        sandbox: whether the channel is that of a sandbox.
    """

    root: bytes = field(repr=False)
    at_least: int | None
    filters: bool
    timeout: float
    on_progress: OnProgress
    sandbox: bool = False


class Sync:
    """A sync of one channel's mirror with one host."""

    def __init__(self, directory: MirrorDirectory, http: Http, job: SyncJob) -> None:
        """Prepare a sync; raises TrustError if the directory cannot be written."""
        self._directory = directory
        self._job = job
        self._channel = http.endpoint.channel
        self._url = http.endpoint.url("")
        self._state = State(directory.trust, "mirror", self._channel)
        self._trust = Trust(http, self._state, job.root, sandbox=job.sandbox)
        self._fetcher = RangeFetcher(http, job.timeout, self._advance)
        self._before = directory.synced()
        self._done = self._total = self._files = self._deltas = 0

    def run(self) -> SyncOutcome:
        """Bring the mirror up to date. The caller holds the directory's lock.

        Raises:
            MirrorError: the mirror is as it was; what was fetched of the new release is kept for the next sync.

        What `on_progress` raises is raised unchanged.
        """
        with callback_errors(), _errors(self._directory.path, self._url):
            for attempt in range(1, RELEASES + 1):
                offer, manifest = self._look()
                try:
                    names = self._fetch(offer)
                    break
                except Failure as failure:
                    # The host may have gone on to the next release, and have deleted the files of this one.
                    if attempt == RELEASES or not (failure.missing or failure.reason is Reason.RETIRED):
                        raise
            synced = Synced(self._channel, manifest.epoch, manifest.serial, now(), offer.valid_until)
            self._directory.switch(offer, synced)
            self._directory.remove_unlisted(offer, names)
        return self._outcome(offer, synced, names)

    def _look(self) -> tuple[Offer, Manifest]:
        """Fetch and verify the host's metadata and the manifest of the newest epoch."""
        deadline = Deadline.after(self._job.timeout)
        manifest = self._trust.refresh(self._trust.attempts, deadline).manifest
        with self._state.lock(deadline):
            offer = Offer.from_state(self._state.for_root(self._job.root).read())
        self._check(manifest)
        return offer, manifest

    def _check(self, manifest: Manifest) -> None:
        wanted = self._job.at_least
        if self._before is not None and self._before.channel != self._channel:
            text = f"{self._directory.path}: a mirror of the channel {self._before.channel}; use another directory"
            raise MirrorError("other_channel", text)
        if self._before is not None and manifest.serial < self._before.serial:
            raise Failure(
                Reason.ROLLED_BACK,
                detail=f"the host offers serial {manifest.serial}, and the mirror has {self._before.serial}",
            )
        if wanted is not None and manifest.serial < wanted:
            text = f"{self._url}: the host has serial {manifest.serial}, and not yet {wanted}; try again later"
            raise MirrorError("below_serial", text)

    def _fetch(self, offer: Offer) -> dict[int, frozenset[str]]:
        """Put the files of a release in place; returns the names of those that are kept of each epoch."""
        manifests = {epoch.epoch: self._manifest(epoch) for epoch in offer.epochs}
        names = {epoch: self._names(manifest) for epoch, manifest in manifests.items()}
        self._done = 0
        self._total = sum(epoch.files[name].size for epoch in offer.epochs for name in names[epoch.epoch] - {MANIFEST})
        self._remove_partial({ref.sha256 for epoch in offer.epochs for ref in epoch.files.values()})
        missing = [
            (epoch, name) for epoch in offer.epochs for name in sorted(names[epoch.epoch]) if not self._has(epoch, name)
        ]
        self._check_space(sum(self._bytes_to_write(epoch.files[name]) for epoch, name in missing))
        for epoch, name in missing:
            if not self._make(epoch, name, manifests[epoch.epoch]):
                self._download(epoch, name)
        served = {epoch.files[MANIFEST] for epoch in self._directory.served()}
        for epoch in offer.epochs:
            if epoch.files[MANIFEST] not in served:
                self._verify_tree(epoch, manifests[epoch.epoch])
        pointer = self._directory.targets / pointer_path(offer)
        durable.replace(pointer, read_whole(self._directory.targets / offer.epochs[0].path(MANIFEST)))
        return names

    def _manifest(self, epoch: ServedEpoch) -> Manifest:
        if not self._has(epoch, MANIFEST):
            self._download(epoch, MANIFEST)
        manifest = Manifest.from_bytes(read_plain(self._directory.targets / epoch.path(MANIFEST), MAX_MANIFEST_BYTES))
        check_manifest(manifest, channel=self._channel, epoch=epoch.epoch, files=epoch.files)
        return manifest

    def _names(self, manifest: Manifest) -> frozenset[str]:
        wanted = {name for name in manifest.files if not is_delta(name) and (self._job.filters or not is_filter(name))}
        return frozenset({MANIFEST, *wanted})

    def _has(self, epoch: ServedEpoch, name: str) -> bool:
        """Whether a file is in place. It is read again, so that a sync also repairs what the disk has damaged."""
        path = self._directory.targets / epoch.path(name)
        try:
            whole = file_ref(path) == epoch.files[name]
        except FileNotFoundError:
            return False
        if whole and name != MANIFEST:
            self._advance(epoch.files[name].size)
        return whole

    def _download(self, epoch: ServedEpoch, name: str) -> None:
        """Fetch a file, and move it to its final name once its digest is verified."""
        partial = self._partial(epoch.files[name])
        self._fetcher.fetch(epoch.path(name), epoch.files[name], partial)
        self._files += 1
        self._directory.adopt(self._directory.targets / epoch.path(name), partial)

    def _make(self, epoch: ServedEpoch, name: str, manifest: Manifest) -> bool:
        """Make a file from what is in place, and move it to its final name.

        Returns:
            Whether that was done. Otherwise the file must be fetched.
        """
        if name == TREE_FILE:  # its name comes behind that of the buckets, which are in place therefore
            return self._make_tree(epoch, manifest)
        return name == BUCKETS_FILE and self._make_by_delta(epoch, manifest)

    def _make_tree(self, epoch: ServedEpoch, manifest: Manifest) -> bool:
        """Compute the tree over the buckets, whatever way these came."""
        path, made = self._directory.targets / epoch.path(TREE_FILE), self._directory.partial / _MADE
        tree = build_tree(manifest, self._directory.targets / epoch.path(BUCKETS_FILE))
        if FileRef(sha256(tree).hexdigest(), len(tree)) != epoch.files[TREE_FILE]:
            return False
        made.unlink(missing_ok=True)
        durable.write_flushed(made, tree)
        self._directory.adopt(path, made)
        self._advance(len(tree))
        return True

    def _make_by_delta(self, epoch: ServedEpoch, manifest: Manifest) -> bool:
        """Make the buckets from those in place and a delta, if the release lists one from them that is smaller.

        Returns:
            Whether the buckets are in place now. Otherwise they must be fetched whole.
        """
        former = self._former(epoch.epoch)
        if former is None:
            return False
        old, serial = former
        delta, whole = epoch.files.get(delta_name(serial)), epoch.files[BUCKETS_FILE]
        if delta is None or delta.size >= self._bytes_to_write(whole):
            return False
        fetched, made = self._partial(delta), self._directory.partial / _MADE
        new = SnapshotBuckets(manifest.geometry, manifest.root, made)
        try:
            self._fetcher.fetch(epoch.path(delta_name(serial)), delta, fetched)
            apply_delta(old, fetched, new)
            right = file_ref(made) == whole
        except (Failure, FormatError):
            right = False
        fetched.unlink(missing_ok=True)
        if not right:
            made.unlink(missing_ok=True)
            return False
        durable.flush(made)
        self._deltas += 1
        self._advance(whole.size)
        self._directory.adopt(self._directory.targets / epoch.path(BUCKETS_FILE), made)
        return True

    def _former(self, epoch: int) -> tuple[SnapshotBuckets, int] | None:
        """The buckets of an epoch that readers find now, and their serial; None if there are none."""
        for served in self._directory.served():
            if served.epoch == epoch:
                targets = self._directory.targets
                try:
                    manifest = Manifest.from_bytes(read_plain(targets / served.path(MANIFEST), MAX_MANIFEST_BYTES))
                except (FileNotFoundError, FormatError):
                    return None
                path = targets / served.path(BUCKETS_FILE)
                return SnapshotBuckets(manifest.geometry, manifest.root, path), manifest.serial
        return None

    def _verify_tree(self, epoch: ServedEpoch, manifest: Manifest) -> None:
        """Check the buckets and the tree of an epoch against each other, before a reader finds them."""
        targets = self._directory.targets
        if build_tree(manifest, targets / epoch.path(BUCKETS_FILE)) != read_whole(targets / epoch.path(TREE_FILE)):
            raise FormatError(f"{TREE_FILE}: not the tree over the buckets")

    def _partial(self, ref: FileRef) -> Path:
        return self._directory.partial / ref.sha256

    def _remove_partial(self, keep: set[str]) -> None:
        for path in self._directory.partial.iterdir():
            if path.name not in keep:
                path.unlink()

    def _bytes_to_write(self, ref: FileRef) -> int:
        partial = self._partial(ref)
        return max(0, ref.size - partial.stat().st_size) if partial.exists() else ref.size

    def _check_space(self, needed: int) -> None:
        disk = os.statvfs(self._directory.path)
        free = disk.f_bavail * disk.f_frsize
        if needed and free < needed + _RESERVE:
            text = f"{self._directory.path}: {needed + _RESERVE:,} bytes are needed and {free:,} are free"
            raise DiskError(text)

    def _advance(self, count: int) -> None:
        self._done += count
        if self._total:
            with caller_code():
                self._job.on_progress(min(self._done, self._total), self._total)

    def _outcome(self, offer: Offer, synced: Synced, names: dict[int, frozenset[str]]) -> SyncOutcome:
        return SyncOutcome(
            channel=synced.channel,
            epoch=synced.epoch,
            serial=synced.serial,
            changed=self._before is None or self._before.serial != synced.serial,
            files=self._files,
            deltas=self._deltas,
            fetched=self._fetcher.fetched,
            size=sum(epoch.files[name].size for epoch in offer.epochs for name in names[epoch.epoch]),
            valid_until=synced.valid_until.isoformat(),
        )


@contextmanager
def _errors(path: Path, url: str) -> Iterator[None]:
    """Raise what stops a sync as MirrorError, which names the URL or the file, what happened there, and a remedy.

    Args:
        path: the mirror's directory.
        url: the channel at the host, where a failure does not say what it asked for.
    """
    try:
        yield
    except Failure as failure:
        raise MirrorError(failure.reason, failure_text(failure, url)) from None
    except FormatError as error:
        text = f"{url}: {error}; {REMEDIES[Reason.BAD_SNAPSHOT]}"
        raise MirrorError(Reason.BAD_SNAPSHOT, text) from error
    except OSError as error:
        raise DiskError(file_errors.failure_text(error, "cannot be written", path)) from error
