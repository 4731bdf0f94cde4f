"""One key file, `keys/<key id>.key`, 68 bytes:

    offset  size  field
    0       6     magic "PLKEY" and a zero byte
    6       1     version, 1
    7       1     kind: 1 scalar, 2 symmetric key, 3 Ed25519 signing key
    8       12    nonce, random
    20      48    AES-256-GCM-SIV (RFC 8452) of the 32 key bytes, with its 16-byte tag

The AAD is the first eight bytes, the half and the key id, so that a file does not open under another key id, in another
half, or as a key of another kind.
"""

import os
import re
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup.errors import KeyringError
from pilookup.keyring.master_key import NONCE_BYTES, TAG_BYTES, Half

KEY_BYTES: Final = 32
KEY_SUFFIX: Final = ".key"
_MAGIC: Final = b"PLKEY\x00\x01"
_HEADER_BYTES: Final = len(_MAGIC) + 1
FILE_BYTES: Final = _HEADER_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES

_KEY_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_ID = 96


class KeyKind(IntEnum):
    """What the 32 bytes are. The kind is part of the AAD."""

    SCALAR = 1
    SYMMETRIC = 2
    SIGNING = 3


def check_key_id(key_id: str) -> str:
    """Check a key id, which becomes a file name: words of a-z and 0-9 joined by dashes.

    Returns it, or raises KeyringError.
    """
    if len(key_id) > _MAX_ID or not _KEY_ID.fullmatch(key_id):
        raise KeyringError("a key id is words of a-z and 0-9 joined by single dashes, 96 characters at most")
    return key_id


def seal_key(cipher: AESGCMSIV, half: Half, key_id: str, kind: KeyKind, key: bytes) -> bytes:
    """The 68 bytes of the file for a key of 32 bytes; raises KeyringError for a key of another size."""
    if len(key) != KEY_BYTES:
        raise KeyringError(f"{key_id}: a key has {KEY_BYTES} bytes")
    header, nonce = _MAGIC + bytes([kind]), os.urandom(NONCE_BYTES)
    return header + nonce + cipher.encrypt(nonce, key, _aad(header, half, key_id))


def open_key(cipher: AESGCMSIV, half: Half, key_id: str, kind: KeyKind, data: bytes) -> bytes:
    """The key's 32 bytes; raises KeyringError if the file is damaged or altered, or has another id, half or kind."""
    if len(data) != FILE_BYTES or data[: len(_MAGIC)] != _MAGIC:
        raise KeyringError("damaged: not a key file of this version")
    header, nonce, sealed = (
        data[:_HEADER_BYTES],
        data[_HEADER_BYTES : -KEY_BYTES - TAG_BYTES],
        data[-KEY_BYTES - TAG_BYTES :],
    )
    if header[-1] != kind:
        raise KeyringError(f"not a {kind.name.lower()} key")
    try:
        return cipher.decrypt(nonce, sealed, _aad(header, half, key_id))
    except InvalidTag:
        raise KeyringError("damaged, altered, or made for another key id or half") from None


def reseal_key(opened: AESGCMSIV, new: AESGCMSIV, half: Half, key_id: str, data: bytes) -> bytes:
    """The file for a key of any kind under a new master key; raises KeyringError as `open_key`.

    Args:
        opened: The cipher of the master key that the file is under.
        new: The cipher of the new one.
        half: The half of the key.
        key_id: Its id.
        data: The content of the file.
    """
    try:
        kind = KeyKind(data[len(_MAGIC)])
    except (IndexError, ValueError):
        raise KeyringError("damaged: not a key file of this version") from None
    return seal_key(new, half, key_id, kind, open_key(opened, half, key_id, kind, data))


def _aad(header: bytes, half: Half, key_id: str) -> bytes:
    return header + f"|{half}|{key_id}".encode()
