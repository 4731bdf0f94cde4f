"""One channel's release as it is served: read, verified and opened in memory; no clock and no disk after that.

A `LoadedRelease` is what one release brings. A `ServedState` is the current loaded plus former ones in their grace,
merged for look-up; it never changes, so a request that holds one sees a single release from start to end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pilookup.errors import FormatError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import check_integer
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.release import MANIFEST, Release, ServedEpoch, check_manifest, read_release
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.release.verified_file import VerifiedFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One serial's buckets and tree, mapped."""

    manifest: Manifest
    buckets: memoryview = field(repr=False)
    tree: memoryview = field(repr=False)

    def body(self, index: int) -> bytes:
        """A bucket's slots and its Merkle path; raises IndexError."""
        geometry = self.manifest.geometry
        if not 0 <= index < geometry.buckets:
            raise IndexError(index)
        slots = self.buckets[index * geometry.stride : (index + 1) * geometry.stride]
        return bytes(slots) + merkle.path(self.tree, index, geometry.bits)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """An epoch's key, and the moment (POSIX seconds) from which it may not be used."""

    epoch: int
    key: SecretKey
    serves_until: float


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """What one verified release brings."""

    release: Release
    evaluators: Mapping[int, Evaluator]
    snapshots: Mapping[int, Snapshot]
    targets: Mapping[str, VerifiedFile]
    metadata: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ServedState:
    """The current loaded, and everything the former ones in grace still offer."""

    loaded: LoadedRelease
    snapshots: Mapping[int, Snapshot]
    targets: Mapping[str, VerifiedFile]
    metadata: Mapping[str, bytes]
    expires: datetime
    """From here on nothing is served."""

    @classmethod
    def merge(cls, loaded: LoadedRelease, former: Iterable[LoadedRelease]) -> "ServedState":
        """Merge; what the current loaded offers wins."""
        snapshots: dict[int, Snapshot] = {}
        targets: dict[str, VerifiedFile] = {}
        metadata: dict[str, bytes] = {}
        for one in (*former, loaded):
            snapshots |= one.snapshots
            targets |= one.targets
            metadata |= one.metadata
        release = loaded.release
        expires = min(release.timestamp_expires, release.targets_expire)
        return cls(loaded, snapshots, targets, metadata, expires)

    def fault(self, now: datetime) -> str | None:
        """Why nothing may be served at `now`: `expired`, `retired` (the newest epoch is over), or None."""
        if now >= self.expires:
            return "expired"
        epochs = self.loaded.release.epochs
        return None if epochs and now < epochs[0].serves_until else "retired"


def load_release(
    directory: Path, channel: str, keys: OnlineKeys, previous: LoadedRelease | None, now: datetime
) -> LoadedRelease:
    """Read and verify the release in a channel's directory; files already open in `previous` are not read
    again.

    Raises TrustError, FormatError and other PilookupErrors, or OSError: then nothing of it may be served.
    """
    metadata: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        metadata[name] = (directory / "metadata" / name).read_bytes()
        return metadata[name]

    release = read_release(read, now)
    for version in range(1, release.root_version + 1):
        read(f"{version}.root.json")
    epochs = [
        _load_epoch(directory / "targets", channel, served, keys, previous)
        for served in release.epochs
        if served.serves_until > now
    ]
    if len({snapshot.manifest.serial for _, snapshot, _ in epochs}) != len(epochs):
        raise FormatError("release: two epochs bear one serial")
    targets = {path: file for _, _, files in epochs for path, file in files.items()}
    if release.epochs:
        newest = release.epochs[0]
        manifest = targets.get(newest.path(MANIFEST))
        if manifest is not None:
            targets[f"{manifest.ref.sha256}.{MANIFEST}"] = manifest
    return LoadedRelease(
        release=release,
        evaluators={evaluator.epoch: evaluator for evaluator, _, _ in epochs},
        snapshots={snapshot.manifest.serial: snapshot for _, snapshot, _ in epochs},
        targets=targets,
        metadata=metadata,
    )


def _load_epoch(
    targets: Path, channel: str, served: ServedEpoch, keys: OnlineKeys, previous: LoadedRelease | None
) -> tuple[Evaluator, Snapshot, dict[str, VerifiedFile]]:
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
