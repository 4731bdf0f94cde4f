"""Shard files: one partition of one load, encrypted.

    size  field
    4     "PLKS"
    1     format version, 1
    32    guard: v * HashToGroup("test:pilookup-vault")
    12    nonce, random
    ...   AES-256-GCM-SIV of a Parquet file under the key `vault-storage`

The associated data is the 37 bytes before the nonce and the shard's place (dataset, load, partition), so a shard moved
elsewhere does not open.
"""

import os
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup import durable
from pilookup.errors import VaultError

MAGIC: Final = b"PLKS\x01"
GUARD_BYTES: Final = 32
NONCE_BYTES: Final = 12
_HEAD: Final = len(MAGIC) + GUARD_BYTES


class ShardStore:
    """Seals and opens the vault's files."""

    def __init__(self, key: bytes, guard: bytes) -> None:
        self._cipher = AESGCMSIV(key)
        self.guard = guard

    def write_table(self, path: Path, place: str, table: pa.Table) -> None:
        """Write a new shard; raises OSError."""
        sink = pa.BufferOutputStream()
        packing = {"element": "none", "account": "zstd", "count": "zstd", "month": "zstd"}
        pq.write_table(table, sink, compression=packing, use_dictionary=False, write_statistics=False)
        self.write(path, place, sink.getvalue().to_pybytes())

    def read_table(self, path: Path, place: str) -> pa.Table:
        """Open a shard; raises VaultError naming it."""
        return pq.read_table(pa.BufferReader(self.read(path, place)))

    def write(self, path: Path, place: str, data: bytes) -> None:
        """Seal bytes into a new file; raises OSError."""
        durable.write_flushed(path, self.sealed(place, data))

    def sealed(self, place: str, data: bytes) -> bytes:
        """The sealed bytes of a file that belongs at `place`."""
        head = MAGIC + self.guard
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._cipher.encrypt(nonce, data, head + place.encode())

    def read(self, path: Path, place: str) -> bytes:
        """Open a sealed file; raises VaultError naming it when it is missing, moved, altered or of another vault."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        head, nonce, sealed = data[:_HEAD], data[_HEAD : _HEAD + NONCE_BYTES], data[_HEAD + NONCE_BYTES :]
        if not head.startswith(MAGIC) or len(nonce) != NONCE_BYTES:
            raise VaultError(f"{path}: not a vault file")
        if head[len(MAGIC) :] != self.guard:
            raise VaultError(f"{path}: made under another vault key")
        try:
            return self._cipher.decrypt(nonce, sealed, head + place.encode())
        except InvalidTag:
            raise VaultError(f"{path}: altered, or not where it belongs") from None


def read_guard(path: Path) -> bytes:
    """The guard a shard carries; raises VaultError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise VaultError(f"{path}: missing") from None
    if len(head) != _HEAD or not head.startswith(MAGIC):
        raise VaultError(f"{path}: not a vault file")
    return head[len(MAGIC) :]
