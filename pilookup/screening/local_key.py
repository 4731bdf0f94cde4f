"""The key that a platform makes and keeps for its join tables and tokens (SPEC.md section 16.1).

One file with 32 random bytes. Three keys are derived from it, so that what one of them protects says nothing of what
another does: join keys, row ids, and the sealing of tokens.
"""

import secrets
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pilookup import durable, file_errors
from pilookup.errors import KeyringError, ScreenError
from pilookup.keyring.private_file import read_private

KEY_BYTES: Final = 32


class LocalKey:
    """The keys derived from a platform's local key. It cannot be printed.

    Attributes:
        join: The key of join keys.
        rows: The key of row ids.
        sealing: The key under which tokens are sealed.
        id: Tells one local key from another; 16 bytes in hexadecimal.
    """

    __slots__ = ("id", "join", "rows", "sealing")

    def __init__(self, secret: bytes) -> None:
        """Derive the keys from the 32 bytes of a key file; raises ValueError for another size."""
        if len(secret) != KEY_BYTES:
            raise ValueError(f"local key: not {KEY_BYTES} bytes")
        self.join = _derive(secret, b"join")
        self.rows = _derive(secret, b"rows")
        self.sealing = _derive(secret, b"sealing")
        self.id = _derive(secret, b"id")[:16].hex()

    @staticmethod
    def make(path: str | Path) -> None:
        """Make a key in a new file of mode 0600.

        Raises:
            ScreenError: The file exists or cannot be written.
        """
        try:
            durable.create(Path(path), secrets.token_bytes(KEY_BYTES))
        except FileExistsError:
            raise ScreenError("bad_key", f"{path}: exists already, and was not replaced") from None
        except OSError as error:
            raise ScreenError("bad_key", file_errors.failure_text(error, "cannot be written", Path(path))) from error

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a key file.

        Raises:
            ScreenError: It is missing, accessible to others than its owner, or not a local key.
        """
        try:
            return cls(read_private(Path(path)))
        except KeyringError as error:
            raise ScreenError("bad_key", str(error)) from error
        except ValueError:
            raise ScreenError("bad_key", f"{path}: not a local key, which has {KEY_BYTES} bytes") from None


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"pilookup-v1-screen-" + purpose).derive(secret)
