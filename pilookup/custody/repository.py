"""A channel's TUF repository, as custody writes it (SPEC.md section 9; the TUF specification 1.0).

Root and targets metadata are signed by two of three keys, snapshot metadata by one, timestamp metadata by the key of
the online half. A release is drafted, signed, perhaps elsewhere, and served. No file but timestamp.json and root.json
is ever overwritten by other content, so what is served does not change until timestamp.json is replaced.
"""

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup import durable
from pilookup.custody.served_metadata import ServedMetadata
from pilookup.plain_file import read_whole
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    ROOT_LIFE,
    SANDBOX,
    TARGETS_LIFE,
    TIMESTAMP,
    ServedEpoch,
    parse_metadata,
    renew_timestamp,
    served_epochs,
    target_custom,
    target_name,
    verify_root,
)
from pilookup.release_files.channel_lock import channel_lock
from pilookup.release_files.files import file_ref, read_metadata
from pilookup.signing.signer import Signer, Signers, sign_metadata, tuf_key
from pilookup.signing.unsigned import UnsignedRelease

THRESHOLDS: Final = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
ROOT_RENEWED_BEFORE: Final = timedelta(days=120)
_DISCARDED: Final = ".staging-"


class ChannelRepository(ServedMetadata):
    """The TUF repository in the directory `channels/{channel}` of the online half."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read or made yet.

        Args:
            directory: The channel's directory.
        """
        super().__init__(directory)
        self.staging = directory / "staging"

    def create(self, signers: Signers, now: datetime, *, sandbox: bool = False) -> bytes:
        """Make the directories and sign the first root metadata.

        Args:
            signers: the signers of every role, whose public keys the root metadata list; those of the root role sign.
            now: when the root metadata is signed.
            sandbox: whether to mark the root as that of a sandbox, which clients refuse unless they are told.

        Returns:
            The root metadata, for clients to pin. Raises OSError.
        """
        self.directory.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        for folder in (self.metadata, self.targets):
            folder.mkdir(mode=durable.DIRECTORY_MODE)
        root = Root(version=1, expires=_whole_seconds(now + ROOT_LIFE), consistent_snapshot=True)
        if sandbox:
            root.unrecognized_fields[SANDBOX] = True
        for role, role_signers in signers.items():
            root.roles[role] = Role([], THRESHOLDS[role])
            for signer in role_signers:
                root.add_key(tuf_key(signer.public_key()), role)
        metadata = Metadata(root)
        sign_metadata(metadata, signers["root"])
        return self.write_root(metadata)

    def next_root(self, now: datetime) -> Root | None:
        """The next version of the root metadata, unsigned, with the same keys; None if it does not expire in 120 days.

        Raises:
            TrustError: The current version is not signed by its own keys.
            FormatError: It is not root metadata.
            OSError: It cannot be read.
        """
        root = self.root()
        return self.following(root, now) if root.expires - now <= ROOT_RENEWED_BEFORE else None

    @staticmethod
    def following(root: Root, now: datetime) -> Root:
        """The version after a root's, with the same keys, which expires in a year."""
        new = Root.from_dict(deepcopy(root.to_dict()))
        new.version = root.version + 1
        new.expires = _whole_seconds(now + ROOT_LIFE)
        return new

    def complete_root(self) -> None:
        """Bring root.json up to the highest version of the root metadata, after a kill between the two files.

        Raises TrustError, FormatError, OSError.
        """
        root = self.root()
        following = self.metadata / f"{root.version + 1}.{ROOT}"
        if following.exists():
            data = read_metadata(following)
            verify_root(data)
            durable.replace(self.metadata / ROOT, data)

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

    def draft(
        self,
        epochs: Sequence[ServedEpoch],
        now: datetime,
        root: Root | None,
        used: Mapping[str, int],
        audit: str | None,
    ) -> UnsignedRelease:
        """The unsigned metadata of a release. Nothing is written.

        Args:
            epochs: the served epochs, newest first; their files are in place.
            now: when the release is signed.
            root: the next root metadata; None if they stay.
            used: versions of `targets` and `snapshot` metadata that were given to somebody to sign.
            audit: the head of the audit log, which is signed with the release; None leaves it out.

        Raises:
            TrustError, FormatError: metadata of the served release are not valid.
            OSError: a file cannot be read.
        """
        highest = self.highest_versions(used)
        version, number = highest["targets"] + 1, highest["snapshot"] + 1
        expires = _whole_seconds(now + TARGETS_LIFE)
        return UnsignedRelease(
            trusted=self.root(),
            root=Metadata(root) if root else None,
            targets=Metadata(Targets(version=version, expires=expires, targets=_targets(epochs, audit))),
            snapshot=Metadata(Snapshot(version=number, expires=expires, meta={"targets.json": MetaFile(version)})),
        )

    def serve(
        self, release: UnsignedRelease, signers: Sequence[Signer], now: datetime, *, forget: bool = False
    ) -> None:
        """Serve a signed release from now on, by replacing timestamp.json last. Repeating it is harmless.

        A root with new keys is written after timestamp.json if the release is valid under both roots, so that what is
        served is valid at any instant; otherwise before it.

        Args:
            release: the metadata, signed by enough keys; the files of its epochs are in place.
            signers: those of the timestamp role, of the trusted root and of the next one.
            now: when the timestamp is signed.
            forget: remove the files of the former release at once, because something in them was withdrawn or erased.
                Without it they stay until the next release, for clients that still read them.

        Raises:
            FormatError: metadata of the served release are not valid.
            OSError: a file cannot be written. If timestamp.json was not replaced yet, the former release is served.
        """
        targets, snapshot = release.targets.signed, release.snapshot.signed
        newest = served_epochs(targets.targets)[0]
        source = self.targets / newest.path(MANIFEST)
        durable.replace(self.targets / f"{newest.files[MANIFEST].sha256}.{MANIFEST}", read_whole(source))
        served, previous = self._served_snapshot(), self._newest_targets()
        durable.replace(self.metadata / f"{targets.version}.targets.json", release.targets.to_bytes())
        durable.replace(self.metadata / f"{snapshot.version}.snapshot.json", release.snapshot.to_bytes())
        with channel_lock(self.directory, wait=True):
            root_first = release.root is not None and not release.valid_under_trusted()
            if release.root is not None and root_first:
                self.write_root(release.root)
            self.sign_timestamp(snapshot.version, signers, now, restart=_replaces_timestamp_keys(release))
            if release.root is not None and not root_first:
                self.write_root(release.root)
        self._remove_unlisted(
            [targets] if forget or previous is None else [targets, previous], {snapshot.version, served}
        )

    def sign_timestamp(self, snapshot: int, signers: Sequence[Signer], now: datetime, *, restart: bool = False) -> None:
        """Point timestamp.json at a version of the snapshot metadata: the step that changes what is served.

        The caller holds the channel's lock.

        Args:
            snapshot: the version.
            signers: those of the timestamp role.
            now: when the timestamp is signed.
            restart: whether the keys are new, so that the version begins again at 1 if the former one is above all that
                was honestly signed.

        Raises:
            FormatError: The current timestamp.json is not timestamp metadata.
            OSError: The file cannot be written.
        """
        path = self.metadata / TIMESTAMP
        old = parse_metadata(read_metadata(path), Timestamp).signed if path.exists() else None
        if restart and old is not None and old.version > now.timestamp():
            old = None  # no honest version is above the time in seconds: whoever stole the key signed it
        metadata = Metadata(renew_timestamp(old, snapshot, now))
        sign_metadata(metadata, signers)
        durable.replace(path, metadata.to_bytes())

    def remove_unserved(self, epochs: Iterable[ServedEpoch], keep: Iterable[ServedEpoch]) -> None:
        """Remove the files of a release that was prepared and will not be served.

        Args:
            epochs: its epochs.
            keep: the epochs whose files stay: those that are served, and those of a newer prepared release.

        Raises:
            OSError: a file cannot be removed.
        """
        kept = {epoch.path(name) for epoch in keep for name in epoch.files}
        for path in {epoch.path(name) for epoch in epochs for name in epoch.files} - kept:
            (self.targets / path).unlink(missing_ok=True)

    def renew_root(self, root: Metadata[Root], signers: Sequence[Signer]) -> None:
        """Sign the next version of the root metadata, and write it; raises KeyringError, OSError."""
        sign_metadata(root, signers)
        self.write_root(root)

    def write_root(self, root: Metadata[Root]) -> bytes:
        """Write signed root metadata under its own name, and then as root.json; returns it. Raises OSError."""
        data = root.to_bytes()
        durable.replace(self.metadata / f"{root.signed.version}.{ROOT}", data)
        durable.replace(self.metadata / ROOT, data)
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


def _targets(epochs: Sequence[ServedEpoch], audit: str | None) -> dict[str, TargetFile]:
    targets = {MANIFEST: _target(MANIFEST, epochs[0].files[MANIFEST])}
    for epoch in epochs:
        for name, ref in epoch.files.items():
            path = target_name(epoch.epoch, name)
            targets[path] = _target(path, ref)
        manifest = targets[target_name(epoch.epoch, MANIFEST)]
        head = audit if epoch is epochs[0] else None
        manifest.unrecognized_fields["custom"] = target_custom(epoch.epoch, epoch.serves_until, epoch.rotates_on, head)
    return targets


def _target(path: str, ref: FileRef) -> TargetFile:
    return TargetFile(ref.size, {"sha256": ref.sha256}, path)


def _replaces_timestamp_keys(release: UnsignedRelease) -> bool:
    keys = [set(root.roles["timestamp"].keyids) for root in release.roots()]
    return keys[0] != keys[-1]


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
