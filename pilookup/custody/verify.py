"""A channel's directory verified offline, from a pinned root to every bucket (SPEC.md sections 6, 7, 9)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Root

from pilookup.custody.readback import verify_files
from pilookup.custody.repository import file_ref
from pilookup.errors import FormatError, TrustError
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST, ServedEpoch, parse_metadata, read_release, verify_root


@dataclass(frozen=True, slots=True)
class Verified:
    """One snapshot found whole."""

    channel: str
    epoch: int
    serial: int
    entries: int

    def to_json(self) -> dict[str, Any]:
        return {"channel": self.channel, "epoch": self.epoch, "serial": self.serial, "entries": self.entries}


def verify_directory(directory: Path, pinned: bytes | None, now: datetime) -> list[Verified]:
    """Verify every served epoch of a release, newest first.

    Raises TrustError or FormatError naming what is wrong, FileNotFoundError for a missing file.
    """
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return (metadata / name).read_bytes()

    if pinned is not None:
        follow_roots(pinned, metadata)
    release = read_release(read, now)
    return [_verify_epoch(directory / "targets", epoch) for epoch in release.epochs]


def follow_roots(pinned: bytes, metadata: Path) -> None:
    """Walk from the pinned root to the directory's root.json, each version signed by the one before (TUF 5.3)."""
    trusted = verify_root(pinned)
    last = verify_root((metadata / "root.json").read_bytes())
    while trusted.version < last.version:
        following = parse_metadata((metadata / f"{trusted.version + 1}.root.json").read_bytes(), Root)
        try:
            trusted.verify_delegate("root", following.signed_bytes, following.signatures)
            following.signed.verify_delegate("root", following.signed_bytes, following.signatures)
        except (RepositoryError, ValueError) as error:
            raise TrustError("bad_signature", "a root is not signed by the one before it") from error
        if following.signed.version != trusted.version + 1:
            raise TrustError("bad_signature", "a root bears another version than its name")
        trusted = following.signed
    if trusted != last:
        raise TrustError("bad_signature", "the directory's root does not follow from the pinned one")


def _verify_epoch(targets: Path, epoch: ServedEpoch) -> Verified:
    paths = {name: targets / epoch.path(name) for name in epoch.files}
    if file_ref(paths[MANIFEST]) != epoch.files[MANIFEST]:
        raise FormatError(f"epoch {epoch.epoch}: manifest.json is not the file that was signed")
    manifest = Manifest.from_bytes(paths[MANIFEST].read_bytes())
    if manifest.epoch != epoch.epoch or set(manifest.files) | {MANIFEST} != set(epoch.files):
        raise FormatError(f"epoch {epoch.epoch}: manifest and signed targets name different files")
    verify_files(manifest, paths)
    return Verified(manifest.channel, manifest.epoch, manifest.serial, manifest.entries)
