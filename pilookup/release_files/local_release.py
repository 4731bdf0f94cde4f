"""A release in a channel's directory, verified and held open for look-ups (SPEC.md sections 6, 7 and 9).

The directory has `metadata/` and `targets/`, as the publisher, a static host and a mirror have them. A release that is
open stays readable when the directory goes on to the next one and deletes its files.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from tuf.api.metadata import Root

from pilookup.errors import FormatError
from pilookup.file_id import FileId
from pilookup.plain_file import open_plain, read_plain
from pilookup.protocol import merkle
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, FileRef, Manifest
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    TIMESTAMP,
    Release,
    ServedEpoch,
    check_manifest,
    parse_metadata,
    read_release,
)
from pilookup.release_files.files import read_metadata
from pilookup.release_files.verify import follow_roots

ATTEMPTS: Final = 5
"""How often a release is opened while the directory goes on to the next one."""


class LocalSnapshot:
    """The manifest, the tree and the open buckets of one serial. May be used by many threads.

    Attributes:
        manifest: The verified manifest.
        digest: Its SHA-256, in hexadecimal.
    """

    def __init__(self, manifest: Manifest, digest: str, tree: bytes, buckets: Path) -> None:
        """Open the buckets; raises FormatError for a tree or a file of the wrong size, and OSError."""
        self.manifest = manifest
        self.digest = digest
        self._tree = tree
        self._buckets = -1
        if len(tree) != merkle.tree_bytes(manifest.geometry.bits) or merkle.root(tree) != manifest.root:
            raise FormatError(f"{TREE_FILE}: not the tree that the manifest names")
        self._buckets = open_plain(buckets)
        if os.fstat(self._buckets).st_size != manifest.geometry.size:
            raise FormatError(f"{BUCKETS_FILE}: not of the size that the manifest names")

    def body(self, index: int) -> bytes:
        """Return the body of bucket `index`, its slots and Merkle path, which is not verified yet; raises OSError."""
        geometry = self.manifest.geometry
        slots = os.pread(self._buckets, geometry.stride, index * geometry.stride)
        return slots + merkle.path(self._tree, index, geometry.bits)

    def buckets(self, first: int, count: int) -> bytes:
        """Return the slots of `count` buckets from `first` on, which are not verified yet.

        Raises:
            FormatError: The file has become shorter.
            OSError: The file cannot be read.
        """
        size, at, chunks = count * self.manifest.geometry.stride, first * self.manifest.geometry.stride, []
        while size:
            chunk = os.pread(self._buckets, size, at)
            if not chunk:
                raise FormatError(f"{BUCKETS_FILE}: not of the size that the manifest names")
            chunks.append(chunk)
            size, at = size - len(chunk), at + len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        # `os` may be gone when the interpreter ends.
        if self._buckets >= 0:
            close(self._buckets)


@dataclass(frozen=True, slots=True)
class LocalRelease:
    """A verified release.

    Attributes:
        root: The newest root, which follows from the pinned one.
        release: What the signed metadata say.
        newest: The snapshot of its newest epoch.
        former: Those of former epochs that may still be used, newest first; empty unless they were asked for.
    """

    root: Root = field(repr=False)
    release: Release
    newest: LocalSnapshot
    former: tuple[LocalSnapshot, ...] = ()

    @property
    def valid_until(self) -> datetime:
        """The time from which the release may not be used: metadata have expired, or the newest epoch is over."""
        return min(self.release.timestamp_expires, self.release.targets_expire, self.release.epochs[0].serves_until)


def open_release(directory: Path, pinned: bytes, channel: str, now: datetime, *, former: bool = False) -> LocalRelease:
    """Verify the metadata of a directory from a pinned root on, and open the snapshot of its newest epoch.

    The digests of the buckets are not computed: a bucket is verified when it is read.

    Args:
        directory: A directory with `metadata/` and `targets/`.
        pinned: The root metadata to trust.
        channel: The channel that the release must be of.
        now: The time against which expiry is checked.
        former: Whether the snapshots of former epochs are opened too, unless their time is over.

    Raises:
        TrustError: Metadata are expired or not signed by the trusted keys.
        FormatError: A file is not what the metadata or the manifest say.
        OSError: A file is missing or cannot be read.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before = _file_id(directory)
        try:
            return _open(directory, pinned, channel, now, former=former)
        except FileNotFoundError:
            if attempt == ATTEMPTS or before is None or before == _file_id(directory):
                raise
    raise AssertionError("unreachable")


def timestamp_path(directory: Path) -> Path:
    """The file whose replacement switches a directory to another release."""
    return directory / "metadata" / TIMESTAMP


def _file_id(directory: Path) -> FileId | None:
    try:
        return FileId.of(timestamp_path(directory).stat())
    except FileNotFoundError:
        return None


def _open(directory: Path, pinned: bytes, channel: str, now: datetime, *, former: bool) -> LocalRelease:
    read = _read_once(directory / "metadata")
    follow_roots(pinned, read)
    release = read_release(read, now)
    if not release.epochs:
        raise FormatError("targets: no epoch")
    root = parse_metadata(read(ROOT), Root).signed
    newest, *others = release.epochs
    targets = directory / "targets"
    return LocalRelease(
        root,
        release,
        _open_epoch(targets, newest, channel),
        tuple(_open_epoch(targets, each, channel) for each in others if former and each.serves_until > now),
    )


def _read_once(metadata: Path) -> Callable[[str], bytes]:
    """A function that reads each metadata file once, so that what was verified is what is used."""
    seen: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        if name not in seen:
            seen[name] = read_metadata(metadata / name)
        return seen[name]

    return read


def _open_epoch(targets: Path, epoch: ServedEpoch, channel: str) -> LocalSnapshot:
    data = read_plain(targets / epoch.path(MANIFEST), MAX_MANIFEST_BYTES)
    digest = sha256(data).hexdigest()
    if FileRef(digest, len(data)) != epoch.files[MANIFEST]:
        raise FormatError(f"epoch {epoch.epoch}: {MANIFEST} is not the file that was signed")
    manifest = Manifest.from_bytes(data)
    check_manifest(manifest, channel=channel, epoch=epoch.epoch, files=epoch.files)
    tree = read_plain(targets / epoch.path(TREE_FILE), merkle.tree_bytes(manifest.geometry.bits))
    return LocalSnapshot(manifest, digest, tree, targets / epoch.path(BUCKETS_FILE))
