"""The files of a release, as a bundle carries them: `{channel}/metadata/...` and `{channel}/targets/...`."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from pilookup.bundles.header import ChannelState
from pilookup.errors import BundleError
from pilookup.plain_file import read_plain
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.names import check_channel
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    TIMESTAMP,
    Read,
    Release,
    ServedEpoch,
    check_manifest,
    check_snapshot,
    is_of_former_key,
    parse_metadata,
    read_release,
    served_epochs,
)
from pilookup.release_files.files import read_metadata

_NAME: Final = re.compile(
    r"([a-z0-9-]{1,32})/("
    r"metadata/[1-9][0-9]{0,15}\.(?:root|targets|snapshot)\.json|metadata/timestamp\.json"
    r"|targets/(?:epochs/[1-9][0-9]{0,9}/)?[0-9a-f]{64}\.[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+)"
)
_SNAPSHOT: Final = ".snapshot.json"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""A time at which nothing has expired."""


def split_name(name: str) -> tuple[str, str]:
    """The channel of an item, and its path below the channel's directory; raises BundleError if it is no such item."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise BundleError(f"{name}: not a file of a release")
    return check_channel(found[1]), found[2]


def metadata_reader(directory: Path) -> Read:
    """Reads the metadata files of a channel's directory by name."""
    return lambda name: read_metadata(directory / "metadata" / name)


def served_release(directory: Path) -> Release | None:
    """The release that a channel's timestamp.json names, expired or not, verified from the directory's own root.

    Returns:
        None if there is none. A timestamp of a key that the root has replaced counts as none, until the server signs
        another one.

    Raises:
        TrustError: It is not signed by the keys of its root.
        FormatError: A metadata file is malformed.
        OSError: A file is missing or cannot be read.
    """
    read = metadata_reader(directory)
    if not (directory / "metadata" / TIMESTAMP).exists() or is_of_former_key(read, read(TIMESTAMP)):
        return None
    return read_release(read, _NEVER, timestamp=False)


def placed_release(directory: Path, snapshot: int | None = None) -> Release | None:
    """A release whose files are in a channel's directory, read without verifying signatures.

    They were verified when the release arrived. Its keys may have been replaced since by a root that arrived later, so
    that they do not verify from there.

    Args:
        directory: The channel's directory.
        snapshot: The version of the snapshot metadata; None for the one that timestamp.json names.

    Returns:
        None if there is no timestamp.json and no version is given.

    Raises:
        FormatError: A metadata file is malformed.
        OSError: A file is missing or cannot be read.
    """
    read = metadata_reader(directory)
    root = parse_metadata(read(ROOT), Root).signed
    stamp = None
    if snapshot is None:
        if not (directory / "metadata" / TIMESTAMP).exists():
            return None
        stamp = parse_metadata(read(TIMESTAMP), Timestamp).signed
        snapshot = stamp.snapshot_meta.version
    named = parse_metadata(read(f"{snapshot}.snapshot.json"), Snapshot).signed
    check_snapshot(named)
    targets = parse_metadata(read(f"{named.meta['targets.json'].version}.targets.json"), Targets).signed
    return Release(
        root_version=root.version,
        snapshot_version=named.version,
        targets_version=targets.version,
        timestamp_version=stamp.version if stamp else 0,
        targets_expire=min(root.expires, named.expires, targets.expires),
        timestamp_expires=stamp.expires if stamp else _NEVER,
        epochs=served_epochs(targets.targets),
    )


def snapshot_versions(directory: Path) -> list[int]:
    """The versions of the snapshot metadata in a channel's directory."""
    names = (path.name.removesuffix(_SNAPSHOT) for path in (directory / "metadata").glob(f"[1-9]*{_SNAPSHOT}"))
    return [int(name) for name in names if name.isascii() and name.isdigit()]


def newest_release(directory: Path) -> Release | None:
    """The release of the newest snapshot metadata in a channel's directory, served or not; as `served_release`."""
    newest = max(snapshot_versions(directory), default=None)
    return None if newest is None else read_release(metadata_reader(directory), _NEVER, snapshot=newest)


def target_paths(release: Release) -> Iterator[str]:
    """The paths of all target files of a release, below the channel's directory."""
    for epoch in release.epochs:
        for name in epoch.files:
            yield f"targets/{epoch.path(name)}"
    if release.epochs:
        yield f"targets/{release.epochs[0].files[MANIFEST].sha256}.{MANIFEST}"


def metadata_paths(release: Release) -> list[str]:
    """The paths of the metadata of a release except timestamp.json: all roots, the targets, and the snapshot last."""
    roots = [f"metadata/{version}.{ROOT}" for version in range(1, release.root_version + 1)]
    versions = [
        f"metadata/{release.targets_version}.targets.json",
        f"metadata/{release.snapshot_version}.snapshot.json",
    ]
    return [*roots, *versions]


def manifest_paths(release: Release) -> list[str]:
    """The paths of the manifests of a release, newest epoch first."""
    return [f"targets/{epoch.path(MANIFEST)}" for epoch in release.epochs]


def manifest_of(path: Path, channel: str, epoch: ServedEpoch) -> Manifest:
    """The manifest of an epoch; raises FormatError if it is not the one that was signed, OSError."""
    manifest = Manifest.from_bytes(read_plain(path, MAX_MANIFEST_BYTES))
    check_manifest(manifest, channel=channel, epoch=epoch.epoch, files=epoch.files)
    return manifest


def channel_state(directory: Path, channel: str, release: Release, *, removals_included: bool = True) -> ChannelState:
    """What a header says of a channel's release; raises FormatError, OSError."""
    newest = release.epochs[0]
    manifest = manifest_of(directory / "targets" / newest.path(MANIFEST), channel, newest)
    epochs = tuple(epoch.epoch for epoch in release.epochs)
    return ChannelState(
        channel,
        release.root_version,
        release.targets_version,
        release.snapshot_version,
        manifest.serial,
        epochs,
        removals_included,
    )


def unlisted_files(directory: Path, releases: Iterable[Release]) -> list[Path]:
    """The targets, targets metadata and snapshot metadata in a channel's directory that no given release lists."""
    listed = {directory / path for release in releases for path in (*target_paths(release), *metadata_paths(release))}
    metadata = directory / "metadata"
    found = [*metadata.glob("[1-9]*.targets.json"), *metadata.glob("[1-9]*.snapshot.json")]
    found += [path for path in (directory / "targets").rglob("*") if not path.is_dir()]
    return [path for path in found if path not in listed]
