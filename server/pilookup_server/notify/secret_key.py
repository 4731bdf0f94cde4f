"""The secrets with which notices are signed. None is stored: each is derived from one key and a random id."""

import hmac
import secrets
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from pilookup import durable, file_errors
from pilookup.errors import FormatError, HomeError, KeyringError
from pilookup.keyring.private_file import read_private
from pilookup.protocol.encoding import b64url, from_b64url

FILE: Final = "notify.key"
"""The file in HOME's online half, mode 0600."""

_BYTES: Final = 32
_SECRET: Final = b"pilookup secret of a target\0"
_CHECK: Final = b"pilookup key of notify"


@dataclass(frozen=True, slots=True)
class NotifyKey:
    """The key that all secrets are derived from. Whoever has it can forge notices, and nothing else."""

    key: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the key.

        Raises:
            KeyringError: The file is missing, others may read it, or it is not a key. The text names the file.
        """
        try:
            text = read_private(path).decode("ascii").strip()
            return cls(from_b64url(text, _BYTES, "key"))
        except (FormatError, UnicodeDecodeError):
            raise KeyringError(f"{path}: not a key of pilookup notify") from None

    @classmethod
    def read_or_make(cls, path: Path) -> Self:
        """Read the key, or make one if there is no file.

        Raises:
            KeyringError: As `read`.
            HomeError: The file cannot be written.
        """
        if not path.exists():
            # FileExistsError: another process was faster, and its key counts.
            with file_errors.failures_as(HomeError, path), suppress(FileExistsError):
                durable.create(path, f"{b64url(secrets.token_bytes(_BYTES))}\n".encode())
        return cls.read(path)

    def secret(self, secret_id: str) -> bytes:
        """The secret of the target with this id."""
        return hmac.digest(self.key, _SECRET + secret_id.encode(), sha256)

    def check(self) -> str:
        """What tells this key from another, in 16 characters from which it does not follow."""
        return hmac.digest(self.key, _CHECK, sha256).hex()[:16]


def new_secret_id() -> str:
    """The id of a new secret."""
    return secrets.token_hex(16)


def secret_text(secret: bytes) -> str:
    """A secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secret).decode()}"
