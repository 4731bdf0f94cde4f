"""`keyring.json`: the master key of a half, wrapped under a passphrase.

    {"format": "pilookup-keyring", "version": 1 | 2, "half": "custody" | "online",
     "profile": "argon2id-rfc9106-second", "salt": hex of 16 bytes, "nonce": hex of 12 bytes,
     "wrapped": hex of 48 bytes, "check": hex of 32 bytes}

The wrapping key is Argon2id(passphrase, salt) with the parameters of the profile. `wrapped` is AES-256-GCM-SIV (RFC
8452) of the 32-byte master key; its AAD is the format, the version, the half and the profile. `check` is SHA-256 over
the other fields: it protects nothing, but distinguishes a damaged file from a wrong passphrase. The parameters follow
from the name of the profile and are never read from the file, so whoever can write the file cannot make opening it
cost more memory or time than the profile does.

Version 2 is of the custody half alone. It states that the keys of the audit log and of the journal of removals were
made, so that a missing one was deleted and is never made again (docs/adr/0031). Because the version is in the AAD, who
does not know the passphrase cannot turn version 2 into version 1.
"""

import json
import os
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pilookup.errors import KeyringError
from pilookup.keyring.private_file import read_private

MASTER_KEY_NAME: Final = "keyring.json"
"""The name of the file in the directory of a half."""

MASTER_BYTES: Final = 32
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_FORMAT: Final = "pilookup-keyring"
FIRST_VERSION: Final = 1
LOG_KEYS_VERSION: Final = 2
"""The version that states that the keys of the audit log and of the journal were made."""


class Half(StrEnum):
    """The two halves of HOME, which may live on two machines under two passphrases."""

    CUSTODY = "custody"
    ONLINE = "online"


_VERSIONS: Final = {Half.CUSTODY: (FIRST_VERSION, LOG_KEYS_VERSION), Half.ONLINE: (FIRST_VERSION,)}


@dataclass(frozen=True, slots=True)
class _Argon2:
    iterations: int
    lanes: int
    memory_kib: int


PROFILE: Final = "argon2id-rfc9106-second"
_PROFILES: Final = {PROFILE: _Argon2(iterations=3, lanes=4, memory_kib=64 * 1024)}
"""The second recommended option of RFC 9106, section 4."""


@dataclass(frozen=True, slots=True)
class MasterKeyFile:
    """The content of `keyring.json`. It has the master key in wrapped form only."""

    half: Half
    profile: str
    salt: bytes
    nonce: bytes
    wrapped: bytes = field(repr=False)
    version: int = FIRST_VERSION

    @classmethod
    def create(cls, half: Half, passphrase: bytes, master: bytes, version: int = FIRST_VERSION) -> Self:
        """Wrap a 32-byte master key under a passphrase; raises KeyringError if the passphrase is empty."""
        return cls._wrap(half, PROFILE, os.urandom(SALT_BYTES), passphrase, master, version)

    @classmethod
    def _wrap(cls, half: Half, profile: str, salt: bytes, passphrase: bytes, master: bytes, version: int) -> Self:
        nonce = os.urandom(NONCE_BYTES)
        cipher = passphrase_cipher(profile, passphrase, salt)
        return cls(half, profile, salt, nonce, cipher.encrypt(nonce, master, _aad(half, profile, version)), version)

    @property
    def states_log_keys(self) -> bool:
        """Whether the file states that the keys of the audit log and of the journal were made."""
        return self.version >= LOG_KEYS_VERSION

    def stating_log_keys(self, passphrase: bytes) -> Self:
        """The file that states it, with the same master key, passphrase and salt; raises KeyringError as `open`."""
        master = self.open(passphrase)
        return self._wrap(self.half, self.profile, self.salt, passphrase, master, LOG_KEYS_VERSION)

    def opens(self, passphrase: bytes) -> bool:
        """Whether a passphrase is the one of this half."""
        try:
            self.open(passphrase)
        except KeyringError:
            return False
        return True

    def open(self, passphrase: bytes) -> bytes:
        """Unwrap the 32-byte master key; raises KeyringError if the passphrase is wrong."""
        cipher = passphrase_cipher(self.profile, passphrase, self.salt)
        try:
            return cipher.decrypt(self.nonce, self.wrapped, _aad(self.half, self.profile, self.version))
        except InvalidTag:
            raise KeyringError(f"the passphrase does not open the {self.half} half") from None

    def to_bytes(self) -> bytes:
        """The content of the file: one line of JSON."""
        return checked_line(self._fields())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the file; raises KeyringError for anything `to_bytes` would not write."""
        try:
            fields = json.loads(data)
            master_key = cls(
                half=Half(fields["half"]),
                profile=fields["profile"],
                salt=bytes.fromhex(fields["salt"]),
                nonce=bytes.fromhex(fields["nonce"]),
                wrapped=bytes.fromhex(fields["wrapped"]),
                version=fields["version"],
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise KeyringError("damaged: not a keyring file") from None
        if not isinstance(master_key.profile, str) or master_key.profile not in _PROFILES:
            raise KeyringError("unknown key derivation profile")
        if type(master_key.version) is not int or master_key.version not in _VERSIONS[master_key.half]:
            raise KeyringError("damaged: its version is not one of this half, or of a newer pilookup")
        if master_key.to_bytes() != data:
            raise KeyringError("damaged: its check sum or layout does not match")
        if [len(master_key.salt), len(master_key.nonce), len(master_key.wrapped)] != [
            SALT_BYTES,
            NONCE_BYTES,
            MASTER_BYTES + TAG_BYTES,
        ]:
            raise KeyringError("damaged: a field has the wrong size")
        return master_key

    def _fields(self) -> dict[str, str | int]:
        return {
            "format": _FORMAT,
            "version": self.version,
            "half": str(self.half),
            "profile": self.profile,
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "wrapped": self.wrapped.hex(),
        }


def read_master_key(directory: Path, half: Half | None = None) -> MasterKeyFile:
    """Read the `keyring.json` of a half.

    Args:
        directory: The directory of the half.
        half: Which half it must be; None for any.

    Raises:
        KeyringError: The file is missing, damaged, of another half or accessible to others; the text names it.
    """
    path = directory / MASTER_KEY_NAME
    data = read_private(path)
    try:
        master_key = MasterKeyFile.from_bytes(data)
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from None
    if half is not None and master_key.half is not half:
        raise KeyringError(f"{path}: belongs to the {master_key.half} half, not to the {half} half")
    return master_key


def checked_line(fields: dict[str, str | int]) -> bytes:
    """A line of JSON with the fields and their SHA-256 as `check`, which shows damage, and no change on purpose."""
    check = sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    return json.dumps({**fields, "check": check}).encode() + b"\n"


def _aad(half: Half, profile: str, version: int) -> bytes:
    return f"{_FORMAT}|{version}|{half}|{profile}".encode()


def passphrase_cipher(profile: str, passphrase: bytes, salt: bytes) -> AESGCMSIV:
    """The cipher of a key that is derived from a passphrase.

    Args:
        profile: The name of a set of parameters of Argon2id, such as `PROFILE`.
        passphrase: At least one byte.
        salt: `SALT_BYTES` bytes.

    Raises:
        KeyringError: The passphrase is empty, or there is no such profile.
    """
    if not passphrase:
        raise KeyringError("an empty passphrase protects nothing")
    if profile not in _PROFILES:
        raise KeyringError("unknown key derivation profile")
    cost = _PROFILES[profile]
    kdf = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return AESGCMSIV(kdf.derive(passphrase))
