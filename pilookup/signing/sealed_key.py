"""The sealed key file: one signing key under its holder's own passphrase, on a medium of its own.

One line of JSON, in mode 0600:

    {"format": "pilookup-signing-key", "version": 1, "key": "root-public-2", "public": hex of 32 bytes,
     "profile": ..., "salt": hex, "nonce": hex, "sealed": hex of 48 bytes, "check": SHA-256 of the rest}

`sealed` is AES-256-GCM-SIV (RFC 8452) of the Ed25519 private key, under a key that Argon2id derives from the passphrase
and the salt. The AAD has the key's id, the public key and the profile, so that none of them can be exchanged.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pilookup import file_errors
from pilookup.errors import KeyringError
from pilookup.keyring import master_key
from pilookup.keyring.key_file import KEY_BYTES, check_key_id
from pilookup.keyring.master_key import NONCE_BYTES, SALT_BYTES, TAG_BYTES, checked_line, passphrase_cipher
from pilookup.plain_file import read_plain
from pilookup.signing.signer import HeldKey

MAX_BYTES: Final = 4096
_FORMAT: Final = "pilookup-signing-key"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The content of a sealed key file.

    key_id: the key's id in the keyring it came from. public: the 32 bytes of its public key.
    """

    key_id: str
    public: bytes
    profile: str
    salt: bytes
    nonce: bytes
    sealed: bytes = field(repr=False)

    @classmethod
    def create(cls, key_id: str, key: Ed25519PrivateKey, passphrase: bytes) -> Self:
        """Seal a key under a passphrase; raises KeyringError if the passphrase is empty."""
        profile, salt, nonce = master_key.PROFILE, os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        cipher = passphrase_cipher(profile, passphrase, salt)
        sealed = cipher.encrypt(nonce, private, _aad(check_key_id(key_id), public, profile))
        return cls(key_id, public, profile, salt, nonce, sealed)

    def open(self, passphrase: bytes) -> HeldKey:
        """The key as a signer; raises KeyringError if the passphrase is wrong or the file was altered."""
        cipher = passphrase_cipher(self.profile, passphrase, self.salt)
        try:
            private = cipher.decrypt(self.nonce, self.sealed, _aad(self.key_id, self.public, self.profile))
        except InvalidTag:
            raise KeyringError(f"the passphrase does not open the key {self.key_id}, or its file was altered") from None
        return HeldKey(Ed25519PrivateKey.from_private_bytes(private))

    def to_bytes(self) -> bytes:
        """The content of the file."""
        return checked_line(self._fields())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the file; raises KeyringError for anything `to_bytes` would not write."""
        try:
            fields = json.loads(data)
            key = cls(
                key_id=check_key_id(fields["key"]),
                profile=fields["profile"],
                **{name: bytes.fromhex(fields[name]) for name in ("public", "salt", "nonce", "sealed")},
            )
            same = key.to_bytes() == data
        except (ValueError, KeyError, TypeError, RecursionError):
            raise KeyringError("not a sealed key file") from None
        sizes = [len(part) for part in (key.public, key.salt, key.nonce, key.sealed)]
        if (
            not same
            or not isinstance(key.profile, str)
            or sizes != [KEY_BYTES, SALT_BYTES, NONCE_BYTES, KEY_BYTES + TAG_BYTES]
        ):
            raise KeyringError("not a sealed key file, or a damaged one")
        return key

    def _fields(self) -> dict[str, str | int]:
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "key": self.key_id,
            "public": self.public.hex(),
            "profile": self.profile,
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "sealed": self.sealed.hex(),
        }


class FileSigner:
    """A signer whose key is in a sealed file. The passphrase is asked for at the first signature."""

    def __init__(self, sealed: SealedKey, passphrase: Callable[[], bytes]) -> None:
        self.sealed = sealed
        self._passphrase = passphrase
        self._opened: HeldKey | None = None

    def public_key(self) -> Ed25519PublicKey:
        """The public key, as the file states it; opening the file checks it."""
        return Ed25519PublicKey.from_public_bytes(self.sealed.public)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`; raises KeyringError if the passphrase is wrong or the file was altered."""
        if self._opened is None:
            self._opened = self.sealed.open(self._passphrase())
        return self._opened.sign(data)


def read_sealed_key(path: Path) -> SealedKey:
    """Read a sealed key file; raises KeyringError, which names it.

    Its mode is not checked, since file systems of removable media often have none.
    """
    try:
        return SealedKey.from_bytes(read_plain(path, MAX_BYTES))
    except FileNotFoundError:
        raise KeyringError(f"{path}: missing") from None
    except OSError as error:
        raise KeyringError(file_errors.failure_text(error, "cannot be read", path)) from error
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from None


def _aad(key_id: str, public: bytes, profile: str) -> bytes:
    return f"{_FORMAT}|{_VERSION}|{key_id}|{public.hex()}|{profile}".encode()
