"""Renewal of a channel's TUF timestamp, 48 hours at a time, by whichever process holds the lock.

Only the timestamp moves: what custody signed (root, snapshot, targets) is verified first and renewed by
custody alone.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, Timestamp

from pilookup import durable
from pilookup.errors import TrustError
from pilookup.protocol.release import parse_metadata, read_release, renew_timestamp, verify_root
from pilookup_server.keys.online_keys import OnlineKeys

TIMESTAMP = "timestamp.json"


def renewal_due(expires: datetime, before: timedelta, now: datetime) -> bool:
    return expires - now < before


def renew(directory: Path, channel: str, keys: OnlineKeys, before: timedelta, now: datetime) -> bool:
    """Renew `metadata/timestamp.json` when it has less than `before` left; says whether it did.

    Does nothing while another process holds the channel's lock (a publish, or another worker at this very
    work). Raises PilookupError or OSError when the release does not verify or cannot be written; the old
    timestamp stays.
    """
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return (metadata / name).read_bytes()

    with _locked(directory / "lock") as acquired:
        if not acquired:
            return False
        release = read_release(read, now, timestamp=False)
        if not renewal_due(release.timestamp_expires, before, now):
            return False
        old = parse_metadata(read(TIMESTAMP), Timestamp).signed
        renewed = Metadata(renew_timestamp(old, old.snapshot_meta.version, now))
        renewed.sign(_signer(keys.timestamp_key(channel), verify_root(read("root.json")).roles["timestamp"].keyids))
        durable.replace(metadata / TIMESTAMP, renewed.to_bytes())
        return True


def _signer(key: Ed25519PrivateKey, keyids: list[str]) -> CryptoSigner:
    public = SSlibKey.from_crypto(key.public_key())
    if public.keyid not in keyids:
        raise TrustError("bad_snapshot", "the timestamp key held is not one of the channel's root")
    return CryptoSigner(key, public)


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
