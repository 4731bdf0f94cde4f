"""Verifies a channel's directory offline, from a pinned root down to every bucket (SPEC.md sections 6, 7, 9)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Root

from pilookup import _core
from pilookup.errors import FormatError, TrustError
from pilookup.plain_file import plain_file, read_plain, read_whole
from pilookup.protocol import merkle
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE, Geometry
from pilookup.protocol.cases import CASES_FILE, MAX_CASES_BYTES, cases_from_bytes
from pilookup.protocol.delta import is_delta
from pilookup.protocol.feed import FEED_FILE, MAX_FEED_BYTES, check_feed
from pilookup.protocol.filter import Algorithm, Role, is_filter
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    Read,
    ServedEpoch,
    check_distinct_keys,
    check_manifest,
    parse_metadata,
    read_release,
    verify_root,
)
from pilookup.release_files.delta_file import SnapshotBuckets, check_delta
from pilookup.release_files.files import file_ref, read_metadata
from pilookup.release_files.filter_file import FilterFile


@dataclass(frozen=True, slots=True)
class VerifiedSnapshot:
    """A snapshot whose files were verified.

    buckets: the number of buckets that were read, each of which leads to the signed root. files and bytes: of all files
    that were compared with their signed digests, the manifest among them. absent: the filters and deltas that a mirror
    does not have.
    """

    channel: str
    epoch: int
    serial: int
    entries: int
    buckets: int
    files: int
    bytes: int
    absent: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields as `pilookup verify --json` prints them."""
        return {
            "channel": self.channel,
            "epoch": self.epoch,
            "serial": self.serial,
            "entries": self.entries,
            "buckets": self.buckets,
            "files": self.files,
            "bytes": self.bytes,
            "absent": list(self.absent),
        }


def verify_directory(
    directory: Path, pinned: bytes | None, now: datetime, *, mirror: bool = False
) -> list[VerifiedSnapshot]:
    """Verify the release in a channel's directory: its metadata, and every file of its epochs.

    Args:
        directory: A directory with `metadata/` and `targets/`.
        pinned: The root metadata to trust; None trusts the directory's own root.
        now: The time against which expiry is checked.
        mirror: Whether the directory is a mirror, which need not have filters and deltas.

    Returns:
        One snapshot for each served epoch, newest first.

    Raises:
        TrustError: Metadata are expired or not signed by the trusted keys.
        FormatError: A file is not what the metadata or the manifest say, or the epochs are of different channels.
        FileNotFoundError: A file is missing.
    """
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return read_metadata(metadata / name)

    if pinned is not None:
        follow_roots(pinned, read)
    if mirror:
        follow_roots(read(_first_root(metadata)), read)  # clients of the mirror may pin any of them
    release = read_release(read, now)
    verified: list[VerifiedSnapshot] = []
    for epoch in release.epochs:
        channel = verified[0].channel if verified else None
        verified.append(_verify_epoch(directory / "targets", epoch, channel, mirror=mirror))
    return verified


def _first_root(metadata: Path) -> str:
    """The name of the oldest version of the root in a directory; that of the newest if none has a number."""
    numbers = (path.name.removesuffix(f".{ROOT}") for path in metadata.glob(f"*.{ROOT}"))
    return min((f"{number}.{ROOT}" for number in numbers if number.isdigit()), key=_number, default=ROOT)


def _number(name: str) -> int:
    return int(name.partition(".")[0])


def follow_roots(pinned: bytes, read: Read) -> None:
    """Follow the versions of the root from a pinned one to the repository's root.json (TUF specification, section 5.3).

    Args:
        pinned: The root metadata to trust.
        read: Reads a metadata file by its name.

    Raises:
        TrustError: A version is not signed by the one before it, or the last version is not root.json.
        FormatError: A file is not root metadata.
        FileNotFoundError: A version is missing.
    """
    trusted = verify_root(pinned)
    last = verify_root(read(ROOT))
    while trusted.version < last.version:
        following = parse_metadata(read(f"{trusted.version + 1}.{ROOT}"), Root)
        check_distinct_keys(following.signed)
        try:
            trusted.verify_delegate("root", following.signed_bytes, following.signatures)
            following.signed.verify_delegate("root", following.signed_bytes, following.signatures)
        except (RepositoryError, ValueError) as error:
            raise TrustError("bad_signature", "a root is not signed by the one before it") from error
        if following.signed.version != trusted.version + 1:
            raise TrustError("bad_signature", "a root has another version than its name")
        trusted = following.signed
    if trusted != last:
        raise TrustError("bad_signature", "the directory's root does not follow from the pinned one")


def _verify_epoch(targets: Path, epoch: ServedEpoch, channel: str | None, *, mirror: bool) -> VerifiedSnapshot:
    """Verify one epoch's files; `channel` None, for the newest epoch, takes the channel from its manifest."""
    return verify_snapshot({name: targets / epoch.path(name) for name in epoch.files}, epoch, channel, mirror=mirror)


def verify_snapshot(
    paths: Mapping[str, Path], epoch: ServedEpoch, channel: str | None, *, bloom: bool = True, mirror: bool = False
) -> VerifiedSnapshot:
    """Verify the files of one epoch of a release.

    Args:
        paths: Where they are, by their plain names.
        epoch: The epoch, as the signed metadata list it.
        channel: The channel; None takes it from the manifest.
        bloom: Whether Bloom filters are read too; without it their digests and headers alone are checked.
        mirror: As of `verify_directory`.

    Raises:
        FormatError: A file is not what the metadata or the manifest say.
        MissingExtraError: There is a Bloom filter, and pybloom-live is not installed.
        OSError: A file is missing or cannot be read.
    """
    if file_ref(paths[MANIFEST]) != epoch.files[MANIFEST]:
        raise FormatError(f"epoch {epoch.epoch}: manifest.json is not the file that was signed")
    manifest = Manifest.from_bytes(read_plain(paths[MANIFEST], MAX_MANIFEST_BYTES))
    check_manifest(manifest, channel=channel or manifest.channel, epoch=epoch.epoch, files=epoch.files)
    optional = sorted(name for name in manifest.files if mirror and _may_be_absent(name))
    absent = tuple(name for name in optional if not paths[name].exists())
    verify_files(manifest, paths, bloom=bloom, absent=absent)
    found = [epoch.files[MANIFEST], *(ref for name, ref in manifest.files.items() if name not in absent)]
    return VerifiedSnapshot(
        manifest.channel,
        manifest.epoch,
        manifest.serial,
        manifest.entries,
        manifest.geometry.buckets,
        len(found),
        sum(ref.size for ref in found),
        absent,
    )


def _may_be_absent(name: str) -> bool:
    """Whether a mirror answers as well without this file."""
    return is_filter(name) or is_delta(name)


READ_BYTES: Final = 1 << 24
"""Buckets are read in blocks of about this many bytes."""


def verify_files(
    manifest: Manifest, paths: Mapping[str, Path], *, bloom: bool = True, absent: Collection[str] = ()
) -> None:
    """Check everything about a snapshot's files that can be checked without keys.

    Checks digests and sizes, the tree over the buckets, the order of slots, the number of entries, the filters, where
    deltas lead, the details of the cases, and the feed. Of a file with a name that this version does not know, the
    digest and size alone.

    Args:
        manifest: The snapshot's manifest, already trusted.
        paths: The files by the names that the manifest lists.
        bloom: As of `verify_snapshot`.
        absent: The names of files that are not there, and need not be.

    Raises:
        FormatError: A file is wrong. The text names it.
        MissingExtraError: There is a Bloom filter, and pybloom-live is not installed.
        OSError: A file is missing or cannot be read.
    """
    here = [name for name in manifest.files if name not in absent]
    for name in here:
        if file_ref(paths[name]) != manifest.files[name]:
            raise FormatError(f"{name}: not the file the manifest names")
    if build_tree(manifest, paths[BUCKETS_FILE]) != read_whole(paths[TREE_FILE]):
        raise FormatError(f"{TREE_FILE}: not the tree over the buckets")
    if CASES_FILE in manifest.files:
        cases_from_bytes(read_plain(paths[CASES_FILE], MAX_CASES_BYTES))
    if FEED_FILE in manifest.files:
        check_feed(read_plain(paths[FEED_FILE], MAX_FEED_BYTES), manifest.datasets)
    buckets = SnapshotBuckets(manifest.geometry, manifest.root, paths[BUCKETS_FILE])
    for name in here:
        if is_filter(name):
            _verify_filter(manifest, name, paths[name], bloom=bloom)
        elif is_delta(name):
            check_delta(paths[name], buckets)


def build_tree(manifest: Manifest, path: Path) -> bytes:
    """Check a snapshot's buckets against its manifest, and return the content of `tree.bin` over them.

    Args:
        manifest: The snapshot's manifest, already trusted.
        path: The buckets, as in `buckets.bin`.

    Raises:
        FormatError: The order of slots, the number of entries or the root of the tree is wrong.
        OSError: The file is missing or cannot be read.
    """
    leaves, entries = _read_buckets(path, manifest.geometry)
    if len(leaves) != manifest.geometry.buckets or entries != manifest.entries:
        raise FormatError(f"{BUCKETS_FILE}: not the buckets the manifest counts")
    tree = merkle.build(leaves)
    if merkle.root(tree) != manifest.root:
        raise FormatError("root: not that of the tree over the buckets")
    return tree


def _read_buckets(path: Path, geometry: Geometry) -> tuple[list[bytes], int]:
    """The leaf hashes of all buckets, and the number of entries in them; raises FormatError if one is not in order."""
    leaves, entries = [], 0
    at_once = max(1, READ_BYTES // geometry.stride) * geometry.stride
    with plain_file(path) as file:
        while buckets := file.read(at_once):
            try:
                filled, hashes = _core.check_buckets(buckets, geometry.slots)
            except ValueError as error:
                raise FormatError(f"{BUCKETS_FILE}: {error}") from None
            entries += filled
            leaves += [hashes[at : at + merkle.HASH_BYTES] for at in range(0, len(hashes), merkle.HASH_BYTES)]
    return leaves, entries


def _verify_filter(manifest: Manifest, name: str, path: Path, *, bloom: bool) -> None:
    found = FilterFile(path)
    if bloom or found.head.algorithm is not Algorithm.BLOOM:
        found.check()
    bound = (found.head.file_name, found.head.channel, found.head.epoch)
    older = found.head.serial < manifest.serial and found.head.role is Role.BASE
    if bound != (name, manifest.channel, manifest.epoch) or not (older or found.head.serial == manifest.serial):
        raise FormatError(f"{name}: a filter of another snapshot")
