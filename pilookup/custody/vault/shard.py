"""The files of the vault, all of them encrypted, in two forms.

An index, or the list of erased elements, is encrypted as a whole:

    size  field
    4     "PLKS"
    1     format version, 1
    32    guard: v * HashToGroup("test:pilookup-vault"), which shows under which vault key the file was made
    12    nonce, random
    ...   AES-256-GCM-SIV of the content under the key `vault-storage`

A shard, one partition of one load, consists of frames, so that a range of spans can be read without the rest:

    4     "PLKS"
    1     format version, 2
    32    guard
    16    the shard's id, random
    ...   frames, each a nonce and the AES-256-GCM-SIV of a Parquet file of at most 16,384 rows
    ...   directory: a nonce and the AES-256-GCM-SIV of 16 bytes for each frame: u32 size, u32 rows, u16 first and u16
          last span (`partitions.spans_of`), 4 bytes zero; little-endian
    4     size of the sealed directory, little-endian

The AAD consists of the bytes before the first nonce, then dataset, load and partition, so that a file that was moved
elsewhere does not open. For a frame the AAD also contains its number, and for the directory the word "directory". The
directory lists all frames, so a missing frame is noticed.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable, file_parts
from pilookup.custody.vault.columns import fixed_bytes
from pilookup.custody.vault.partitions import ALL, Span, spans_of
from pilookup.custody.vault.schema import SCHEMA
from pilookup.errors import VaultError
from pilookup.plain_file import plain_file, read_whole

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
    """Seals and opens the files of the vault.

    Args:
        key: The storage key, 32 bytes.
        guard: The guard of the vault key, 32 bytes.
    """

    def __init__(self, key: bytes, guard: bytes) -> None:
        self._key = key
        self.guard = guard

    def encode_shard(self, aad: str, tables: Iterable[pa.Table]) -> Iterator[bytes]:
        """Yield the bytes of a shard. At most one frame and one table are in memory at once.

        Args:
            aad: Dataset, load and partition.
            tables: The rows, in tables of any size. If the elements ascend, a range of spans is read from few frames.
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
        """The rows of a shard whose elements are in `span`.

        Raises:
            VaultError: The shard is missing, altered, moved, or of another vault; the text names it.
            OSError: It cannot be read.
        """
        try:
            with plain_file(path) as file:
                return pa.concat_tables([SCHEMA.empty_table(), *self._read_frames(file, aad, span)])
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        except _ForeignFileError as error:
            raise VaultError(f"{path}: {error}") from None
        except (InvalidTag, EOFError, pa.ArrowInvalid):
            raise VaultError(f"{path}: altered, or not where it belongs") from None

    def write(self, path: Path, aad: str, data: bytes) -> None:
        """Seal bytes as a whole into a new file; raises OSError."""
        durable.write_flushed(path, self.seal(aad, data))

    def seal(self, aad: str, data: bytes) -> bytes:
        """Seal bytes as a whole: the content of a file."""
        head = MAGIC + self.guard
        return head + self._seal(head + aad.encode(), data)

    def read(self, path: Path, aad: str) -> bytes:
        """Open a file that was sealed as a whole.

        Raises:
            VaultError: The file is missing, altered, moved, or of another vault; the text names it.
            OSError: It cannot be read.
        """
        try:
            data = read_whole(path)
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        try:
            return self.open(aad, data)
        except _ForeignFileError as error:
            raise VaultError(f"{path}: {error}") from None
        except InvalidTag:
            raise VaultError(f"{path}: altered, or not where it belongs") from None

    def open(self, aad: str, data: bytes) -> bytes:
        """Open what `seal` returned; raises InvalidTag for anything else."""
        head = data[:_HEAD]
        self._check_head(head, MAGIC)
        return self._open(head + aad.encode(), data[_HEAD:])

    def seal_ranges(self, aad: bytes, data: Sequence[bytes], sizes: bytes) -> bytes:
        """Seal consecutive ranges of `data`, each by itself.

        Args:
            aad: What the ranges belong to. The guard and the number of a range are added to it.
            data: The ranges, one after another, in any number of buffers.
            sizes: The size of each range, little-endian u32.

        Returns:
            The sealed ranges, each `SEAL_BYTES` larger than its data.

        Raises:
            ValueError: The sizes do not add up to the data.
        """
        nonces = os.urandom(NONCE_BYTES * (len(sizes) // RANGE_SIZE_BYTES))
        return _core.seal_ranges(self._key, nonces, data, sizes, aad + self.guard)

    def open_ranges(self, aad: bytes, sealed: bytes, sizes: bytes, first: int) -> bytes:
        """Open ranges `first` and following of what `seal_ranges` returned; raises InvalidTag for anything else.

        Args:
            aad: As given to `seal_ranges`.
            sealed: The sealed ranges.
            sizes: The size of the data of each, little-endian u32.
            first: The number of the first range.
        """
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
                sealed = file_parts.read_at(file, int(frame["size"]), at)
                rows = _rows(self._open(head + f"{aad}/{i}".encode(), sealed))
                yield rows if span.start <= frame["first"] and frame["last"] < span.stop else _within(rows, span)
            at += int(frame["size"])

    def _directory(self, file: BinaryIO, head: bytes, aad: str) -> "np.ndarray[Any, np.dtype[np.void]]":
        end = file.seek(0, os.SEEK_END) - _SIZE_BYTES
        if end < _SHARD_HEAD:
            raise EOFError
        size = int.from_bytes(file_parts.read_at(file, _SIZE_BYTES, end), "little")
        if size > end - _SHARD_HEAD:
            raise EOFError
        sealed = file_parts.read_at(file, size, end - size)
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
    """A file is not one of this vault. The text says why."""


def _frames(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Divide the rows into tables of `FRAME_ROWS` rows; the last one may be smaller."""
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
    """The guard in a shard; raises VaultError if the shard is missing or not a vault file, OSError."""
    try:
        with plain_file(path) as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise VaultError(f"{path}: missing") from None
    if len(head) != _HEAD or not head.startswith((MAGIC, SHARD_MAGIC)):
        raise VaultError(f"{path}: not a vault file")
    return head[len(SHARD_MAGIC) :]
