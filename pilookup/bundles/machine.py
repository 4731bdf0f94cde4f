"""The key of a serving machine, which signs what it sends to custody, acknowledgements and reports (docs/adr/0032), and
what it adds to receipts of platforms (docs/adr/0040).

HOME/online/bundle-machine     the Ed25519 key: the JSON object {"version": 2, "key": base64url of 32 bytes}, mode 0600
HOME/trust-machine.json        its public key, which is carried to custody once, by another way than acknowledgements

The key is made on the machine by its first import, or by the first `reports export` or receipt where nothing is
imported because one machine has both halves. It is in no bundle and in no copy that `restore` makes, and is not under
the passphrase: it says which machine speaks, and opens nothing.
"""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pilookup import durable
from pilookup.bundles.import_lock import import_lock
from pilookup.bundles.records import MAX_TRUST_BYTES
from pilookup.errors import BundleError, FormatError
from pilookup.plain_file import read_plain
from pilookup.protocol.encoding import b64url, decode_object, encode_object, from_b64url
from pilookup.protocol.names import check_integer

MACHINE: Final = "bundle-machine"
MACHINE_TRUST: Final = "trust-machine.json"
_VERSION: Final = 2
"""Version 1 was an id without a key, by which nothing could be proved."""

_PUBLIC_VERSION: Final = 1
_ID_CHARACTERS: Final = 16


def new_machine_key() -> bytes:
    """The content of `bundle-machine` with a new key."""
    return encode_object({"version": _VERSION, "key": b64url(os.urandom(32))})


def read_machine_key(online: Path) -> Ed25519PrivateKey | None:
    """The key of this machine; None if it has none, or only an id of an earlier version.

    Raises:
        BundleError: The file is damaged; the text names it.
        OSError: It cannot be read.
    """
    path = online / MACHINE
    try:
        data = read_plain(path, MAX_TRUST_BYTES)
    except FileNotFoundError:
        return None
    if len(data) == _ID_CHARACTERS and data.isalnum():
        return None
    try:
        body = decode_object(data, {"version", "key"})
        check_integer(body["version"], _VERSION, _VERSION, "version")
        return Ed25519PrivateKey.from_private_bytes(from_b64url(body["key"], 32, "key"))
    except FormatError as error:
        raise BundleError(f"{path}: {error}; delete it, and import the newest bundle again") from None


def make_machine_key(online: Path) -> Ed25519PrivateKey:
    """The key of this machine, which is made if it has none; its public key is written beside the online half.

    Raises:
        BundleError: The file is damaged, or a bundle is being imported here.
        OSError: A file cannot be read or written.
    """
    if read_machine_key(online) is None:
        with import_lock(online) as held:
            if not held:
                raise BundleError(f"{online}: a bundle is being imported here; run this again when that has ended")
            if read_machine_key(online) is None:
                durable.replace_key_file(online / MACHINE, new_machine_key())
    key = read_machine_key(online)
    if key is None:
        raise BundleError(f"{online / MACHINE}: it was deleted just now; run this again")
    write_machine_trust(online)
    return key


def machine_id(key: Ed25519PublicKey) -> str:
    """What a machine is called: the first 16 hexadecimal digits of the SHA-256 of its public key."""
    return sha256(key.public_bytes_raw()).hexdigest()[:_ID_CHARACTERS]


def machine_trust_bytes(key: Ed25519PublicKey) -> bytes:
    """The content of `trust-machine.json`."""
    return encode_object({"version": _PUBLIC_VERSION, "machine_key": b64url(key.public_bytes_raw())})


def parse_machine_trust(data: bytes) -> Ed25519PublicKey:
    """The public key in `trust-machine.json`; raises FormatError."""
    body = decode_object(data, {"version", "machine_key"})
    check_integer(body["version"], _PUBLIC_VERSION, _PUBLIC_VERSION, "version")
    return Ed25519PublicKey.from_public_bytes(from_b64url(body["machine_key"], 32, "machine_key"))


def read_machine_trust(paths: Sequence[Path]) -> list[Ed25519PublicKey]:
    """The keys of serving machines in files, or in directories with files `trust-machine*.json`.

    Raises:
        BundleError: There is no such file, or one is not of this form; the text names it.
        OSError: A file cannot be read.
    """
    files = [each for path in paths for each in (sorted(path.glob("trust-machine*.json")) if path.is_dir() else [path])]
    if paths and not files:
        raise BundleError(f"{paths[0]}: no file trust-machine*.json of a serving machine is in this directory")
    keys = []
    for path in files:
        try:
            keys.append(parse_machine_trust(read_plain(path, MAX_TRUST_BYTES)))
        except FormatError as error:
            raise BundleError(f"{path}: not the trust file of a serving machine ({error})") from None
    return keys


def write_machine_trust(online: Path) -> None:
    """Write `trust-machine.json` beside an online half, if its machine has a key and the file is not so already.

    Raises BundleError, OSError.
    """
    key, path = read_machine_key(online), online.parent / MACHINE_TRUST
    if key is None:
        return
    data = machine_trust_bytes(key.public_key())
    try:
        if read_plain(path, MAX_TRUST_BYTES) == data:
            return
    except FileNotFoundError:
        pass
    durable.replace(path, data)
