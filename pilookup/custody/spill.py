"""Spill files: what one part of the vault came to, sealed, on its way to the buckets and filters.

    size           field
    1,025 x 8      where each of the 1,024 ranges of buckets starts, in records; the last is their number
    n x 36         records (bucket index of 16 bits as u32, entry), range by range
    ...            for each kind, in the order of `Kind`, its filter keys:
      257 x 8      where each of the 256 ranges of keys starts in what follows, in bytes; the last is its size
      ...          ranges of keys in ascending order, sealed one by one; a range without keys takes nothing

All integers are little-endian but a record's and a key's. Entries are sealed as they will be published. Filter keys are
cut from tokens, so they lie here only under the vault's own key. A file has its name once it is whole, and the same
part of the vault always comes to the same entries and keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core, durable
from pilookup._core import RECORD_BYTES
from pilookup.custody.vault.shard import ShardStore
from pilookup.protocol.filter import KEY_BYTES
from pilookup.protocol.label import Kind
from pilookup.protocol.snapshot import MAX_BITS

INDEX_BITS: Final = MAX_BITS
"""Records are sealed for the most buckets there can be; how many there are is told by the number of entries."""

RANGE_BITS: Final = 10
RANGES: Final = 1 << RANGE_BITS
_INDEX_BYTES: Final = (RANGES + 1) * 8

KEY_RANGE_BITS: Final = 8
_KEY_RANGES: Final = 1 << KEY_RANGE_BITS
_KEY_INDEX_BYTES: Final = (_KEY_RANGES + 1) * 8


@dataclass(frozen=True, slots=True)
class Spills:
    """The spill files of one publish: `00000.spill` and on in a folder that is this run's alone."""

    folder: Path
    count: int

    def records(self, first: int, stop: int) -> bytes:
        """The records of ranges `first` to `stop` - 1 of all files, n x 36 bytes. Raises OSError, EOFError."""
        return b"".join(self._slices(first, stop))

    def filter_keys(self, store: ShardStore, kind: Kind, bits: int, number: int) -> bytes:
        """A kind's filter keys whose upper `bits` are `number`, n x 8 bytes big-endian, each once, ascending.

        Raises OSError, EOFError, InvalidTag.
        """
        coarser = max(0, bits - KEY_RANGE_BITS)
        finer = max(0, KEY_RANGE_BITS - bits)
        first, stop = number >> coarser << finer, ((number >> coarser) + 1) << finer
        keys = _core.distinct_keys(b"".join(self._opened(store, kind, first, stop)))
        if not coarser:
            return keys
        start, end = upper_bounds(keys, bits)[number : number + 2]
        return keys[start:end]

    def _slices(self, first: int, stop: int) -> Iterator[bytes]:
        for number in range(self.count):
            with spill_path(self.folder, number).open("rb") as file:
                start, end = _start(file.fileno(), first), _start(file.fileno(), stop)
                yield durable.read_at(file.fileno(), (end - start) * RECORD_BYTES, _INDEX_BYTES + start * RECORD_BYTES)

    def _opened(self, store: ShardStore, kind: Kind, first: int, stop: int) -> Iterator[bytes]:
        """The keys of ranges `first` to `stop` - 1 of all files, n x 8 bytes each."""
        for number in range(self.count):
            path = spill_path(self.folder, number)
            with path.open("rb") as file:
                at = _keys_at(file.fileno(), kind)
                starts = _numbers(file.fileno(), stop - first + 1, at + first * 8)
                sealed = durable.read_at(file.fileno(), starts[-1] - starts[0], at + _KEY_INDEX_BYTES + starts[0])
            for held, (start, end) in enumerate(pairwise(starts), first):
                if start < end:
                    yield store.opened(_place(path, kind, held), sealed[start - starts[0] : end - starts[0]])


def write_spill(path: Path, store: ShardStore, records: bytes, keys: dict[Kind, bytes]) -> None:
    """Write a spill file of n x 36 bytes of records and n x 8 bytes of each kind's filter keys. Raises OSError."""
    grouped, starts = _core.group_records(records, INDEX_BITS, RANGE_BITS)
    pieces = [starts, grouped]
    for kind in Kind:
        sealed = _sealed_ranges(path, store, kind, keys[kind])
        starts = np.fromiter(accumulate(map(len, sealed), initial=0), "<u8").tobytes()
        pieces += [starts, *sealed]
    durable.put_whole(path, pieces, flushed=False)


def _sealed_ranges(path: Path, store: ShardStore, kind: Kind, keys: bytes) -> list[bytes]:
    ascending = _core.distinct_keys(keys)
    bounds = enumerate(pairwise(upper_bounds(ascending, KEY_RANGE_BITS)))
    return [
        store.sealed(_place(path, kind, number), ascending[start:end]) if start < end else b""
        for number, (start, end) in bounds
    ]


def upper_bounds(keys: bytes, bits: int) -> list[int]:
    """Where in n x 8 bytes of ascending keys those with each value of the upper `bits` start; the last is their end."""
    numbers = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.zeros(0, np.uint64)
    cuts = np.searchsorted(np.frombuffer(keys, ">u8").astype(np.uint64), numbers)
    return [0, *(int(cut) * KEY_BYTES for cut in cuts), len(keys)]


def spill_path(folder: Path, number: int) -> Path:
    """`00007.spill`"""
    return folder / f"{number:05}.spill"


def _place(path: Path, kind: Kind, number: int) -> str:
    """What sealed filter keys are bound to: this run, this part, this kind, this range."""
    return f"{path.parent.name}/{path.name}/{kind}/{number}"


def _keys_at(descriptor: int, kind: Kind) -> int:
    """Where a kind's keys begin."""
    at = _INDEX_BYTES + _start(descriptor, RANGES) * RECORD_BYTES
    for each in Kind:
        if each is kind:
            break
        at += _KEY_INDEX_BYTES + _numbers(descriptor, 1, at + _KEY_RANGES * 8)[0]
    return at


def _start(descriptor: int, entry: int) -> int:
    return _numbers(descriptor, 1, entry * 8)[0]


def _numbers(descriptor: int, count: int, at: int) -> list[int]:
    return [int(number) for number in np.frombuffer(durable.read_at(descriptor, count * 8, at), "<u8")]
