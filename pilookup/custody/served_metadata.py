"""The metadata in a channel's TUF repository, as custody reads them: what is served, and which versions were used."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from pilookup.plain_file import read_whole
from pilookup.protocol.release import (
    MANIFEST,
    ROOT,
    TARGETS_LIFE,
    TIMESTAMP,
    TIMESTAMP_LIFE,
    Release,
    ServedEpoch,
    parse_metadata,
    read_release,
    served_epochs,
    verify_root,
)
from pilookup.release_files.files import read_metadata


class ServedMetadata:
    """What a channel's repository serves, and since when. Changes nothing; `ChannelRepository` has these methods."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read yet.

        Args:
            directory: The channel's directory.
        """
        self.directory = directory
        self.metadata = directory / "metadata"
        self.targets = directory / "targets"

    def read(self, name: str) -> bytes:
        """A metadata file's bytes; raises OSError, such as FileNotFoundError."""
        return read_metadata(self.metadata / name)

    def root(self) -> Root:
        """The newest root metadata, signed by its own keys; raises TrustError, FormatError, OSError."""
        return verify_root(self.read(ROOT))

    def served_versions(self) -> tuple[int, int]:
        """The versions of the served targets and snapshot metadata, 0 before the first; raises FormatError, OSError."""
        targets = self._newest_targets()
        return (targets.version, self._served_snapshot() or 0) if targets else (0, 0)

    def highest_versions(self, used: Mapping[str, int]) -> dict[str, int]:
        """The highest versions of `targets` and `snapshot` metadata that were ever used, as far as is known here.

        Args:
            used: those that were given to somebody to sign.

        Raises FormatError, OSError.
        """
        previous = self._newest_targets()
        served = previous.version if previous else 0
        return {
            "targets": max([served, used.get("targets", 0), *self._versions("targets.json")]),
            "snapshot": max([used.get("snapshot", 0), *self._versions("snapshot.json")]),
        }

    def expiry(self) -> dict[str, datetime]:
        """When the newest root and the served metadata of each role expire; raises TrustError, FormatError, OSError."""
        found = {"root": self.root().expires}
        if (served := self._served_snapshot()) is not None:
            snapshot = parse_metadata(self.read(f"{served}.snapshot.json"), Snapshot).signed
            targets = self._newest_targets()
            stamp = parse_metadata(self.read(TIMESTAMP), Timestamp).signed
            found |= {"snapshot": snapshot.expires, "timestamp": stamp.expires}
            found |= {"targets": targets.expires} if targets else {}
        return found

    def root_of_version(self, version: int) -> Root:
        """An older version of the root metadata, or the newest; raises TrustError, FormatError, OSError."""
        return verify_root(self.read(f"{version}.{ROOT}"))

    def served_targets(self) -> tuple[bytes, list[bytes]] | None:
        """The targets metadata of the served release and its manifests, newest first; None before the first.

        Raises FormatError, OSError.
        """
        targets = self._newest_targets()
        if targets is None:
            return None
        manifests = [read_whole(self.targets / each.path(MANIFEST)) for each in served_epochs(targets.targets)]
        return self.read(f"{targets.version}.targets.json"), manifests

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

    def release_digest(self) -> str | None:
        """The SHA-256 (hex) of the targets metadata of the served release; None before the first.

        Raises FormatError, OSError.
        """
        if (targets := self._newest_targets()) is None:
            return None
        return sha256(self.read(f"{targets.version}.targets.json")).hexdigest()

    def signed_at(self) -> list[datetime]:
        """When the served targets and timestamp metadata were signed; empty before the first release.

        The server renews the timestamp, so its date is one that was received. Raises FormatError, OSError.
        """
        targets = self._newest_targets()
        if targets is None:
            return []
        stamp = parse_metadata(self.read(TIMESTAMP), Timestamp).signed
        return [targets.expires - TARGETS_LIFE, stamp.expires - TIMESTAMP_LIFE]

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
