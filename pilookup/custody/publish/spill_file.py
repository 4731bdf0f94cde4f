"""Spill files: what one part of the vault came to, sealed, on its way to the buckets and filters.

Three sections, one after another: records of 36 bytes (bucket index of 16 bits as u32, entry),
and filter keys of 8 bytes for each kind in the order of `Kind`. A section:

    size           field
    1,025 x 8      where each of its 1,024 ranges starts in what follows, in bytes; the last is its size; little-endian
    ...            ranges in order, by the upper 10 bits of bucket index or key, each sealed by itself

An entry that was altered unseen would make a number vanish; filter keys are cut from tokens, and tell membership to
whoever can evaluate. So both lie under the vault's own key, and a range without anything is sealed as well, so that
none can be left out. A file has its name once it is whole, and the same part of the vault always comes to the same
entries and keys.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable
from pilookup._core import RECORD_BYTES
from pilookup.custody.publish.filters.ascending_keys import upper_bounds
from pilookup.custody.vault.shard import ShardStore, sealed_size
from pilookup.errors import PublishError
from pilookup.protocol.buckets import MAX_BITS
from pilookup.protocol.filter import KEY_BYTES
from pilookup.protocol.label import Kind

INDEX_BITS: Final = MAX_BITS
"""Records are sealed for the most buckets there can be; how many there are is told by the number of entries."""

BUCKET_RANGE_BITS: Final = 10
"""The finest that buckets are cut for memory, and that a filter is cut into parts (SPEC.md section 10.3)."""

BUCKET_RANGES: Final = 1 << BUCKET_RANGE_BITS
RECORDS: Final = "records"
SECTIONS: Final = (RECORDS, *Kind)
_NUMBER: Final = np.dtype("<u8")
_INDEX_BYTES: Final = (BUCKET_RANGES + 1) * _NUMBER.itemsize


@dataclass(frozen=True, slots=True)
class SpillFiles:
    """The spill files of one publish: `00000.spill` and on in a folder that is this run's alone."""

    folder: Path
    count: int

    def records(self, store: ShardStore, first: int, stop: int) -> bytes:
        """The records of ranges `first` to `stop` - 1 of all files, n x 36 bytes. Raises PublishError, OSError."""
        return b"".join(self._each(lambda spill: spill.read(store, RECORDS, first, stop)))

    def filter_keys(self, store: ShardStore, kind: Kind, bits: int, number: int) -> list[bytes]:
        """A kind's filter keys whose upper `bits` (10 at most) are `number`: of each file n x 8 bytes, ascending.

        Raises PublishError, OSError.
        """
        finer = BUCKET_RANGE_BITS - bits
        first, stop = number << finer, (number + 1) << finer
        return self._each(lambda spill: spill.read(store, kind, first, stop))

    def _each(self, read: Callable[["_Spill"], bytes]) -> list[bytes]:
        pieces = []
        for number in range(self.count):
            path = spill_path(self.folder, number)
            with path.open("rb") as file:
                try:
                    pieces.append(read(_Spill(path, file)))
                except (EOFError, InvalidTag):
                    raise altered_error(path) from None
        return pieces


class _Spill:
    """One file, open; what was altered in it raises EOFError or InvalidTag."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def read(self, store: ShardStore, section: str, first: int, stop: int) -> bytes:
        """What is in ranges `first` to `stop` - 1 of a section."""
        at = self._start(section)
        starts = self._numbers(stop - first + 1, at + first * _NUMBER.itemsize)
        sealed = durable.read_at(self._file, starts[-1] - starts[0], at + _INDEX_BYTES + starts[0])
        return b"".join(
            store.open(_aad(self._path, section, number), sealed[start - starts[0] : end - starts[0]])
            for number, (start, end) in enumerate(pairwise(starts), first)
        )

    def _start(self, section: str) -> int:
        """Where a section begins."""
        at = 0
        for _ in range(SECTIONS.index(section)):
            at += _INDEX_BYTES + self._numbers(1, at + BUCKET_RANGES * _NUMBER.itemsize)[0]
        return at

    def _numbers(self, count: int, at: int) -> list[int]:
        data = durable.read_at(self._file, count * _NUMBER.itemsize, at)
        return [int(number) for number in np.frombuffer(data, _NUMBER)]


def write_spill_file(path: Path, store: ShardStore, records: bytes, keys: dict[Kind, bytes]) -> tuple[int, ...]:
    """Write a spill file of n x 36 bytes of records and n x 8 bytes of each kind's filter keys.

    Returns how many distinct keys of each kind are in it, in the order of `Kind`. Raises OSError.
    """
    grouped, starts = _core.group_records(records, INDEX_BITS, BUCKET_RANGE_BITS)
    bounds = [int(start) * RECORD_BYTES for start in np.frombuffer(starts, _NUMBER)]
    ascending = {kind: _core.sort_unique_keys(keys[kind]) for kind in Kind}
    sections = [_section(path, store, RECORDS, grouped, bounds)]
    sections += (
        _section(path, store, kind, ascending[kind], upper_bounds(ascending[kind], BUCKET_RANGE_BITS)) for kind in Kind
    )
    durable.write_and_rename(path, chain.from_iterable(sections), flushed=False)
    return tuple(len(ascending[kind]) // KEY_BYTES for kind in Kind)


def spill_path(folder: Path, number: int) -> Path:
    """`00007.spill`"""
    return folder / f"{number:05}.spill"


def altered_error(path: Path) -> PublishError:
    """What is raised for a file of this run that is not as it was written; the next run writes it anew."""
    return PublishError(f"{path}: altered while the publish ran: give the command again")


def _section(path: Path, store: ShardStore, section: str, data: bytes, bounds: list[int]) -> Iterator[bytes]:
    """The index of a section, and its ranges, sealed one by one: those of `data` between `bounds`, in bytes."""
    sizes = (sealed_size(end - start) for start, end in pairwise(bounds))
    yield np.fromiter(accumulate(sizes, initial=0), _NUMBER).tobytes()
    for number, (start, end) in enumerate(pairwise(bounds)):
        yield store.seal(_aad(path, section, number), data[start:end])


def _aad(path: Path, section: str, number: int) -> str:
    """What a sealed range is bound to: this run, this part, this section, its number."""
    return f"{path.parent.name}/{path.name}/{section}/{number}"
