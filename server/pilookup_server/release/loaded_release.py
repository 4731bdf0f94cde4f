"""A channel's release, read from disk and verified, as requests are answered from it.

A `LoadedRelease` holds the content of one release. A `ServedState` merges the current release with former releases
whose grace has not ended. Both are immutable, so a request that holds a state sees the same releases from start to end.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pilookup.errors import FormatError, KeyringError, PilookupError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import check_integer
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.release import MANIFEST, ROOT, TIMESTAMP, Release, ServedEpoch, check_manifest, read_release
from pilookup.release_files.files import read_metadata
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.release.combined import COMBINED, combine, is_carried
from pilookup_server.release.verified_file import VerifiedFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The buckets and the Merkle tree of one serial, mapped into memory."""

    manifest: Manifest
    buckets: memoryview = field(repr=False)
    tree: memoryview = field(repr=False)

    def body(self, index: int) -> bytes:
        """The body of one bucket: its slots, followed by its Merkle path.

        Raises:
            IndexError: There is no bucket `index`.
        """
        geometry = self.manifest.geometry
        if not 0 <= index < geometry.buckets:
            raise IndexError(index)
        slots = self.buckets[index * geometry.stride : (index + 1) * geometry.stride]
        return bytes(slots) + merkle.path(self.tree, index, geometry.bits)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """The evaluation key of one epoch.

    Attributes:
        epoch: The epoch.
        key: Its key.
        serves_until: The POSIX time in seconds from which the key must not be used.
    """

    epoch: int
    key: SecretKey
    serves_until: float


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """The content of one verified release.

    Attributes:
        release: The signed metadata's statements.
        evaluators: The key of each epoch that is still served, by epoch.
        snapshots: The buckets of each of these epochs, by serial.
        targets: The target files, by path below `targets/`.
        metadata: The TUF metadata files, by name.
        faults: What is wrong with each former epoch that the release lists and that is not served, by epoch.
    """

    release: Release
    evaluators: Mapping[int, Evaluator]
    snapshots: Mapping[int, Snapshot]
    targets: Mapping[str, VerifiedFile]
    metadata: Mapping[str, bytes]
    faults: Mapping[int, Exception] = field(default_factory=dict)

    def manifests(self) -> dict[str, int]:
        """The serial of the manifest of each epoch that is served, by its path below `targets/`."""
        paths = {epoch.epoch: epoch.path(MANIFEST) for epoch in self.release.epochs}
        return {paths[one.manifest.epoch]: serial for serial, one in self.snapshots.items()}


@dataclass(frozen=True, slots=True)
class ServedState:
    """The current release, together with the files of former releases that are still in their grace.

    Attributes:
        loaded: The current release.
        snapshots: Buckets of the current and the former releases, by serial.
        targets: Target files of the current and the former releases, by path.
        metadata: Metadata files of the current and the former releases, by name, and `combined.json`.
        manifests: The serial of each manifest among the target files, by path.
        combined_serial: The serial of the manifest in `combined.json`; None if none is in it.
        expires: The time from which nothing may be served.
    """

    loaded: LoadedRelease
    snapshots: Mapping[int, Snapshot]
    targets: Mapping[str, VerifiedFile]
    metadata: Mapping[str, bytes]
    manifests: Mapping[str, int]
    combined_serial: int | None
    expires: datetime

    @classmethod
    def merge(cls, loaded: LoadedRelease, former: Iterable[LoadedRelease]) -> "ServedState":
        """Merge a release with former ones.

        Args:
            loaded: The current release; its files win over files of the same name.
            former: Former releases in their grace, oldest first.
        """
        snapshots: dict[int, Snapshot] = {}
        targets: dict[str, VerifiedFile] = {}
        metadata: dict[str, bytes] = {}
        manifests: dict[str, int] = {}
        for one in (*former, loaded):
            snapshots |= one.snapshots
            targets |= one.targets
            metadata |= one.metadata
            manifests |= one.manifests()
        release = loaded.release
        newest = release.epochs[0].path(MANIFEST) if release.epochs else ""
        manifest = loaded.targets.get(newest)
        metadata[COMBINED] = combine(loaded.metadata, manifest)
        combined = manifests.get(newest) if manifest is not None and is_carried(manifest) else None
        expires = min(release.timestamp_expires, release.targets_expire)
        return cls(loaded, snapshots, targets, metadata, manifests, combined, expires)

    def fault(self, now: datetime) -> str | None:
        """The reason why nothing may be served at the time `now`.

        Returns:
            `expired` if the metadata has expired, `retired` if the newest epoch has ended, None if there is no reason.
        """
        if now >= self.expires:
            return "expired"
        epochs = self.loaded.release.epochs
        return None if epochs and now < epochs[0].serves_until else "retired"


def load_release(
    directory: Path,
    channel: str,
    keys: OnlineKeys,
    previous: LoadedRelease | None,
    now: datetime,
    destroyed: Collection[int] = (),
    snapshot: int | None = None,
    timestamp: bytes | None = None,
) -> LoadedRelease:
    """Read and verify the release in a channel's directory.

    A former epoch that has a fault of its own, such as a missing key or a damaged file, is left out, and the fault is
    among the result's `faults`.

    Args:
        directory: The channel's directory below HOME.
        channel: The channel.
        keys: The keys of the online half.
        previous: The release served so far; files that it holds open are not read again. None if there is none.
        now: The current time, in UTC.
        destroyed: The epochs whose key was destroyed on this machine; such a key is refused if it comes back.
        snapshot: The version of the snapshot metadata to read instead of the one that the timestamp names, before a
            timestamp for it is signed.
        timestamp: The content to read instead of timestamp.json, before it is put in place.

    Raises:
        TrustError: The metadata does not verify, or has expired.
        FormatError: A file is malformed, or is not the file that was signed.
        KeyringError: The key of the newest epoch cannot be read, or was destroyed.
        OSError: A file cannot be read.
    """
    metadata: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        given = timestamp if name == TIMESTAMP else None
        metadata[name] = read_metadata(directory / "metadata" / name) if given is None else given
        return metadata[name]

    release = read_release(read, now, snapshot=snapshot)
    for version in range(1, release.root_version + 1):
        read(f"{version}.{ROOT}")
    epochs, faults = [], {}
    for served in release.epochs:
        if served.serves_until <= now:
            continue
        try:
            _check_not_destroyed(channel, served.epoch, destroyed)
            epochs.append(_load_epoch(directory / "targets", channel, served, keys, previous))
        except (PilookupError, OSError) as error:
            if served is release.epochs[0]:
                raise
            faults[served.epoch] = error
    _check_serials(epochs)
    return LoadedRelease(
        release=release,
        evaluators={evaluator.epoch: evaluator for evaluator, _, _ in epochs},
        snapshots={snapshot.manifest.serial: snapshot for _, snapshot, _ in epochs},
        targets=_targets(release, epochs),
        metadata=metadata,
        faults=faults,
    )


_LoadedEpoch = tuple[Evaluator, Snapshot, dict[str, VerifiedFile]]


def _check_not_destroyed(channel: str, epoch: int, destroyed: Collection[int]) -> None:
    if epoch in destroyed:
        raise KeyringError(f"epoch {epoch} of channel {channel} has ended: its key was destroyed on this machine")


def _check_serials(epochs: Collection[_LoadedEpoch]) -> None:
    if len({snapshot.manifest.serial for _, snapshot, _ in epochs}) != len(epochs):
        raise FormatError("release: two epochs bear one serial")


def _targets(release: Release, epochs: Iterable[_LoadedEpoch]) -> dict[str, VerifiedFile]:
    """The target files of the epochs, by path; `manifest.json` is the newest epoch's."""
    targets = {path: file for _, _, files in epochs for path, file in files.items()}
    if release.epochs:
        newest = release.epochs[0]
        manifest = targets.get(newest.path(MANIFEST))
        if manifest is not None:
            targets[f"{manifest.ref.sha256}.{MANIFEST}"] = manifest
    return targets


def _load_epoch(
    targets: Path, channel: str, served: ServedEpoch, keys: OnlineKeys, previous: LoadedRelease | None
) -> _LoadedEpoch:
    opened = previous.targets if previous else {}
    files = {served.path(name): _open(targets, served.path(name), ref, opened) for name, ref in served.files.items()}
    manifest = Manifest.from_bytes(files[served.path(MANIFEST)].read(0, served.files[MANIFEST].size))
    check_manifest(manifest, channel=channel, epoch=served.epoch, files=served.files)
    key = keys.epoch_key(channel, served.epoch)
    if key.public() != manifest.public_key:
        raise FormatError("release: the epoch's key is not the manifest's")
    snapshot = previous.snapshots.get(manifest.serial) if previous else None
    if snapshot is None or snapshot.manifest != manifest:
        snapshot = _map_snapshot(manifest, files[served.path(BUCKETS_FILE)], files[served.path(TREE_FILE)])
    return Evaluator(served.epoch, key, served.serves_until.timestamp()), snapshot, files


def _open(targets: Path, path: str, ref: FileRef, opened: Mapping[str, VerifiedFile]) -> VerifiedFile:
    file = opened.get(path)
    return file if file is not None and file.ref == ref else VerifiedFile(targets / path, ref)


def _map_snapshot(manifest: Manifest, buckets: VerifiedFile, tree: VerifiedFile) -> Snapshot:
    geometry = manifest.geometry
    check_integer(buckets.ref.size, geometry.size, geometry.size, BUCKETS_FILE)
    tree_size = merkle.tree_bytes(geometry.bits)
    check_integer(tree.ref.size, tree_size, tree_size, TREE_FILE)
    nodes = tree.map()
    if bytes(nodes[-merkle.HASH_BYTES :]) != manifest.root:
        raise FormatError(f"{TREE_FILE}: its root is not the manifest's")
    return Snapshot(manifest, buckets.map(), nodes)
