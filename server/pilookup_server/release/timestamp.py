"""Signing a channel's TUF timestamp, or taking it from the machine that signs it, under the channel's lock.

The server signs a timestamp to renew it for another 48 hours, and to take up newer snapshot metadata that custody has
signed. Root, targets and snapshot metadata are verified before; only custody signs those. A version is one more than
the one before; only `take_over` goes above what another machine may have signed. When a root has replaced the key of
timestamps, those signed before count no more: what they name is no roll-back, and versions begin again at 1, whatever a
thief of the former key has signed (TUF specification, 5.3.11).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Timestamp

from pilookup import durable
from pilookup.bundles.release_items import placed_release
from pilookup.errors import TrustError
from pilookup.protocol.release import (
    ROOT,
    TIMESTAMP,
    Release,
    parse_metadata,
    read_release,
    renew_timestamp,
    verify_root,
)
from pilookup.release_files.channel_lock import channel_lock
from pilookup.release_files.files import read_metadata
from pilookup_server.keys.online_keys import OnlineKeys

_SNAPSHOT = ".snapshot.json"


def renewal_due(expires: datetime, before: timedelta, now: datetime) -> bool:
    """Whether less than `before` is left until `expires`."""
    return expires - now < before


def newer_snapshot(directory: Path) -> int | None:
    """The highest version of the snapshot metadata on disk, if the timestamp names a lower one or there is none.

    A timestamp that is not signed by the root's key counts as none.

    Args:
        directory: The channel's directory below HOME.

    Raises:
        TrustError: The root metadata are not signed by their own keys.
        FormatError: timestamp.json or the root metadata are malformed.
        OSError: The directory or timestamp.json cannot be read.
    """
    metadata = directory / "metadata"
    names = (path.name.removesuffix(_SNAPSHOT) for path in metadata.glob(f"[1-9]*{_SNAPSHOT}"))
    newest = max((int(name) for name in names if name.isascii() and name.isdigit()), default=0)
    current = _current(metadata)
    return newest if newest > (current.snapshot_meta.version if current else 0) else None


def renew(directory: Path, channel: str, keys: OnlineKeys, before: timedelta, now: datetime) -> bool:
    """Renew `metadata/timestamp.json` if it expires soon.

    Does nothing while another process holds the channel's lock: a publish, or another worker that renews. After an
    error the old timestamp is still in place.

    Args:
        directory: The channel's directory below HOME.
        channel: The channel.
        keys: The keys of the online half.
        before: The timestamp is renewed if less than this is left of its life.
        now: The current time, in UTC.

    Returns:
        Whether the timestamp was renewed.

    Raises:
        TrustError: The release does not verify, or the timestamp key is not one of the root's.
        FormatError: A metadata file is malformed.
        KeyringError: The timestamp key cannot be read.
        OSError: A metadata file cannot be read, or the timestamp cannot be written.
    """
    metadata = directory / "metadata"
    with channel_lock(directory, wait=False) as acquired:
        if not acquired:
            return False
        release = read_release(lambda name: read_metadata(metadata / name), now, timestamp=False)
        if not renewal_due(release.timestamp_expires, before, now):
            return False
        _sign(metadata, keys.timestamp_keys(channel), release.snapshot_version, now)
        return True


def take_up(directory: Path, channel: str, keys: OnlineKeys, snapshot: int, now: datetime) -> bool:
    """Sign a timestamp that names newer snapshot metadata, which the caller has verified with all files of the release.

    Does nothing while another process holds the channel's lock, or if the timestamp names that version or a higher one.

    Args:
        directory: The channel's directory below HOME.
        channel: The channel.
        keys: The keys of the online half.
        snapshot: The version of the snapshot metadata.
        now: The current time, in UTC.

    Returns:
        Whether a timestamp was signed.

    Raises as `renew`; TrustError also if the targets metadata are older than those of the release taken up before.
    """
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return read_metadata(metadata / name)

    with channel_lock(directory, wait=False) as acquired:
        if not acquired or newer_snapshot(directory) is None:
            return False
        release = read_release(read, now, snapshot=snapshot)
        current = _current(metadata)
        if current is not None:
            if current.snapshot_meta.version >= snapshot:
                return False
            _check_not_before(directory, release)
        _sign(metadata, keys.timestamp_keys(channel), snapshot, now)
        return True


def take_over(directory: Path, channel: str, keys: OnlineKeys, now: datetime) -> None:
    """Sign a timestamp above all that another machine may have signed: its version is the time in seconds at least.

    For once, by hand, on a machine that replaces the one that renewed timestamps before. Does nothing for a channel
    that was never published. Raises as `renew`.
    """
    metadata = directory / "metadata"
    with channel_lock(directory, wait=True):
        current = _current(metadata)
        snapshot = newer_snapshot(directory) or (current.snapshot_meta.version if current else None)
        if snapshot is not None:
            read_release(lambda name: read_metadata(metadata / name), now, snapshot=snapshot)
            _sign(metadata, keys.timestamp_keys(channel), snapshot, now, take_over=True)


def check_follows(directory: Path, data: bytes, held: bytes) -> None:
    """Check that a timestamp of another machine may replace another one that is held here. Verifies no new signature.

    Args:
        directory: The channel's directory below HOME.
        data: The content of the other machine's timestamp.json.
        held: The content of the one here. If the root's key has not signed it, any other one may replace it.

    Raises:
        TrustError: Its version is not above the one held, or the root metadata are not signed by their own keys.
        FormatError: One of them is not a timestamp, or the root metadata are malformed.
        OSError: The root metadata cannot be read.
    """
    current = _trusted(directory / "metadata", held)
    found = parse_metadata(data, Timestamp).signed.version
    if current is None:
        return
    if found == current.version:
        raise TrustError("bad_snapshot", f"two machines signed a timestamp of version {found}: only one may sign")
    _check_not_older(TIMESTAMP, current.version, found)


def take_signed(directory: Path, data: bytes, now: datetime) -> bool:
    """Put a timestamp that another machine signed in place of the one held.

    The caller has verified all files of the release that it names. The chain of metadata is verified once more under
    the lock, and nothing in it may be older than what is held.

    Args:
        directory: The channel's directory below HOME.
        data: The content of timestamp.json.
        now: The current time, in UTC.

    Returns:
        Whether it is in place; False while another process holds the channel's lock.

    Raises:
        TrustError: It does not verify, has expired, or is older than the one held.
        FormatError: A metadata file is malformed.
        OSError: A metadata file cannot be read, or the timestamp cannot be written.
    """
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return read_metadata(metadata / name)

    with channel_lock(directory, wait=False) as acquired:
        if not acquired:
            return False
        held = read(TIMESTAMP) if (metadata / TIMESTAMP).exists() else None
        if held == data:
            return True
        release = read_release(lambda name: data if name == TIMESTAMP else read(name), now)
        if held is not None and _trusted(metadata, held) is not None:
            check_follows(directory, data, held)
            _check_not_before(directory, release)
        durable.replace(metadata / TIMESTAMP, data)
        return True


def _check_not_before(directory: Path, release: Release) -> None:
    """Check that a release is not older than the one that timestamp.json names, which was verified when it was signed.

    Its signatures are not verified again: a root that has arrived since may have replaced the key of its snapshot
    metadata.
    """
    served = placed_release(directory)
    if served is not None:
        _check_not_older("snapshot", served.snapshot_version, release.snapshot_version)
        _check_not_older("targets", served.targets_version, release.targets_version)


def _check_not_older(name: str, current: int, found: int) -> None:
    if found < current:
        raise TrustError("rolled_back", f"{name} metadata of version {found}, after version {current}")


def _current(metadata: Path) -> Timestamp | None:
    """The timestamp held; None if there is none, or if the root's key has not signed it."""
    try:
        held = read_metadata(metadata / TIMESTAMP)
    except FileNotFoundError:
        return None
    return _trusted(metadata, held)


def _trusted(metadata: Path, held: bytes) -> Timestamp | None:
    """A timestamp that the key of the root on disk has signed, expired or not; None if another key has."""
    stamp = parse_metadata(held, Timestamp)
    try:
        root = verify_root(read_metadata(metadata / ROOT))
        root.verify_delegate("timestamp", stamp.signed_bytes, stamp.signatures)
    except (RepositoryError, ValueError):
        return None
    return stamp.signed


def _sign(
    metadata: Path, keys: Sequence[Ed25519PrivateKey], snapshot: int, now: datetime, *, take_over: bool = False
) -> None:
    keyids = verify_root(read_metadata(metadata / ROOT)).roles["timestamp"].keyids
    signed = Metadata(renew_timestamp(_current(metadata), snapshot, now, take_over=take_over))
    signed.sign(_signer(keys, keyids))
    durable.replace(metadata / TIMESTAMP, signed.to_bytes())


def _signer(keys: Sequence[Ed25519PrivateKey], keyids: list[str]) -> CryptoSigner:
    for key in keys:
        public = SSlibKey.from_crypto(key.public_key())
        if public.keyid in keyids:
            return CryptoSigner(key, public)
    raise TrustError("bad_snapshot", "the timestamp key held is not one of the channel's root")
