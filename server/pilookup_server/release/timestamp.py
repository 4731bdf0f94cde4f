"""Signing a channel's TUF timestamp, by whichever process holds the channel's lock.

The server signs a timestamp to renew it for another 48 hours, and to take up newer snapshot metadata that custody has
signed. Root, targets and snapshot metadata are verified before; only custody signs those. A version is one more than
the one before; only `take_over` goes above what another machine may have signed.
"""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, Timestamp

from pilookup import durable
from pilookup.errors import TrustError
from pilookup.protocol.release import ROOT, TIMESTAMP, parse_metadata, read_release, renew_timestamp, verify_root
from pilookup.release_files.channel_lock import channel_lock
from pilookup.release_files.files import read_metadata
from pilookup_server.keys.online_keys import OnlineKeys

_SNAPSHOT = ".snapshot.json"


def renewal_due(expires: datetime, before: timedelta, now: datetime) -> bool:
    """Whether less than `before` is left until `expires`."""
    return expires - now < before


def newer_snapshot(directory: Path) -> int | None:
    """The highest version of the snapshot metadata on disk, if the timestamp names a lower one or there is none.

    Args:
        directory: The channel's directory below HOME.

    Raises:
        FormatError: timestamp.json is malformed.
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
        _sign(metadata, keys.timestamp_key(channel), release.snapshot_version, now)
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
            _check_not_older(read_release(read, now, timestamp=False).targets_version, release.targets_version)
        _sign(metadata, keys.timestamp_key(channel), snapshot, now)
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
            _sign(metadata, keys.timestamp_key(channel), snapshot, now, take_over=True)


def _check_not_older(current: int, found: int) -> None:
    if found < current:
        raise TrustError("rolled_back", f"targets metadata of version {found}, after version {current}")


def _current(metadata: Path) -> Timestamp | None:
    try:
        return parse_metadata(read_metadata(metadata / TIMESTAMP), Timestamp).signed
    except FileNotFoundError:
        return None


def _sign(metadata: Path, key: Ed25519PrivateKey, snapshot: int, now: datetime, *, take_over: bool = False) -> None:
    keyids = verify_root(read_metadata(metadata / ROOT)).roles["timestamp"].keyids
    signed = Metadata(renew_timestamp(_current(metadata), snapshot, now, take_over=take_over))
    signed.sign(_signer(key, keyids))
    durable.replace(metadata / TIMESTAMP, signed.to_bytes())


def _signer(key: Ed25519PrivateKey, keyids: list[str]) -> CryptoSigner:
    public = SSlibKey.from_crypto(key.public_key())
    if public.keyid not in keyids:
        raise TrustError("bad_snapshot", "the timestamp key held is not one of the channel's root")
    return CryptoSigner(key, public)
