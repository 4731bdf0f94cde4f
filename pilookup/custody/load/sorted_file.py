"""Part files of a load in the making: the vault rows of one piece of a file, by partition and by range within it.

A range is the upper six bits of an element's first byte, so ranges ascend as the elements of a partition do, and a
partition can be read range by range out of all parts:

    64 x 292    for each partition its sealed directory: u64 where its rows start in the file, and for each of the 64
                ranges its number of rows, u32
    ...         for each partition and each of its ranges that has rows, both ascending, its sealed segment

A segment holds rows one after another: 32 bytes of element, the month (u16) and, where accounts are kept, how many rows
without an account it stands for (u32) and 16 bytes of account; one row for each element and account of the part.
Integers are little-endian. Sealed means a nonce and the AES-256-GCM-SIV under the key `vault-storage`, bound to vault,
load, part, partition and range (`ShardStore.sealed_pieces`): what is put elsewhere does not open. Part files are not
flushed to the disk, since a load that the power failed in starts anew.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable
from pilookup.custody.load.staging import StagedLoad
from pilookup.custody.vault.schema import PARTITIONS
from pilookup.custody.vault.shard import SEAL_BYTES
from pilookup.custody.vault.vault import Vault
from pilookup.errors import VaultError

COARSE_SPANS: Final = 64
_COUNT: Final = np.dtype("<u4")
_DIRECTORY: Final = np.dtype([("start", "<u8"), ("rows", _COUNT, COARSE_SPANS)])
_SEALED_DIRECTORY: Final = _DIRECTORY.itemsize + SEAL_BYTES

Counts = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class VaultRows:
    """n rows of a load: row i has the element numbered indices[i] (u32), months[i] (u16) and account i (16 bytes)."""

    elements: bytes = field(repr=False)
    indices: bytes
    months: bytes
    accounts: bytes = field(repr=False)


def write_sorted_file(vault: Vault, load: StagedLoad, number: int, rows: VaultRows) -> int:
    """Write the rows as a part of the load; returns how many were left out, their numbers having been erased.

    A second run of a task writes the same rows again in one step. Raises OSError.
    """
    erased = b"".join(vault.suppressed.to_pylist())
    segments, told, erased_rows = _core.partition_rows(rows.elements, rows.indices, rows.months, rows.accounts, erased)
    counts = np.frombuffer(told, _COUNT).reshape(PARTITIONS, COARSE_SPANS).astype(np.int64)
    directory = np.zeros(PARTITIONS, _DIRECTORY)
    ends = np.cumsum(_sealed_sizes(counts, load).sum(axis=1))
    directory["start"] = PARTITIONS * _SEALED_DIRECTORY + np.concatenate([[0], ends[:-1]])
    directory["rows"] = counts
    sizes = (counts * load.row_bytes).ravel().tolist()
    pieces = [
        vault.store.sealed_pieces(
            load.aad(number, "directory"), directory.tobytes(), [_DIRECTORY.itemsize] * PARTITIONS
        ),
        vault.store.sealed_pieces(load.aad(number, "rows"), segments, sizes),
    ]
    durable.write_and_rename(_path(vault, load, number), pieces, flushed=False)
    return erased_rows


class PartitionRows:
    """One partition of a load in the making, read range by range out of all its parts.

    Every method raises VaultError naming a part file that is missing or altered.
    """

    def __init__(self, vault: Vault, load: StagedLoad, sorted_files: int, partition: int) -> None:
        self.load = load
        self._vault = vault
        self._sorted_files = sorted_files
        self._partition = partition

    @cached_property
    def counts(self) -> Counts:
        """How many rows each of the 64 ranges has, those of all parts together."""
        counts: Counts = self._directories["rows"].sum(axis=0, dtype=np.int64)
        return counts

    def segments(self, first: int, stop: int) -> list[bytes]:
        """The rows of ranges `first` to `stop` - 1, a segment a part."""
        return [segment for number in range(self._sorted_files) if (segment := self._segment(number, first, stop))]

    def _segment(self, number: int, first: int, stop: int) -> bytes:
        counts = self._directories["rows"][number].astype(np.int64)
        if not counts[first:stop].any():
            return b""
        at = int(self._directories["start"][number]) + int(_sealed_sizes(counts[:first], self.load).sum())
        sizes = (counts[first:stop] * self.load.row_bytes).tolist()
        return self._read(number, "rows", at, sizes, self._partition * COARSE_SPANS + first)

    @cached_property
    def _directories(self) -> "np.ndarray[Any, np.dtype[np.void]]":
        """The partition's directory in each part."""
        return np.frombuffer(b"".join(map(self._directory, range(self._sorted_files))), _DIRECTORY)

    def _directory(self, number: int) -> bytes:
        at = self._partition * _SEALED_DIRECTORY
        return self._read(number, "directory", at, [_DIRECTORY.itemsize], self._partition)

    def _read(self, number: int, what: str, at: int, sizes: list[int], first: int) -> bytes:
        """The data of sealed pieces `first` and on of a part, of these sizes, which stand one after another at `at`."""
        path = _path(self._vault, self.load, number)
        try:
            with path.open("rb", buffering=0) as file:
                sealed = durable.read_at(file, sum(size + SEAL_BYTES for size in sizes if size), at)
            return self._vault.store.opened_pieces(self.load.aad(number, what), sealed, sizes, first)
        except FileNotFoundError:
            raise VaultError(f"{path}: missing") from None
        except (EOFError, InvalidTag):
            raise VaultError(f"{path}: altered, or not where it belongs") from None


def _sealed_sizes(counts: Counts, load: StagedLoad) -> Counts:
    """Bytes of the sealed segments of so many rows."""
    sizes: Counts = np.where(counts > 0, counts * load.row_bytes + SEAL_BYTES, 0)
    return sizes


def _path(vault: Vault, load: StagedLoad, number: int) -> Path:
    return load.sorted_folder(vault) / f"{number:06}.spill"
