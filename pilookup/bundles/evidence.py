"""What a serving machine holds of custody's statements: the bundle taken up, the journal, and the signed releases.

It goes back to custody in an acknowledgement. Nothing of it is believed because the serving machine says so: the bundle
and the journal are signed by custody, the releases by custody and the timestamp key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.bundles.header import MAX_HEADER_BYTES, Header, verify_header
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal
from pilookup.bundles.records import TAKEN_UP, split_framed
from pilookup.bundles.release_items import manifest_paths, metadata_paths, placed_release, split_name
from pilookup.errors import BundleError, FormatError, TrustError
from pilookup.plain_file import read_plain
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.release import MANIFEST, ROOT, TIMESTAMP, Release, check_manifest, read_release
from pilookup.release_files.files import METADATA_BYTES

SECTION: Final = "evidence"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_JOURNAL: Final = JOURNAL_FILE


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was verified.

    taken_up: the header of the bundle taken up last; None if none was. files: metadata and manifests by their names in
    a bundle. releases: of each channel. manifests: of each channel's epochs, newest first.
    """

    taken_up: Header | None
    journal: Journal
    files: Mapping[str, bytes]
    releases: Mapping[str, Release]
    manifests: Mapping[str, tuple[Manifest, ...]]


def files_of(online: Path) -> dict[str, Path]:
    """The files of an online half that are evidence, by their names in a bundle.

    Raises:
        TrustError, FormatError: A release is not valid.
        OSError: A file cannot be read.
    """
    found = {name: online / name for name in (TAKEN_UP, _JOURNAL) if (online / name).exists()}
    for directory in sorted(path for path in (online / "channels").iterdir() if path.is_dir()):
        if not (directory / "metadata" / ROOT).exists():
            continue
        release = placed_release(directory)
        if release is not None:
            paths = [*metadata_paths(release), f"metadata/{TIMESTAMP}", *manifest_paths(release)]
            found |= {f"{directory.name}/{path}": directory / path for path in paths}
    return found


def verify_evidence(
    files: Mapping[str, bytes], key: Ed25519PublicKey, roots: Mapping[str, Mapping[int, bytes]]
) -> Evidence:
    """Verify evidence.

    Args:
        files: The content of the files by their names in a bundle.
        key: The public journal key of the custody half.
        roots: For each channel, the versions of the root metadata that are trusted, by version.

    Raises:
        BundleError: The bundle or the journal is not signed by this custody half, or a root is not one of its own.
        TrustError, FormatError: A release is not valid.
    """
    journal = Journal.from_bytes(files.get(_JOURNAL, b""), key)
    taken_up = None
    if TAKEN_UP in files:
        header, signature = split_framed(files[TAKEN_UP])
        verify_header(header, signature, key)
        taken_up = Header.from_bytes(header)
    releases: dict[str, Release] = {}
    manifests: dict[str, tuple[Manifest, ...]] = {}
    for channel in sorted({split_name(name)[0] for name in files if "/" in name}):
        releases[channel] = _verify_release(channel, files, roots.get(channel, {}))
        manifests[channel] = tuple(
            _verify_manifest(files, channel, releases[channel], at) for at in range(len(releases[channel].epochs))
        )
    return Evidence(taken_up, journal, files, releases, manifests)


def read_evidence(online: Path, key: Ed25519PublicKey, roots: Mapping[str, Mapping[int, bytes]]) -> Evidence:
    """Read and verify the evidence in an online half; raises as `files_of` and `verify_evidence`."""
    found = files_of(online)
    return verify_evidence({name: read_plain(path, limit(name)) for name, path in found.items()}, key, roots)


def limit(name: str) -> int:
    """The greatest size of a file of the evidence."""
    if name == _JOURNAL:
        return MAX_JOURNAL_BYTES
    if name == TAKEN_UP:
        return MAX_HEADER_BYTES + 1024
    return MAX_MANIFEST_BYTES if "/targets/" in name else METADATA_BYTES


def _verify_release(channel: str, files: Mapping[str, bytes], roots: Mapping[int, bytes]) -> Release:
    versions = sorted((version for version in roots if f"{channel}/metadata/{version}.{ROOT}" in files), reverse=True)
    unknown = [
        name
        for name, data in files.items()
        if name.startswith(f"{channel}/metadata/") and name.endswith(f".{ROOT}") and data not in roots.values()
    ]
    if unknown or not versions:
        raise BundleError(f"channel {channel}: its root metadata are not those of this custody half")
    for version in versions[:-1]:
        try:
            return _release_from(channel, files, version)
        except TrustError:
            continue  # a newer root has arrived, and the machine still serves a release from before
    return _release_from(channel, files, versions[-1])


def _release_from(channel: str, files: Mapping[str, bytes], root: int) -> Release:
    """The release, verified from one version of the root."""

    def read(name: str) -> bytes:
        path = f"{channel}/metadata/{f'{root}.{ROOT}' if name == ROOT else name}"
        if path not in files:
            raise BundleError(f"{path}: missing")
        return files[path]

    return read_release(read, _NEVER, timestamp=False)


def _verify_manifest(files: Mapping[str, bytes], channel: str, release: Release, at: int) -> Manifest:
    epoch = release.epochs[at]
    name = f"{channel}/targets/{epoch.path(MANIFEST)}"
    if name not in files:
        raise BundleError(f"{name}: missing")
    ref = epoch.files[MANIFEST]
    if (len(files[name]), sha256(files[name]).hexdigest()) != (ref.size, ref.sha256):
        raise FormatError(f"{name}: not the file that was signed")
    manifest = Manifest.from_bytes(files[name])
    check_manifest(manifest, channel=channel, epoch=epoch.epoch, files=epoch.files)
    return manifest
