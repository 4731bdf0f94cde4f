"""The directory of a mirror, and the switch to another release.

    DIR/
        lock            held by the sync that is running
        metadata/       the release's TUF metadata; replacing timestamp.json switches to another release
        targets/        the release's files, named by their digests
        synced.json     when a sync last ended, and the release that the host had then
        trust/          what the TUF client has seen, so that no host can go back behind it
        partial/        files that are not whole yet

`metadata/` and `targets/` are laid out as the publisher has them, so any static host can serve a mirror too.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from pilookup import durable, file_errors
from pilookup.errors import FormatError, MirrorError
from pilookup.protocol.encoding import decode_object, encode_object, from_time_text, time_text
from pilookup.protocol.names import check_channel, check_epoch, check_serial
from pilookup.protocol.release import MANIFEST, ROOT, TIMESTAMP, ServedEpoch, parse_metadata, served_epochs
from pilookup.release_files.files import read_metadata

SYNCED: Final = "synced.json"
_FORMAT: Final = 1
_NAMES: Final = {"format", "channel", "epoch", "serial", "synced_at", "valid_until"}


def now() -> datetime:
    """The current time in whole seconds, as `synced.json` has it. Tests replace it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Synced:
    """What `synced.json` says.

    Attributes:
        channel: the channel.
        epoch: the newest epoch of the release.
        serial: its serial.
        synced_at: when the host's metadata were verified.
        valid_until: the time from which the release may not be used without another sync.
    """

    channel: str
    epoch: int
    serial: int
    synced_at: datetime
    valid_until: datetime

    @property
    def age(self) -> float:
        """Seconds since the sync; below 0 if the clock was set back since."""
        return (now() - self.synced_at).total_seconds()

    def fault(self, max_age: float) -> str | None:
        """Say why the mirror is too old to answer from, or return None if it is not."""
        if self.age < 0:
            return "the mirror was synced in the future: this machine's clock was set back"
        if self.age > max_age:
            return f"the mirror was last synced {self.age:.0f} seconds ago: run `pilookup sync`"
        if now() >= self.valid_until:
            return "the mirror's release has expired: run `pilookup sync`"
        return None

    def to_bytes(self) -> bytes:
        """The content of `synced.json`."""
        return encode_object(
            {
                "format": _FORMAT,
                "channel": self.channel,
                "epoch": self.epoch,
                "serial": self.serial,
                "synced_at": time_text(self.synced_at),
                "valid_until": time_text(self.valid_until),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse `synced.json`; raises FormatError."""
        body: dict[str, Any] = decode_object(data, _NAMES)
        if body["format"] != _FORMAT:
            raise FormatError(f"{SYNCED}: of another format")
        return cls(
            channel=check_channel(body["channel"]),
            epoch=check_epoch(body["epoch"]),
            serial=check_serial(body["serial"]),
            synced_at=from_time_text(body["synced_at"], "synced_at"),
            valid_until=from_time_text(body["valid_until"], "valid_until"),
        )


def read_synced(directory: Path) -> Synced:
    """What the last sync has written; raises FormatError and OSError, such as FileNotFoundError before the first."""
    return Synced.from_bytes(read_metadata(directory / SYNCED))


@dataclass(frozen=True, slots=True)
class Offer:
    """A verified release as a host has it.

    Attributes:
        metadata: the files of `metadata/` by their names in a repository, timestamp.json among them.
        epochs: the served epochs, newest first.
        valid_until: the time from which the release may not be used.
    """

    metadata: Mapping[str, bytes] = field(repr=False)
    epochs: tuple[ServedEpoch, ...]
    valid_until: datetime

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        """Read a release from what the TUF client keeps; raises FormatError unless it is a whole release."""
        roots = {Path(path).name: data for path, data in files.items() if "root_history/" in path}
        stamp = parse_metadata(files["metadata/timestamp.json"], Timestamp).signed
        snapshot = parse_metadata(files["metadata/snapshot.json"], Snapshot).signed
        targets = parse_metadata(files["metadata/targets.json"], Targets).signed
        newest = max(roots, key=lambda name: int(name.split(".")[0]))
        root = parse_metadata(roots[newest], Root).signed
        epochs = served_epochs(targets.targets)
        if not epochs:
            raise FormatError("targets: no epoch")
        ends = [role.expires for role in (root, stamp, snapshot, targets)]
        metadata = {
            **roots,
            ROOT: roots[newest],
            f"{targets.version}.targets.json": files["metadata/targets.json"],
            f"{snapshot.version}.snapshot.json": files["metadata/snapshot.json"],
            TIMESTAMP: files["metadata/timestamp.json"],
        }
        return cls(metadata, epochs, min(*ends, epochs[0].serves_until))


class DiskError(MirrorError):
    """The directory cannot be written. The text ends with the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__("disk", f"{message}; make room there, or mend its owner and modes")

    def __reduce__(self) -> tuple[type[MirrorError], tuple[str, str]]:
        return MirrorError, (self.reason, str(self))


class MirrorDirectory:
    """The files of a mirror. All methods raise OSError; all but `lock` are for the holder of the lock."""

    def __init__(self, path: Path) -> None:
        """Use a directory, which `lock` makes if it is missing."""
        self.path = path
        self.metadata = path / "metadata"
        self.targets = path / "targets"
        self.trust = path / "trust"
        self.partial = path / "partial"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Make what is missing of the directory, and hold the lock of writers.

        Raises:
            MirrorError: another process or thread holds it, or the directory cannot be written.
        """
        with file_errors.failures_as(DiskError, self.path):
            descriptor = self._open_lock()
        try:
            yield
        finally:
            os.close(descriptor)

    def _open_lock(self) -> int:
        self.path.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path / "lock", flags, durable.FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in (self.metadata, self.targets, self.partial):
                folder.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        except BlockingIOError:
            os.close(descriptor)
            raise MirrorError(
                "locked",
                f"{self.path}: another sync is running, and this one has done nothing; try again when it has ended",
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def synced(self) -> Synced | None:
        """What the last sync has written; None before the first, or if that file is damaged."""
        try:
            return read_synced(self.path)
        except (FileNotFoundError, FormatError):
            return None

    def served(self) -> tuple[ServedEpoch, ...]:
        """The epochs of the release that readers find now; empty if there is none."""
        try:
            stamp = parse_metadata(read_metadata(self.metadata / TIMESTAMP), Timestamp).signed
            snapshot = self._role(f"{stamp.snapshot_meta.version}.snapshot.json", Snapshot)
            targets = self._role(f"{snapshot.meta['targets.json'].version}.targets.json", Targets)
            return served_epochs(targets.targets)
        except (FileNotFoundError, FormatError, KeyError):
            return ()

    def _role(self, name: str, kind: type[Any]) -> Any:
        return parse_metadata(read_metadata(self.metadata / name), kind).signed

    def adopt(self, path: Path, whole: Path) -> None:
        """Move a whole file, which was verified and flushed, to its final name in `targets/`."""
        for folder in reversed(path.relative_to(self.targets).parents):
            (self.targets / folder).mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        whole.replace(path)
        durable.sync_directory(path.parent)

    def switch(self, offer: Offer, synced: Synced) -> None:
        """Let readers find another release, whose files are in place, by replacing timestamp.json."""
        for name in sorted(offer.metadata, key=_order):
            path = self.metadata / name
            if not _holds(path, offer.metadata[name]):
                durable.replace(path, offer.metadata[name])
        durable.replace(self.path / SYNCED, synced.to_bytes())

    def remove_unlisted(self, offer: Offer, names: Mapping[int, frozenset[str]]) -> None:
        """Delete every file that the release does not need. Readers keep the files that they have open.

        Args:
            offer: the release that readers find.
            names: the names of the files to keep of each epoch.
        """
        keep = {self.targets / epoch.path(name) for epoch in offer.epochs for name in names[epoch.epoch]}
        keep.add(self.targets / pointer_path(offer))
        keep |= {self.metadata / name for name in offer.metadata}
        for folder in (self.metadata, self.targets):
            for path in sorted(folder.rglob("*"), reverse=True):
                if path.is_dir():
                    _remove_empty(path)
                elif path not in keep:
                    path.unlink()
        shutil.rmtree(self.partial)


def pointer_path(offer: Offer) -> str:
    """The path of `manifest.json`, the manifest of the newest epoch, below `targets/`."""
    return f"{offer.epochs[0].files[MANIFEST].sha256}.{MANIFEST}"


def _order(name: str) -> tuple[int, str]:
    """Sort metadata so that what a reader finds always leads to what is in place."""
    return (2 if name == TIMESTAMP else 1 if name == ROOT else 0), name


def _holds(path: Path, data: bytes) -> bool:
    try:
        return read_metadata(path) == data
    except OSError:
        return False


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
