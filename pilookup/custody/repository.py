"""A channel's TUF repository, as custody writes it (SPEC.md section 9; the TUF specification 1.0).

Root and targets metadata are signed by two of three keys, snapshot metadata by one, timestamp metadata by the key of
the online half. No file but timestamp.json is ever overwritten by other content, so what is served does not change
until timestamp.json is replaced.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup import durable
from pilookup.plain_file import read_whole
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    ROOT_LIFE,
    TARGETS_LIFE,
    TIMESTAMP,
    TIMESTAMP_LIFE,
    Release,
    ServedEpoch,
    parse_metadata,
    read_release,
    renew_timestamp,
    served_epochs,
    target_custom,
    target_name,
    verify_root,
)
from pilookup.release_files.channel_lock import channel_lock
from pilookup.release_files.files import file_ref, read_metadata
from pilookup.signing.signer import Signer, Signers, sign_metadata, tuf_key

THRESHOLDS: Final = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
ROOT_RENEWED_BEFORE: Final = timedelta(days=120)
_DISCARDED: Final = ".staging-"

_Role = TypeVar("_Role", Root, Targets, Snapshot, Timestamp)


class ChannelRepository:
    """The TUF repository in the directory `channels/{channel}` of the online half."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.metadata = directory / "metadata"
        self.targets = directory / "targets"
        self.staging = directory / "staging"

    def create(self, signers: Signers, now: datetime) -> bytes:
        """Make the directories and sign the first root metadata.

        Args:
            signers: the signers of every role, whose public keys the root metadata list; those of the root role sign.
            now: when the root metadata is signed.

        Returns:
            The root metadata, for clients to pin. Raises OSError.
        """
        self.directory.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        for folder in (self.metadata, self.targets):
            folder.mkdir(mode=durable.DIRECTORY_MODE)
        root = Root(version=1, expires=_whole_seconds(now + ROOT_LIFE), consistent_snapshot=True)
        for role, role_signers in signers.items():
            root.roles[role] = Role([], THRESHOLDS[role])
            for signer in role_signers:
                root.add_key(tuf_key(signer.public_key()), role)
        return self._write_root(root, signers)

    def read(self, name: str) -> bytes:
        """A metadata file's bytes; raises OSError, such as FileNotFoundError."""
        return read_metadata(self.metadata / name)

    def root(self) -> Root:
        """The newest root metadata, signed by its own keys; raises TrustError, FormatError, OSError."""
        return verify_root(self.read(ROOT))

    def current(self, now: datetime) -> Release | None:
        """The served release, verified from its root on; None before the first. Its timestamp may have expired.

        Raises:
            TrustError: the metadata cannot be trusted.
            FormatError: a metadata file is not what it should be.
            OSError: a metadata file cannot be read.
        """
        if not (self.metadata / TIMESTAMP).exists():
            return None
        return read_release(self.read, now, timestamp=False)

    def listed(self) -> tuple[ServedEpoch, ...]:
        """The epochs of the served release, expired or not; empty before the first. Raises FormatError, OSError."""
        targets = self._newest_targets()
        return served_epochs(targets.targets) if targets else ()

    def signed_at(self) -> list[datetime]:
        """When the served targets and timestamp metadata were signed; empty before the first release.

        The server renews the timestamp, so its date is one that was received. Raises FormatError, OSError.
        """
        targets = self._newest_targets()
        if targets is None:
            return []
        stamp = parse_metadata(self.read(TIMESTAMP), Timestamp).signed
        return [targets.expires - TARGETS_LIFE, stamp.expires - TIMESTAMP_LIFE]

    def renew_root(self, signers: Signers, now: datetime) -> bool:
        """Sign a new version of the root metadata if it expires within 120 days; the keys stay the same.

        Returns:
            Whether a new version was signed.

        Raises:
            TrustError: Its own keys do not sign the current version.
            FormatError: The current version is not root metadata.
            OSError: A file cannot be read or written.
        """
        root = self.root()
        if root.expires - now > ROOT_RENEWED_BEFORE:
            return False
        root.version += 1
        root.expires = _whole_seconds(now + ROOT_LIFE)
        self._write_root(root, signers)
        return True

    def stage(self) -> Path:
        """Make an empty directory for the files of one epoch, on their final file system; raises OSError."""
        self.clear_staging()
        self.staging.mkdir(mode=durable.DIRECTORY_MODE)
        return self.staging

    def clear_staging(self) -> None:
        """Remove the staging directory that a publish left.

        A task of that publish may still write on another machine. The directory is renamed first, so that the task
        cannot write into the next one, and what it writes meanwhile is removed the next time. Raises OSError.
        """
        if self.staging.exists():
            self.staging.rename(self.directory / f"{_DISCARDED}{uuid4().hex}")
        for left in self.directory.glob(f"{_DISCARDED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def holds(self, epoch: ServedEpoch) -> bool:
        """Whether every file of a listed epoch exists with the signed size and digest; raises OSError."""
        paths = {self.targets / epoch.path(name): ref for name, ref in epoch.files.items()}
        return all(path.exists() and file_ref(path) == ref for path, ref in paths.items())

    def adopt(self, epoch: int, files: Mapping[str, FileRef]) -> None:
        """Move staged files to their final names, which contain their digests. Nothing refers to them yet.

        Args:
            epoch: the epoch's number.
            files: name -> size and digest.

        Raises:
            OSError: a file cannot be moved.
        """
        folder = self.targets / "epochs" / str(epoch)
        for each in (folder.parent, folder):  # with `parents=True`, the mode would apply to the last directory only
            each.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        for name, ref in files.items():
            (self.staging / name).replace(folder / f"{ref.sha256}.{name}")
        durable.sync_directory(folder)
        durable.sync_directory(folder.parent)
        durable.sync_directory(self.targets)

    def release(self, epochs: Sequence[ServedEpoch], signers: Signers, now: datetime, *, forget: bool = False) -> None:
        """Sign a release and serve it from now on, by replacing timestamp.json last (the online half signs that).

        Args:
            epochs: the served epochs, newest first; their files are in place.
            signers: those of all roles.
            now: when the release is signed.
            forget: remove the files of the former release at once, because something in them was withdrawn or erased.
                Without it they stay until the next release, for clients that still read them.

        Raises:
            FormatError: metadata of the served release are not valid.
            OSError: a file cannot be written. If timestamp.json was not replaced yet, the former release is served.
        """
        pointer = epochs[0].files[MANIFEST]
        source = self.targets / epochs[0].path(MANIFEST)
        durable.replace(self.targets / f"{pointer.sha256}.{MANIFEST}", read_whole(source))
        served, previous = self._served_snapshot(), self._newest_targets()
        version = max([previous.version if previous else 0, *self._versions("targets.json")]) + 1
        expires = _whole_seconds(now + TARGETS_LIFE)
        targets = Targets(version=version, expires=expires, targets=_targets(epochs))
        self._write_signed(f"{version}.targets.json", targets, signers["targets"])
        number = max([0, *self._versions("snapshot.json")]) + 1
        snapshot = Snapshot(version=number, expires=expires, meta={"targets.json": MetaFile(version)})
        self._write_signed(f"{number}.snapshot.json", snapshot, signers["snapshot"])
        self.sign_timestamp(number, signers["timestamp"], now)
        self._remove_unlisted([targets] if forget or previous is None else [targets, previous], {number, served})

    def sign_timestamp(self, snapshot: int, signers: Sequence[Signer], now: datetime) -> None:
        """Point timestamp.json at a version of the snapshot metadata: the step that changes what is served.

        Raises:
            FormatError: The current timestamp.json is not timestamp metadata.
            OSError: The file cannot be written.
        """
        with channel_lock(self.directory, wait=True):
            path = self.metadata / TIMESTAMP
            old = parse_metadata(read_metadata(path), Timestamp).signed if path.exists() else None
            self._write_signed(TIMESTAMP, renew_timestamp(old, snapshot, now), signers)

    def _served_snapshot(self) -> int | None:
        """The version of the served snapshot metadata; None before the first. Ignores those of killed publishes."""
        if not (self.metadata / TIMESTAMP).exists():
            return None
        return parse_metadata(self.read(TIMESTAMP), Timestamp).signed.snapshot_meta.version

    def _newest_targets(self) -> Targets | None:
        if (served := self._served_snapshot()) is None:
            return None
        snapshot = parse_metadata(self.read(f"{served}.snapshot.json"), Snapshot).signed
        return parse_metadata(self.read(f"{snapshot.meta['targets.json'].version}.targets.json"), Targets).signed

    def _versions(self, suffix: str) -> list[int]:
        return [int(path.name.split(".")[0]) for path in self.metadata.glob(f"*.{suffix}")]

    def _write_root(self, root: Root, signers: Signers) -> bytes:
        data = self._write_signed(f"{root.version}.{ROOT}", root, signers["root"])
        durable.replace(self.metadata / ROOT, data)
        return data

    def _write_signed(self, name: str, signed: _Role, signers: Sequence[Signer]) -> bytes:
        metadata = Metadata(signed)
        sign_metadata(metadata, signers)
        data = metadata.to_bytes()
        durable.replace(self.metadata / name, data)
        return data

    def _remove_unlisted(self, keep: Sequence[Targets], snapshots: Collection[int | None]) -> None:
        """Remove all files but those of the given releases.

        Args:
            keep: the targets metadata of the releases.
            snapshots: versions of the snapshot metadata to keep; None is ignored.
        """
        served = [epoch for targets in keep for epoch in served_epochs(targets.targets)]
        files = {self.targets / epoch.path(name) for epoch in served for name in epoch.files}
        files |= {self.targets / f"{epoch.files[MANIFEST].sha256}.{MANIFEST}" for epoch in served}
        files |= {self.metadata / f"{targets.version}.targets.json" for targets in keep}
        files |= {self.metadata / f"{number}.snapshot.json" for number in snapshots}
        old = [*self.metadata.glob("*.targets.json"), *self.metadata.glob("*.snapshot.json")]
        for path in [*old, *(path for path in self.targets.rglob("*") if path.is_file())]:
            if path not in files:
                path.unlink()


def _targets(epochs: Sequence[ServedEpoch]) -> dict[str, TargetFile]:
    targets = {MANIFEST: _target(MANIFEST, epochs[0].files[MANIFEST])}
    for epoch in epochs:
        for name, ref in epoch.files.items():
            path = target_name(epoch.epoch, name)
            targets[path] = _target(path, ref)
        manifest = targets[target_name(epoch.epoch, MANIFEST)]
        manifest.unrecognized_fields["custom"] = target_custom(epoch.epoch, epoch.serves_until, epoch.rotates_on)
    return targets


def _target(path: str, ref: FileRef) -> TargetFile:
    return TargetFile(ref.size, {"sha256": ref.sha256}, path)


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
