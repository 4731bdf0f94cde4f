"""Vault files, all of them encrypted, in two forms.

A sealed file (an index, the erased elements) is one piece:

    size  field
    4     "PLKS"
    1     format version, 1
    32    guard: v * HashToGroup("test:pilookup-vault")
    12    nonce, random
    ...   AES-256-GCM-SIV of the content under the key `vault-storage`

A shard, one partition of one load, is cut into frames, so that a range of elements is read without the rest of it:

    4     "PLKS"
    1     format version, 2
    32    guard
    16    the shard's id, random
    ...   frames, each a nonce and the AES-256-GCM-SIV of a Parquet file of at most 16,384 rows
    ...   directory: a nonce and the AES-256-GCM-SIV of 16 bytes a frame: u32 size, u32 rows, u16 first and u16 last
          span (`rows.spans_of`), 4 bytes zero; little-endian
    4     size of the directory as it stands, little-endian

The associated data are the bytes before the first nonce and the file's place (dataset, load, partition), so that a file
moved elsewhere does not open; for a frame its number too, for the directory the word "directory". The directory counts
the frames, so none can be missing.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable
from pilookup.custody.vault.schema import ALL, SCHEMA, Span, fixed_bytes, spans_of
from pilookup.errors import VaultError

MAGIC: Final = b"PLKS\x01"
SHARD_MAGIC: Final = b"PLKS\x02"
GUARD_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEAL_BYTES: Final = NONCE_BYTES + TAG_BYTES
RANGE_SIZE_BYTES: Final = 4
FRAME_ROWS: Final = 1 << 14
_HEAD: Final = len(MAGIC) + GUARD_BYTES
_SHARD_HEAD: Final = _HEAD + 16
_SIZE_BYTES: Final = 4
_FRAME: Final = np.dtype([("size", "<u4"), ("rows", "<u4"), ("first", "<u2"), ("last", "<u2"), ("zero", "<u4")])
_PACKING: Final = {"element": "none", "account": "zstd", "count": "zstd", "month": "zstd"}


class ShardStore:
    """Seals and opens the vault's files."""

    def __init__(self, key: bytes, guard: bytes) -> None:
        self._key = key
        self.guard = guard

    def encode_shard(self, aad: str, tables: Iterable[pa.Table]) -> Iterator[bytes]:
        """A shard of vault rows, piece by piece, however many tables they come in; one frame of them is held.

        Rows in ascending order are read by range at least cost.
        """
        head = SHARD_MAGIC + self.guard + os.urandom(_SHARD_HEAD - _HEAD)
        yield head
        directory = []
        for i, rows in enumerate(_frames(tables)):
            spans = spans_of(fixed_bytes(rows["element"]))
            frame = self._seal(head + f"{aad}/{i}".encode(), _parquet(rows))
            directory.append((len(frame), rows.num_rows, spans.min(), spans.max(), 0))
            yield frame
        sealed = self._seal(head + f"{aad}/directory".encode(), np.array(directory, _FRAME).tobytes())
        yield sealed
        yield len(sealed).to_bytes(_SIZE_BYTES, "little")

    def read_table(self, path: Path, aad: str, span: Span = ALL) -> pa.Table:
        """The rows of a shard whose elements lie in `span`; raises VaultError naming it."""
        try:
            with path.open("rb") as file:
                return pa.concat_tables([SCHEMA.empty_table(), *self._read_frames(file, aad, span)])
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        except _ForeignFileError as error:
            raise VaultError(f"{path}: {error}") from None
        except (InvalidTag, EOFError, pa.ArrowInvalid):
            raise VaultError(f"{path}: altered, or not where it belongs") from None

    def write(self, path: Path, aad: str, data: bytes) -> None:
        """Seal bytes into a new file; raises OSError."""
        durable.write_flushed(path, self.seal(aad, data))

    def seal(self, aad: str, data: bytes) -> bytes:
        """The sealed bytes of a file that belongs at `aad`."""
        head = MAGIC + self.guard
        return head + self._seal(head + aad.encode(), data)

    def read(self, path: Path, aad: str) -> bytes:
        """Open a sealed file; raises VaultError naming it when it is missing, moved, altered or of another vault."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        try:
            return self.open(aad, data)
        except _ForeignFileError as error:
            raise VaultError(f"{path}: {error}") from None
        except InvalidTag:
            raise VaultError(f"{path}: altered, or not where it belongs") from None

    def open(self, aad: str, data: bytes) -> bytes:
        """What `sealed` sealed; raises InvalidTag for anything else."""
        head = data[:_HEAD]
        self._check_head(head, MAGIC)
        return self._open(head + aad.encode(), data[_HEAD:])

    def seal_ranges(self, aad: bytes, data: Sequence[bytes], sizes: bytes) -> bytes:
        """Consecutive ranges of `data`, each sealed by itself: `SEAL_BYTES` more than its size.

        A range is bound to `aad`, the vault and its number. sizes: those of the ranges, little-endian u32.
        """
        nonces = os.urandom(NONCE_BYTES * (len(sizes) // RANGE_SIZE_BYTES))
        return _core.seal_ranges(self._key, nonces, data, sizes, aad + self.guard)

    def open_ranges(self, aad: bytes, sealed: bytes, sizes: bytes, first: int) -> bytes:
        """The data of ranges `first` and following that `seal_ranges` sealed, of these sizes; raises InvalidTag."""
        try:
            return _core.open_ranges(self._key, sealed, sizes, first, aad + self.guard)
        except ValueError:
            raise InvalidTag from None

    def _read_frames(self, file: BinaryIO, aad: str, span: Span) -> Iterator[pa.Table]:
        head = file.read(_SHARD_HEAD)
        self._check_head(head[:_HEAD], SHARD_MAGIC)
        at = _SHARD_HEAD
        for i, frame in enumerate(self._directory(file, head, aad)):
            if frame["first"] < span.stop and span.start <= frame["last"]:
                sealed = durable.read_at(file, int(frame["size"]), at)
                rows = _rows(self._open(head + f"{aad}/{i}".encode(), sealed))
                yield rows if span.start <= frame["first"] and frame["last"] < span.stop else _within(rows, span)
            at += int(frame["size"])

    def _directory(self, file: BinaryIO, head: bytes, aad: str) -> "np.ndarray[Any, np.dtype[np.void]]":
        end = file.seek(0, os.SEEK_END) - _SIZE_BYTES
        if end < _SHARD_HEAD:
            raise EOFError
        size = int.from_bytes(durable.read_at(file, _SIZE_BYTES, end), "little")
        if size > end - _SHARD_HEAD:
            raise EOFError
        sealed = durable.read_at(file, size, end - size)
        return np.frombuffer(self._open(head + f"{aad}/directory".encode(), sealed), _FRAME)

    def _check_head(self, head: bytes, magic: bytes) -> None:
        if len(head) != _HEAD or not head.startswith(magic):
            raise _ForeignFileError("not a vault file")
        if head[len(magic) :] != self.guard:
            raise _ForeignFileError("made under another vault key")

    def _seal(self, aad: bytes, data: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + _core.seal_file(self._key, nonce, data, aad)

    def _open(self, aad: bytes, sealed: bytes) -> bytes:
        if len(sealed) < SEAL_BYTES:
            raise InvalidTag
        try:
            return _core.open_file(self._key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
        except ValueError:
            raise InvalidTag from None


class _ForeignFileError(InvalidTag):
    """A file that is not of this vault; the text says what it is."""


def _frames(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, `FRAME_ROWS` in each table but the last."""
    held = SCHEMA.empty_table()
    for table in tables:
        held = pa.concat_tables([held, table])
        while held.num_rows >= FRAME_ROWS:
            yield held.slice(0, FRAME_ROWS).combine_chunks()
            held = held.slice(FRAME_ROWS)
        held = held.combine_chunks()
    if held.num_rows:
        yield held


def _parquet(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression=_PACKING, use_dictionary=False, write_statistics=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _rows(data: bytes) -> pa.Table:
    return pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)


def _within(rows: pa.Table, span: Span) -> pa.Table:
    spans = spans_of(fixed_bytes(rows["element"]))
    return rows.filter(pa.array((span.start <= spans) & (spans < span.stop)))


def read_guard(path: Path) -> bytes:
    """The guard a shard carries; raises VaultError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise VaultError(f"{path}: missing") from None
    if len(head) != _HEAD or not head.startswith((MAGIC, SHARD_MAGIC)):
        raise VaultError(f"{path}: not a vault file")
    return head[len(SHARD_MAGIC) :]
