"""Renewal of a channel's TUF timestamp for another 48 hours, by whichever process holds the channel's lock.

Only the timestamp changes. The metadata that custody signed (root, targets and snapshot metadata) is verified before,
and only custody renews it.
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


def renewal_due(expires: datetime, before: timedelta, now: datetime) -> bool:
    """Whether less than `before` is left until `expires`."""
    return expires - now < before


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

    def read(name: str) -> bytes:
        return read_metadata(metadata / name)

    with channel_lock(directory, wait=False) as acquired:
        if not acquired:
            return False
        release = read_release(read, now, timestamp=False)
        if not renewal_due(release.timestamp_expires, before, now):
            return False
        old = parse_metadata(read(TIMESTAMP), Timestamp).signed
        renewed = Metadata(renew_timestamp(old, old.snapshot_meta.version, now))
        renewed.sign(_signer(keys.timestamp_key(channel), verify_root(read(ROOT)).roles["timestamp"].keyids))
        durable.replace(metadata / TIMESTAMP, renewed.to_bytes())
        return True


def _signer(key: Ed25519PrivateKey, keyids: list[str]) -> CryptoSigner:
    public = SSlibKey.from_crypto(key.public_key())
    if public.keyid not in keyids:
        raise TrustError("bad_snapshot", "the timestamp key held is not one of the channel's root")
    return CryptoSigner(key, public)
