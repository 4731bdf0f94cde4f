"""Spill files: the sealed entries and filter keys of one vault range, on their way to the buckets and filters.

A spill file (`00007.spill`) is a sealed file of three sections of 1,024 ranges (`vault/sealed_file.py`): the records of
36 bytes (bucket index of 16 bits as u32, entry), then the filter keys of 8 bytes for each kind, in the order of `Kind`.
Ranges are in ascending order of the upper 10 bits of the bucket index or key; the keys within one ascend.

Both are sealed under the vault's storage key: an altered entry that went unnoticed would hide a number, and filter keys
are parts of tokens, so they show membership to anyone who can evaluate. The same vault range always gives the same
entries and keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core
from pilookup._core import RECORD_BYTES
from pilookup.custody.publish.ascending_keys import upper_bounds
from pilookup.custody.vault.sealed_file import Layout, SealedFile
from pilookup.custody.vault.shard import ShardStore
from pilookup.errors import PublishError, VaultError
from pilookup.protocol.buckets import MAX_BITS
from pilookup.protocol.filter import KEY_BYTES
from pilookup.protocol.label import Kind

INDEX_BITS: Final = MAX_BITS
"""Records are made for the largest number of buckets; the number of entries decides how many there will be."""

BUCKET_RANGE_BITS: Final = 10
"""The finest division of the buckets for memory, and of a filter into parts (SPEC.md section 10.3)."""

BUCKET_RANGES: Final = 1 << BUCKET_RANGE_BITS
RECORDS: Final = "records"
SECTIONS: Final = (RECORDS, *Kind)
LAYOUT: Final = Layout(len(SECTIONS), BUCKET_RANGES)
_NUMBER: Final = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class SpillFiles:
    """The spill files of one publish: `00000.spill` and following, in a folder that only this run uses."""

    folder: Path
    count: int

    def records(self, store: ShardStore, first: int, stop: int) -> bytes:
        """The records of ranges `first` to `stop` - 1 of all files, n x 36 bytes.

        Raises:
            PublishError: A file is missing or altered; the text names it.
            OSError: It cannot be read.
        """
        return b"".join(self._read(store, RECORDS, first, stop))

    def filter_keys(self, store: ShardStore, kind: Kind, bits: int, number: int) -> list[bytes]:
        """The filter keys of a kind whose upper `bits` (at most 10) are `number`: n x 8 bytes of each file, ascending.

        Raises:
            PublishError: A file is missing or altered; the text names it.
            OSError: It cannot be read.
        """
        per_number = BUCKET_RANGE_BITS - bits
        return list(self._read(store, kind, number << per_number, (number + 1) << per_number))

    def _read(self, store: ShardStore, section: str, first: int, stop: int) -> Iterator[bytes]:
        for number in range(self.count):
            file = _spill_file(spill_path(self.folder, number), store)
            try:
                yield file.ranges(file.index(SECTIONS.index(section)), first, stop)
            except VaultError:
                raise altered_error(file.path) from None


def write_spill_file(
    path: Path, store: ShardStore, records: list[bytes], keys: dict[Kind, list[bytes]]
) -> tuple[int, ...]:
    """Write a spill file of n x 36 bytes of records and n x 8 bytes of filter keys of each kind.

    Empties `records` and `keys`, so that there are not several copies of them at once.

    Returns:
        The number of distinct keys of each kind, in the order of `Kind`.

    Raises:
        OSError: The file cannot be written.
        PublishError: The records or keys do not have the right sizes.
    """
    try:
        grouped, starts = _core.group_records(_joined(records), INDEX_BITS, BUCKET_RANGE_BITS)
        ascending = [_core.sort_unique_keys(_joined(keys[kind])) for kind in Kind]
    except ValueError as error:
        raise PublishError(f"{path}: {error}") from None
    bounds = [np.frombuffer(starts, _NUMBER) * RECORD_BYTES]
    bounds += (np.array(upper_bounds(each, BUCKET_RANGE_BITS), _NUMBER) for each in ascending)
    _spill_file(path, store).write([grouped, *ascending], np.diff(bounds))
    return tuple(len(each) // KEY_BYTES for each in ascending)


def spill_path(folder: Path, number: int) -> Path:
    """The path of a spill file, such as `00007.spill`."""
    return folder / f"{number:05}.spill"


def altered_error(path: Path) -> PublishError:
    """The error for an intermediate file that is missing or altered. The next run writes it again."""
    return PublishError(f"{path}: missing or altered while the publish ran: run the command again")


def _joined(buffers: list[bytes]) -> bytes:
    joined = b"".join(buffers)
    buffers.clear()
    return joined


def _spill_file(path: Path, store: ShardStore) -> SealedFile:
    """A spill file. Its AAD is the name of the run's folder, which no other run has, and its number."""
    return SealedFile(path, store, f"{path.parent.name}/{path.name}", LAYOUT)
