"""Sorted files of a load in the making: the vault rows of one file split, by partition and by coarse span.

A sorted file (`000007.sorted`) is a sealed file of 64 sections, one for each partition, of 64 ranges, one for each
coarse span (`vault/sealed_file.py`). A coarse span is the upper six bits of an element's first byte, so coarse spans
ascend as the elements of a partition do, and a partition can be read span by span out of all sorted files of its load.

A range holds rows one after another, one for each element and account of the split: 32 bytes of element, the month
(u16) and, where accounts are kept, the number of rows without an account that it stands for (u32) and 16 bytes of
account. Integers are little-endian.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from pilookup import _core
from pilookup.custody.load.staging import StagedLoad
from pilookup.custody.vault.partitions import PARTITIONS
from pilookup.custody.vault.sealed_file import Layout, SealedFile, SectionIndex
from pilookup.custody.vault.vault import Vault

COARSE_SPANS: Final = 64
LAYOUT: Final = Layout(PARTITIONS, COARSE_SPANS)
_COUNT: Final = np.dtype("<u4")

Counts = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class VaultRows:
    """n rows of a load: row i has the element numbered indices[i] (u32), months[i] (u16) and account i (16 bytes)."""

    elements: bytes = field(repr=False)
    indices: bytes = field(repr=False)
    months: bytes = field(repr=False)
    accounts: bytes = field(repr=False)


def write_sorted_file(vault: Vault, load: StagedLoad, number: int, rows: VaultRows) -> int:
    """Write the rows as sorted file `number` of the load, in one step, so that a task may run twice.

    Returns:
        The number of rows that were left out because their numbers have been erased.

    Raises:
        OSError: The file cannot be written.
        ValueError: The columns do not have the same number of rows.
    """
    erased = b"".join(vault.suppressed.to_pylist())
    segments, counts, erased_rows = _core.partition_rows(
        rows.elements, rows.indices, rows.months, rows.accounts, erased
    )
    sizes = np.frombuffer(counts, _COUNT).reshape(PARTITIONS, COARSE_SPANS) * load.row_bytes
    _sorted_file(vault, load, number).write([segments], sizes)
    return erased_rows


class PartitionRows:
    """One partition of a load in the making, read span by span out of all its sorted files.

    Every method raises VaultError naming a sorted file that is missing or altered, and OSError.
    """

    def __init__(self, vault: Vault, load: StagedLoad, sorted_files: Sequence[int], partition: int) -> None:
        self.load = load
        self._partition = partition
        self._files = [_sorted_file(vault, load, number) for number in sorted_files]

    @cached_property
    def counts(self) -> Counts:
        """The number of rows in each of the 64 coarse spans, those of all sorted files together."""
        sizes = sum((index.sizes.astype(np.int64) for index in self._indexes), np.zeros(COARSE_SPANS, np.int64))
        return sizes // self.load.row_bytes

    def segments(self, first: int, stop: int) -> list[bytes]:
        """The rows of coarse spans `first` to `stop` - 1, one segment for each sorted file that has any."""
        pairs = zip(self._files, self._indexes, strict=True)
        return [file.ranges(index, first, stop) for file, index in pairs if index.sizes[first:stop].any()]

    @cached_property
    def _indexes(self) -> list[SectionIndex]:
        """The index of the partition in each sorted file."""
        return [file.index(self._partition) for file in self._files]


def _sorted_file(vault: Vault, load: StagedLoad, number: int) -> SealedFile:
    path = load.sorted_folder(vault) / f"{number:06}.sorted"
    return SealedFile(path, vault.store, load.aad(number, "rows"), LAYOUT)
