"""Spill files: what one part of the vault came to, sealed, on its way to the buckets and filters.

    size           field
    1,025 x 8      where each of the 1,024 ranges of buckets starts, in records; the last is their number
    n x 36         records (bucket index of 16 bits as u32, entry), range by range
    ...            for each kind, in the order of `Kind`: 8 bytes of size, and that many bytes of sealed filter keys

All integers are little-endian but a record's. Entries are sealed as they will be published. Filter keys are cut from
tokens, so they lie here only under the vault's own key. A file has its name once it is whole, and the same part of the
vault always comes to the same entries and keys.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core, durable
from pilookup._core import RECORD_BYTES
from pilookup.custody.vault.shard import ShardStore
from pilookup.protocol.label import Kind
from pilookup.protocol.snapshot import MAX_BITS

INDEX_BITS: Final = MAX_BITS
"""Records are sealed for the most buckets there can be; how many there are is told by the number of entries."""

RANGE_BITS: Final = 10
RANGES: Final = 1 << RANGE_BITS
_INDEX_BYTES: Final = (RANGES + 1) * 8
_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Spills:
    """The spill files of one publish: `00000.spill` and on in a folder that is this run's alone."""

    folder: Path
    count: int

    def records(self, first: int, stop: int) -> bytes:
        """The records of ranges `first` to `stop` - 1 of all files, n x 36 bytes. Raises OSError, EOFError."""
        return b"".join(self._slices(first, stop))

    def filter_keys(self, store: ShardStore, kind: Kind) -> Iterator[bytes]:
        """A kind's filter keys, file by file, n x 8 bytes each. Raises OSError, EOFError, InvalidTag."""
        for number in range(self.count):
            path = spill_path(self.folder, number)
            with path.open("rb") as file:
                at = _INDEX_BYTES + _start(file.fileno(), RANGES) * RECORD_BYTES
                for each in Kind:
                    size = int.from_bytes(_read(file.fileno(), _SIZE_BYTES, at), "little")
                    if each is kind:
                        yield store.opened(_place(path, kind), _read(file.fileno(), size, at + _SIZE_BYTES))
                    at += _SIZE_BYTES + size

    def _slices(self, first: int, stop: int) -> Iterator[bytes]:
        for number in range(self.count):
            with spill_path(self.folder, number).open("rb") as file:
                start, end = _start(file.fileno(), first), _start(file.fileno(), stop)
                yield _read(file.fileno(), (end - start) * RECORD_BYTES, _INDEX_BYTES + start * RECORD_BYTES)


def write_spill(path: Path, store: ShardStore, records: bytes, keys: dict[Kind, bytes]) -> None:
    """Write a spill file of n x 36 bytes of records and each kind's filter keys. Raises OSError."""
    grouped, starts = _core.group_records(records, INDEX_BITS, RANGE_BITS)
    pieces = [starts, grouped]
    for kind in Kind:
        sealed = store.sealed(_place(path, kind), keys[kind])
        pieces += [len(sealed).to_bytes(_SIZE_BYTES, "little"), sealed]
    durable.put_whole(path, pieces, flushed=False)


def spill_path(folder: Path, number: int) -> Path:
    """`00007.spill`"""
    return folder / f"{number:05}.spill"


def _place(path: Path, kind: Kind) -> str:
    """What sealed filter keys are bound to: this run, this part, this kind."""
    return f"{path.parent.name}/{path.name}/{kind}"


def _start(descriptor: int, entry: int) -> int:
    return int(np.frombuffer(_read(descriptor, 8, entry * 8), "<u8")[0])


def _read(descriptor: int, size: int, at: int) -> bytes:
    """Exactly `size` bytes; one call of the system reads 2 GiB at most."""
    pieces = []
    while size:
        piece = os.pread(descriptor, min(size, 1 << 30), at)
        if not piece:
            raise EOFError("a spill file is cut short")
        pieces.append(piece)
        size, at = size - len(piece), at + len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
