"""A stream sealed under a passphrase, written and read once from start to end.

    offset  size  field
    0       8     magic "PLBACK", a zero byte and the version, 1
    8       1     size of the profile's name
    9       n     the name of the profile of Argon2id, as in `keyring.json`
    9+n     16    salt, random
    25+n          blocks of 1 MiB and a tag of 16 bytes each, the last one shorter or as long

Each block is AES-256-GCM-SIV under the key that Argon2id derives from the passphrase and the salt. Its nonce is its
number (8 bytes), three zero bytes, and 1 for the last block or 0; the AAD is everything before the blocks. So no block
can be changed, moved, repeated or left out, and no stream cut short (STREAM, as age uses it).
"""

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag

from pilookup.errors import BundleError, KeyringError
from pilookup.keyring import master_key
from pilookup.keyring.master_key import SALT_BYTES, TAG_BYTES, passphrase_cipher

MAGIC: Final = b"PLBACK\x00\x01"
BLOCK_BYTES: Final = 1 << 20
_SEALED_BYTES: Final = BLOCK_BYTES + TAG_BYTES


def sealed(chunks: Iterable[bytes], passphrase: bytes) -> Iterator[bytes]:
    """Seal a stream; raises KeyringError if the passphrase is empty."""
    profile, salt = master_key.PROFILE, os.urandom(SALT_BYTES)
    head = MAGIC + bytes([len(profile)]) + profile.encode() + salt
    cipher = passphrase_cipher(profile, passphrase, salt)
    yield head
    number, rest = 0, b""
    for block in _blocks(chunks):
        if rest:
            yield cipher.encrypt(_nonce(number, last=False), rest, head)
            number += 1
        rest = block
    yield cipher.encrypt(_nonce(number, last=True), rest, head)


class SealedReader:
    """Reads a sealed stream. Every byte that `read` returns was authenticated.

    Raises:
        BundleError: It is not a sealed stream, the passphrase is wrong, or it was changed or cut short.
        OSError: The file cannot be read.
    """

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        start = file.read(len(MAGIC) + 1)
        if len(start) <= len(MAGIC) or start[: len(MAGIC)] != MAGIC:
            raise BundleError("not a backup of this version")
        rest = file.read(start[-1] + SALT_BYTES)
        if len(rest) != start[-1] + SALT_BYTES:
            raise BundleError("the backup is cut short")
        profile, salt = rest[: start[-1]].decode("ascii", "replace"), rest[start[-1] :]
        try:
            self._cipher = passphrase_cipher(profile, passphrase, salt)
        except KeyringError as error:
            raise BundleError(str(error)) from None
        self._file, self._head = file, start + rest
        self._number = 0
        self._next = file.read(_SEALED_BYTES)
        self._block = memoryview(b"")
        self._ended = False
        self._open_next()

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end; all that are left if it is negative."""
        parts = []
        left = size
        while left and not (self._ended and not self._block):
            if not self._block:
                self._open_next()
                continue
            part = self._block[:left] if size >= 0 else self._block
            self._block = self._block[len(part) :]
            parts.append(bytes(part))
            left -= len(part) if size >= 0 else 0
        return b"".join(parts)

    def _open_next(self) -> None:
        data, self._next = self._next, self._file.read(_SEALED_BYTES)
        last = not self._next
        try:
            block = self._cipher.decrypt(_nonce(self._number, last=last), data, self._head)
        except (InvalidTag, ValueError):
            if self._number == 0:
                raise BundleError("the passphrase does not open the backup, or it is damaged at its start") from None
            raise BundleError(f"the backup is damaged or cut short after {self._number} MiB") from None
        self._block, self._ended = memoryview(block), last
        self._number += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(8, "big") + bytes(3) + bytes([last])


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `BLOCK_BYTES`, the last one shorter or as long."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= BLOCK_BYTES:
            yield bytes(held[:BLOCK_BYTES])
            del held[:BLOCK_BYTES]
    if held:
        yield bytes(held)
