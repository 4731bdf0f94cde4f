"""Sealed files of ranges: what a load and a publish keep on disk between their steps.

A file has sections, each of the same number of ranges, so that any few consecutive ranges of a section are read without
the rest of the file. Its layout says how many of each there are (S sections of R ranges). Integers are little-endian.

    size               field
    4                  "PLKR"
    1                  format version, 1
    2                  S, u16
    2                  R, u16
    S x (16 + 4R + 28) for each section its index, sealed: the size of the file, u64; where the first range of the
                       section starts in the file, u64; and the size of the data of each range, u32
    ...                for each section its ranges, sealed, one after another

Sealed means a nonce of 12 bytes, the AES-256-GCM-SIV ciphertext and its tag of 16 bytes, under the key `vault-storage`.
The associated data are the nine bytes at the start, what the file is (which load or run, and its number there), the
guard of the vault, and a number: 0 to S - 1 for the indexes, then one for each range, section after section. So an
index or a range that was altered, moved within the file, or taken from another file does not open. Empty ranges are
sealed as well. The index of a section counts what follows, so nothing of it can be left out, and what was cut off or
added is noticed.

The files are intermediates: they are deleted when the load or publish ends, what a killed one leaves is removed by the
next command, and no version reads those of another. They are not flushed to the disk, because a load or publish that a
power failure ends starts again from the beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from cryptography.exceptions import InvalidTag

from pilookup import durable, file_parts
from pilookup.custody.vault.shard import SEAL_BYTES, ShardStore
from pilookup.errors import VaultError
from pilookup.plain_file import unbuffered_plain_file

MAGIC: Final = b"PLKR\x01"
COUNT_BYTES: Final = 2
_SIZE: Final = np.dtype("<u4")

Sizes = np.ndarray[Any, np.dtype[np.integer[Any]]]


@dataclass(frozen=True)
class Layout:
    """The number of sections of a file, and of ranges in each (both at most 65,535)."""

    sections: int
    ranges: int

    @cached_property
    def head(self) -> bytes:
        """The bytes that a file starts with."""
        return MAGIC + b"".join(count.to_bytes(COUNT_BYTES, "little") for count in (self.sections, self.ranges))

    @cached_property
    def index(self) -> np.dtype[np.void]:
        """The index of a section."""
        return np.dtype([("file_size", "<u8"), ("start", "<u8"), ("sizes", _SIZE, self.ranges)])

    @property
    def sealed_index_bytes(self) -> int:
        return self.index.itemsize + SEAL_BYTES

    def index_at(self, section: int) -> int:
        """Where the sealed index of a section is in the file; for the number of sections, where the ranges start."""
        return len(self.head) + section * self.sealed_index_bytes


@dataclass(frozen=True, slots=True)
class SectionIndex:
    """Where the ranges of a section are, and the number of bytes of data in each."""

    section: int
    start: int
    sizes: Sizes = field(repr=False)


class SealedFile:
    """One file of a layout, to write or to read.

    Args:
        path: Where the file is.
        store: Seals and opens with the key and guard of the vault.
        aad: What the file is: a text that no other file of this vault has.
        layout: Its number of sections and ranges.
    """

    def __init__(self, path: Path, store: ShardStore, aad: str, layout: Layout) -> None:
        self.path = path
        self._store = store
        self._aad = layout.head + aad.encode()
        self._layout = layout

    def write(self, data: Sequence[bytes], sizes: Sizes) -> None:
        """Write the file in one step, so that a task may run twice. All of it is sealed in one call of the core.

        Args:
            data: The data of all ranges, section after section, in as many buffers as is convenient.
            sizes: The number of bytes of each range, S rows of R.

        Raises:
            OSError: The file cannot be written.
            ValueError: The sizes do not add up to the data.
        """
        layout = self._layout
        sealed = sizes.sum(axis=1, dtype=np.uint64) + np.uint64(layout.ranges * SEAL_BYTES)
        ends = np.cumsum(sealed) + np.uint64(layout.index_at(layout.sections))
        indexes = np.zeros(layout.sections, layout.index)
        indexes["file_size"], indexes["start"], indexes["sizes"] = ends[-1], ends - sealed, sizes
        lengths = np.full(layout.sections, layout.index.itemsize, _SIZE).tobytes() + indexes["sizes"].tobytes()
        body = self._store.seal_ranges(self._aad, [indexes.tobytes(), *data], lengths)
        durable.write_and_rename(self.path, [layout.head, body], flushed=False)

    def index(self, section: int) -> SectionIndex:
        """Read the index of a section.

        Raises:
            VaultError: The file is missing, altered, or not the file it should be; the text names it.
            OSError: It cannot be read.
        """
        layout = self._layout
        head, sealed = self._read((0, len(layout.head)), (layout.index_at(section), layout.sealed_index_bytes))
        if head != layout.head:
            raise self._altered()
        [index] = np.frombuffer(self._open(sealed, np.array([layout.index.itemsize], _SIZE), section), layout.index)
        if index["file_size"] != self.path.stat().st_size:
            raise self._altered()
        return SectionIndex(section, int(index["start"]), index["sizes"])

    def ranges(self, index: SectionIndex, first: int, stop: int) -> bytes:
        """Read the data of ranges `first` to `stop` - 1 of the section, laid end to end.

        Raises:
            VaultError: The file is missing or altered; the text names it.
            OSError: It cannot be read.
        """
        sizes = index.sizes[first:stop]
        at = index.start + int(index.sizes[:first].sum(dtype=np.uint64)) + first * SEAL_BYTES
        [sealed] = self._read((at, int(sizes.sum(dtype=np.uint64)) + len(sizes) * SEAL_BYTES))
        return self._open(sealed, sizes, self._layout.sections + index.section * self._layout.ranges + first)

    def _read(self, *positions: tuple[int, int]) -> list[bytes]:
        """The bytes at each (offset, size)."""
        try:
            with unbuffered_plain_file(self.path) as file:
                return [file_parts.read_at(file, size, at) for at, size in positions]
        except FileNotFoundError:
            raise VaultError(f"{self.path}: missing") from None
        except EOFError:
            raise self._altered() from None

    def _open(self, sealed: bytes, sizes: Sizes, first: int) -> bytes:
        try:
            return self._store.open_ranges(self._aad, sealed, sizes.tobytes(), first)
        except InvalidTag:
            raise self._altered() from None

    def _altered(self) -> VaultError:
        return VaultError(f"{self.path}: altered, or not where it belongs")
