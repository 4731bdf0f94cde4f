"""A channel's TUF repository read as one release: the epochs served and their files (SPEC.md section 9).

    timestamp.json -> N.snapshot.json -> N.targets.json -> epochs/{epoch}/{sha256}.{file}

Every name except timestamp.json is unique to its content, so replacing timestamp.json switches to another release in
one step. A served epoch is a target `epochs/{epoch}/manifest.json` whose custom data say how long it is served;
`manifest.json` is the manifest of the newest epoch. Clients follow this chain with a TUF client. The publisher, the
server and `pilookup verify` have the repository's files and read them with this module.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.encoding import from_time_text, time_text
from pilookup.protocol.json_bounds import check_json_bounds
from pilookup.protocol.manifest import FileRef, Manifest, check_file
from pilookup.protocol.names import check_epoch

MANIFEST: Final = "manifest.json"
ROOT: Final = "root.json"
TIMESTAMP: Final = "timestamp.json"
SANDBOX: Final = "sandbox"
"""The member of root metadata that marks a sandbox (SPEC.md section 9.1). TUF ignores members that it does not know."""
TIMESTAMP_LIFE: Final = timedelta(hours=48)
TARGETS_LIFE: Final = timedelta(days=30)
ROOT_LIFE: Final = timedelta(days=365)
EPOCH_LIFE: Final = timedelta(days=180)
RETIRING_LIFE: Final = timedelta(hours=72)
PLATFORM_RETIRING_LIFE: Final = timedelta(days=14)
MAX_METADATA_BYTES: Final = 4 * 2**20
_MAX_DEPTH: Final = 16
_BYTES_OF_VALUE: Final = 8
"""Metadata that are longer than some kilobytes have fewer values than one in eight bytes: digests are longer."""

Read = Callable[[str], bytes]
"""Reads a metadata file by its name; raises FileNotFoundError if there is none."""

_PATH = re.compile(r"epochs/([1-9][0-9]{0,9})/([^/]+)")
"""Each epoch has one spelling: ASCII digits without a leading zero."""

_DIGEST = re.compile(r"[0-9a-f]{64}")

_T = TypeVar("_T", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class ServedEpoch:
    """One epoch of a release: its files by plain name, and the time until which it may be served.

    rotates_on: the day that the next epoch begins on, where it is announced; it is written, and not read.
    """

    epoch: int
    serves_until: datetime
    files: Mapping[str, FileRef]
    rotates_on: date | None = None

    def path(self, name: str) -> str:
        """The path of a file below `targets/`."""
        return f"epochs/{self.epoch}/{self.files[name].sha256}.{name}"


@dataclass(frozen=True, slots=True)
class Release:
    """A verified release, newest epoch first. `targets_expire` is the earliest expiry of the roles custody signs."""

    root_version: int
    snapshot_version: int
    targets_version: int
    timestamp_version: int
    targets_expire: datetime
    timestamp_expires: datetime
    epochs: tuple[ServedEpoch, ...]


def target_name(epoch: int, name: str) -> str:
    """The TUF target path of an epoch's file."""
    return f"epochs/{epoch}/{name}"


def target_custom(
    epoch: int, serves_until: datetime, rotates_on: date | None = None, audit: str | None = None
) -> dict[str, object]:
    """The custom data of the target of an epoch's manifest; `audit` is the head of custody's audit log (SPEC 9.4)."""
    announced = {"rotates_on": rotates_on.isoformat()} if rotates_on else {}
    head = {"audit": audit} if audit else {}
    return {"epoch": epoch, "serves_until": time_text(serves_until), **announced, **head}


def audit_head(targets: Mapping[str, TargetFile]) -> str | None:
    """The head of custody's audit log that targets metadata are signed with; None if they have none.

    Raises:
        FormatError: It is not a SHA-256 in hex, or the list of targets is not that of a release.
    """
    epochs = served_epochs(targets)
    custom = targets[target_name(epochs[0].epoch, MANIFEST)].custom if epochs else None
    head = custom.get("audit") if custom else None
    if head is not None and not (isinstance(head, str) and _DIGEST.fullmatch(head)):
        raise FormatError("targets: the head of the audit log is not a SHA-256")
    return head


def parse_metadata(data: bytes, kind: type[_T]) -> Metadata[_T]:
    """Parse one TUF metadata file of the given role, without verifying its signatures; raises FormatError."""
    if len(data) > MAX_METADATA_BYTES:
        raise FormatError(f"{kind.type}: too large")
    check_json_bounds(data, kind.type, depth=_MAX_DEPTH, values=1000 + len(data) // _BYTES_OF_VALUE)
    try:
        metadata = Metadata[_T].from_bytes(data)
    except (RepositoryError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise FormatError(f"{kind.type}: not TUF metadata") from None
    if not isinstance(metadata.signed, kind):
        raise FormatError(f"{kind.type}: metadata of another role")
    return metadata


def read_release(read: Read, now: datetime, *, timestamp: bool = True, snapshot: int | None = None) -> Release:
    """Verify the chain of metadata from the repository's own root, and return the release.

    Args:
        read: Reads a metadata file by its name.
        now: The time against which expiry is checked.
        timestamp: Whether an expired timestamp is refused. The holder of its key, which is about to renew it, passes
            False.
        snapshot: The version of the snapshot metadata to follow instead of the one that timestamp.json names, before a
            timestamp for it is signed. timestamp.json is then not read; the release has version 0 of it, expired now.

    Raises:
        TrustError: Metadata are expired (reason `stale`), or not signed or of the wrong version (`bad_snapshot`).
        FormatError: A file is not TUF metadata, or does not describe a release of this project.
        FileNotFoundError: A metadata file is missing.
    """
    root = verify_root(read(ROOT))
    stamp = None
    if snapshot is None:
        signed = parse_metadata(read(TIMESTAMP), Timestamp)
        _verify(root, "timestamp", signed)
        stamp = signed.signed
    named, targets = _custody_metadata(read, root, snapshot if stamp is None else stamp.snapshot_meta.version)
    fresh = {"root": root.expires, "snapshot": named.expires, "targets": targets.expires}
    if timestamp and stamp is not None:
        fresh["timestamp"] = stamp.expires
    for role, expires in fresh.items():
        if expires <= now:
            raise TrustError("stale", f"{role} metadata expired on {time_text(expires)}")
    return Release(
        root_version=root.version,
        snapshot_version=named.version,
        targets_version=targets.version,
        timestamp_version=stamp.version if stamp else 0,
        targets_expire=min(root.expires, named.expires, targets.expires),
        timestamp_expires=stamp.expires if stamp else now,
        epochs=served_epochs(targets.targets),
    )


def _custody_metadata(read: Read, root: Root, version: int | None) -> tuple[Snapshot, Targets]:
    """The snapshot metadata of a version, and the targets metadata they name, verified; raises as `read_release`."""
    snapshot = parse_metadata(read(f"{version}.snapshot.json"), Snapshot)
    _verify(root, "snapshot", snapshot)
    _check_version(snapshot.signed.version, version, "snapshot")
    check_snapshot(snapshot.signed)
    listed = snapshot.signed.meta["targets.json"].version
    targets = parse_metadata(read(f"{listed}.targets.json"), Targets)
    _verify(root, "targets", targets)
    _check_version(targets.signed.version, listed, "targets")
    return snapshot.signed, targets.signed


def is_sandbox(root: Root) -> bool:
    """Whether a root is marked as that of a sandbox: it has the member `sandbox`, whatever its value."""
    return SANDBOX in root.unrecognized_fields


def verify_root(data: bytes) -> Root:
    """Parse root metadata that must be signed by its own keys.

    Raises:
        TrustError: Not enough of its own keys sign it, or a role lists one key twice.
        FormatError: The bytes are not root metadata.
    """
    root = parse_metadata(data, Root)
    check_distinct_keys(root.signed)
    _verify(root.signed, "root", root)
    return root.signed


def check_distinct_keys(root: Root) -> None:
    """Check that each role's key ids name different keys, so that a threshold counts holders (SPEC.md section 9.1).

    TUF counts key ids, and one key may have several.

    Raises:
        TrustError: A role lists one public key under two key ids.
    """
    for name, role in root.roles.items():
        keys = [str(root.keys[keyid].keyval["public"]).lower() for keyid in role.keyids if keyid in root.keys]
        if len(set(keys)) < len(keys):
            raise TrustError("bad_signature", f"root metadata lists one key of {name} under two key ids")


def check_snapshot(snapshot: Snapshot) -> None:
    """Check that snapshot metadata list targets.json and nothing else; raises FormatError."""
    if set(snapshot.meta) != {"targets.json"}:
        raise FormatError("snapshot: lists other metadata than targets.json")


def served_epochs(targets: Mapping[str, TargetFile]) -> tuple[ServedEpoch, ...]:
    """The epochs that targets metadata list, newest first; raises FormatError for any other list of targets."""
    epochs: dict[int, dict[str, FileRef]] = {}
    until: dict[int, datetime] = {}
    for path, target in targets.items():
        if path == MANIFEST:
            continue
        epoch, name = _split(path)
        epochs.setdefault(epoch, {})[name] = file_ref(target, name)
        if name == MANIFEST:
            until[epoch] = serves_until(target, epoch)
    if set(epochs) != set(until):
        raise FormatError("targets: an epoch without a manifest")
    newest = sorted(epochs, reverse=True)
    pointer = file_ref(targets[MANIFEST], MANIFEST) if MANIFEST in targets else None
    if newest and pointer != epochs[newest[0]][MANIFEST]:
        raise FormatError("targets: manifest.json is not the newest epoch's")
    return tuple(ServedEpoch(epoch, until[epoch], epochs[epoch]) for epoch in newest)


def file_ref(target: TargetFile, name: str) -> FileRef:
    """The SHA-256 and size of a target; raises FormatError."""
    return FileRef.from_json({"sha256": target.hashes.get("sha256"), "size": target.length}, check_file(name))


def serves_until(target: TargetFile, epoch: int) -> datetime:
    """The last moment an epoch may be served, from the custom data of its manifest's target; raises FormatError."""
    custom = target.custom
    if not isinstance(custom, dict) or check_epoch(custom.get("epoch")) != epoch:
        raise FormatError("targets: a manifest without its epoch")
    return from_time_text(custom.get("serves_until"), "serves_until")


def check_manifest(manifest: Manifest, *, channel: str, epoch: int, files: Mapping[str, FileRef] | None = None) -> None:
    """Check that a manifest belongs to a signed epoch of a channel and names exactly the files signed for it.

    Args:
        manifest: The parsed content of the signed target `epochs/{epoch}/manifest.json`.
        channel: The channel whose release it is.
        epoch: The epoch of the target.
        files: The epoch's signed files by plain name, `manifest.json` among them. None for a client, which relies on
            the manifest alone for the files it fetches (SPEC.md section 9.4).

    Raises:
        FormatError: The manifest is of another channel or epoch, or its files are not the signed ones.
    """
    if manifest.channel != channel or manifest.epoch != epoch:
        raise FormatError(f"epoch {epoch}: the manifest is of another channel or epoch")
    if files is not None and dict(manifest.files) != {name: ref for name, ref in files.items() if name != MANIFEST}:
        raise FormatError(f"epoch {epoch}: the manifest's files are not the files signed for the epoch")


def renew_timestamp(
    timestamp: Timestamp | None, snapshot_version: int, now: datetime, *, take_over: bool = False
) -> Timestamp:
    """An unsigned timestamp that names the given version of the snapshot metadata.

    Args:
        timestamp: The timestamp that it replaces, or None for the first.
        snapshot_version: The version of the snapshot metadata.
        now: The current time.
        take_over: Whether the version is the time in seconds if that is higher than one more than the previous version.
            Another machine may have signed higher versions than the one that is replaced here.

    Its version is one more than the previous version, so that a clock that is ahead leaves nothing behind.
    """
    version = timestamp.version + 1 if timestamp else 1
    fresh = Timestamp(
        version=max(version, int(now.timestamp())) if take_over else version,
        expires=(now + TIMESTAMP_LIFE).astimezone(UTC).replace(microsecond=0),
    )
    fresh.snapshot_meta.version = snapshot_version
    return fresh


def is_of_former_key(read: Read, timestamp: bytes) -> bool:
    """Whether a timestamp is signed by a key that a newer root has replaced, and by none of that root's.

    Such a timestamp counts as none (SPEC.md section 9.3). One that no root's key has signed is damaged or a stranger's.

    Args:
        read: Reads a metadata file by its name; all versions of the root.
        timestamp: The content of timestamp.json.

    Raises:
        TrustError: A root is not signed by its own keys.
        FormatError: A file is not TUF metadata.
        FileNotFoundError: root.json is missing.
    """
    stamp, root = parse_metadata(timestamp, Timestamp), verify_root(read(ROOT))
    if _is_signed(root, stamp):
        return False
    for version in range(root.version - 1, 0, -1):
        try:
            former = verify_root(read(f"{version}.{ROOT}"))
        except FileNotFoundError:
            continue
        if _is_signed(former, stamp):
            return True
    return False


def _is_signed(root: Root, stamp: Metadata[Timestamp]) -> bool:
    try:
        root.verify_delegate("timestamp", stamp.signed_bytes, stamp.signatures)
    except (RepositoryError, ValueError):
        return False
    return True


def _verify(root: Root, role: str, metadata: Metadata[_T]) -> None:
    try:
        root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise TrustError("bad_snapshot", f"{role} metadata is not signed by enough of its keys") from error


def _check_version(found: int, named: int | None, role: str) -> None:
    if found != named:
        raise TrustError("bad_snapshot", f"{role} metadata has another version than the one signed for it")


def _split(path: str) -> tuple[int, str]:
    match = _PATH.fullmatch(path)
    if match is None:
        raise FormatError("targets: a path is not epochs/{epoch}/{file}")
    return check_epoch(int(match[1])), match[2]
