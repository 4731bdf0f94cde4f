"""Spill files: what one part of the vault came to, sealed, on its way to the buckets and filters.

    size           field
    1,025 x 8      where each of the 1,024 ranges of buckets starts, in records; the last is their number
    n x 36         records (bucket index of 16 bits as u32, entry), range by range
    ...            for each kind, in the order of `Kind`, its filter keys:
      1,025 x 8    where each of the 1,024 ranges of keys starts in what follows, in bytes; the last is its size
      ...          ranges of keys, by their upper 10 bits, in ascending order, each sealed by itself

All integers are little-endian but a record's and a key's. Entries are sealed as they will be published, and counted
when the snapshot is read back. Filter keys are cut from tokens, so they lie here only under the vault's own key; a
range without keys is sealed as well, so that none can be left out unseen. A file has its name once it is whole, and the
same part of the vault always comes to the same entries and keys.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import numpy as np
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable
from pilookup._core import RECORD_BYTES
from pilookup.custody.filter_keys import upper_bounds
from pilookup.custody.vault.shard import ShardStore
from pilookup.errors import PublishError
from pilookup.protocol.filter import KEY_BYTES
from pilookup.protocol.label import Kind
from pilookup.protocol.snapshot import MAX_BITS

INDEX_BITS: Final = MAX_BITS
"""Records are sealed for the most buckets there can be; how many there are is told by the number of entries."""

RANGE_BITS: Final = 10
RANGES: Final = 1 << RANGE_BITS

KEY_RANGE_BITS: Final = 10
"""The finest that a filter is cut (SPEC.md section 10.3)."""

_KEY_RANGES: Final = 1 << KEY_RANGE_BITS
_NUMBER: Final = np.dtype("<u8")
_INDEX_BYTES: Final = (RANGES + 1) * _NUMBER.itemsize
_KEY_INDEX_BYTES: Final = (_KEY_RANGES + 1) * _NUMBER.itemsize


@dataclass(frozen=True, slots=True)
class Spills:
    """The spill files of one publish: `00000.spill` and on in a folder that is this run's alone."""

    folder: Path
    count: int

    def records(self, first: int, stop: int) -> bytes:
        """The records of ranges `first` to `stop` - 1 of all files, n x 36 bytes. Raises PublishError, OSError."""
        return b"".join(self._each(lambda spill: spill.records(first, stop)))

    def filter_keys(self, store: ShardStore, kind: Kind, bits: int, number: int) -> list[bytes]:
        """A kind's filter keys whose upper `bits` (10 at most) are `number`: of each file n x 8 bytes, ascending.

        Raises PublishError, OSError.
        """
        finer = KEY_RANGE_BITS - bits
        first, stop = number << finer, (number + 1) << finer
        return self._each(lambda spill: spill.filter_keys(store, kind, first, stop))

    def _each(self, read: Callable[["_Spill"], bytes]) -> list[bytes]:
        pieces = []
        for number in range(self.count):
            path = spill_path(self.folder, number)
            with path.open("rb") as file:
                try:
                    pieces.append(read(_Spill(path, file.fileno())))
                except (EOFError, InvalidTag):
                    raise altered(path) from None
        return pieces


class _Spill:
    """One file, open; what was altered in it raises EOFError or InvalidTag."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def records(self, first: int, stop: int) -> bytes:
        start, end = self._numbers(1, first * 8)[0], self._numbers(1, stop * 8)[0]
        size = (end - start) * RECORD_BYTES
        return durable.read_at(self._descriptor, size, _INDEX_BYTES + start * RECORD_BYTES)

    def filter_keys(self, store: ShardStore, kind: Kind, first: int, stop: int) -> bytes:
        at = self._keys_at(kind)
        starts = self._numbers(stop - first + 1, at + first * 8)
        sealed = durable.read_at(self._descriptor, starts[-1] - starts[0], at + _KEY_INDEX_BYTES + starts[0])
        return b"".join(
            store.opened(_place(self._path, kind, number), sealed[start - starts[0] : end - starts[0]])
            for number, (start, end) in enumerate(pairwise(starts), first)
        )

    def _keys_at(self, kind: Kind) -> int:
        """Where a kind's keys begin."""
        at = _INDEX_BYTES + self._numbers(1, RANGES * 8)[0] * RECORD_BYTES
        for each in Kind:
            if each is kind:
                break
            at += _KEY_INDEX_BYTES + self._numbers(1, at + _KEY_RANGES * 8)[0]
        return at

    def _numbers(self, count: int, at: int) -> list[int]:
        data = durable.read_at(self._descriptor, count * _NUMBER.itemsize, at)
        return [int(number) for number in np.frombuffer(data, _NUMBER)]


def write_spill(path: Path, store: ShardStore, records: bytes, keys: dict[Kind, bytes]) -> tuple[int, ...]:
    """Write a spill file of n x 36 bytes of records and n x 8 bytes of each kind's filter keys.

    Returns how many distinct keys of each kind are in it, in the order of `Kind`. Raises OSError.
    """
    grouped, starts = _core.group_records(records, INDEX_BITS, RANGE_BITS)
    pieces, counts = [starts, grouped], []
    for kind in Kind:
        ascending = _core.distinct_keys(keys[kind])
        ranges = enumerate(pairwise(upper_bounds(ascending, KEY_RANGE_BITS)))
        sealed = [store.sealed(_place(path, kind, number), ascending[start:end]) for number, (start, end) in ranges]
        pieces += [np.fromiter(accumulate(map(len, sealed), initial=0), _NUMBER).tobytes(), *sealed]
        counts.append(len(ascending) // KEY_BYTES)
    durable.put_whole(path, pieces, flushed=False)
    return tuple(counts)


def spill_path(folder: Path, number: int) -> Path:
    """`00007.spill`"""
    return folder / f"{number:05}.spill"


def altered(path: Path) -> PublishError:
    """What is raised for a file of this run that is not as it was written; the next run writes it anew."""
    return PublishError(f"{path}: altered while the publish ran: give the command again")


def _place(path: Path, kind: Kind, number: int) -> str:
    """What sealed filter keys are bound to: this run, this part, this kind, this range."""
    return f"{path.parent.name}/{path.name}/{kind}/{number}"
