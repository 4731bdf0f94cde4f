"""Deltas: what leads from one snapshot of an epoch to a later one of the same geometry (SPEC.md section 15).

A file `delta-{from}.bin` consists of a header, removals and additions, big-endian:

    size    field
    4       "PLKD"
    1       format version, 1
    1       bucket bits
    2       0
    4       slots
    4       number of removals, n
    4       number of additions, m
    32      root of the former snapshot
    32      root of the new snapshot
    8 n     removals: bucket index, slot of the former bucket, 4 bytes each
    36 m    additions: bucket index, 4 bytes, and the entry

Removals are strictly ascending, and so are additions. A delta is a function of the two snapshots, so it tells
nothing to who has both. It is applied bucket by bucket, and counts only if the outcome has the new root.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from pilookup.errors import FormatError
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.names import check_serial
from pilookup.protocol.token import ENTRY_BYTES

HEADER: Final = struct.Struct(">4sBBHIII32s32s")
REMOVAL: Final = struct.Struct(">II")
ADDITION_BYTES: Final = 4 + ENTRY_BYTES

_MAGIC: Final = b"PLKD"
_VERSION: Final = 1
_PREFIX, _SUFFIX = "delta-", ".bin"
_EMPTY: Final = bytes(ENTRY_BYTES)


def delta_name(serial: int) -> str:
    """The name of the delta that leads from the snapshot `serial`, such as `delta-41.bin`."""
    return f"{_PREFIX}{serial}{_SUFFIX}"


def is_delta(name: str) -> bool:
    """Whether the name is that of a delta."""
    text = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(2**53)):
        return False
    try:
        return name == delta_name(check_serial(int(text)))
    except FormatError:
        return False


@dataclass(frozen=True, slots=True)
class DeltaHeader:
    """The header of a delta.

    Attributes:
        geometry: that of both snapshots.
        removals: number of removals.
        additions: number of additions.
        old_root: the Merkle root of the former snapshot.
        new_root: that of the new one.
    """

    geometry: Geometry
    removals: int
    additions: int
    old_root: bytes
    new_root: bytes

    def to_bytes(self) -> bytes:
        """The header's bytes."""
        return HEADER.pack(
            _MAGIC,
            _VERSION,
            self.geometry.bits,
            0,
            self.geometry.slots,
            self.removals,
            self.additions,
            self.old_root,
            self.new_root,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a header; raises FormatError."""
        if len(data) != HEADER.size:
            raise FormatError("delta: cut short")
        magic, version, bits, zero, slots, removals, additions, old_root, new_root = HEADER.unpack(data)
        if magic != _MAGIC or version != _VERSION or zero:
            raise FormatError("delta: not a delta of version 1")
        return cls(Geometry(bits, slots), removals, additions, old_root, new_root)

    @property
    def size(self) -> int:
        """Size of the whole file, in bytes."""
        return HEADER.size + self.removals * REMOVAL.size + self.additions * ADDITION_BYTES


@dataclass(frozen=True, slots=True)
class BucketChange:
    """What changes in one bucket.

    Attributes:
        removals: the slots of the former bucket to remove, ascending.
        additions: the entries to add, ascending.
    """

    removals: tuple[int, ...]
    additions: tuple[bytes, ...]


def entries_of(bucket: bytes) -> list[bytes]:
    """The entries of a bucket's slots, without the empty slots at its end."""
    return [one for at in range(0, len(bucket), ENTRY_BYTES) if (one := bucket[at : at + ENTRY_BYTES]) != _EMPTY]


def compare(old: bytes, new: bytes) -> BucketChange:
    """What leads from a former bucket to a new one; both are valid buckets of one geometry."""
    before, after = entries_of(old), entries_of(new)
    kept = set(before) & set(after)
    removals = tuple(slot for slot, entry in enumerate(before) if entry not in kept)
    return BucketChange(removals, tuple(entry for entry in after if entry not in kept))


def apply(old: bytes, change: BucketChange) -> bytes:
    """The bucket that a change makes of a former one; raises FormatError if the change does not fit it."""
    entries = entries_of(old)
    if change.removals and change.removals[-1] >= len(entries):
        raise FormatError("delta: removes an entry that is not there")
    removed = set(change.removals)
    kept = [entry for slot, entry in enumerate(entries) if slot not in removed]
    after = sorted({*kept, *change.additions})
    if len(after) != len(kept) + len(change.additions):
        raise FormatError("delta: adds an entry that is there")
    if len(after) * ENTRY_BYTES > len(old):
        raise FormatError("delta: a bucket has more entries than slots")
    return b"".join(after).ljust(len(old), b"\0")


class Removals:
    """Reads removals in order and checks that they ascend."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._last = (-1, -1)

    def read(self, data: bytes) -> Iterator[tuple[int, int]]:
        """The (bucket index, slot) of removals; raises FormatError."""
        for one in REMOVAL.iter_unpack(data):
            bucket, slot = one
            if not self._last < (bucket, slot) or bucket >= self._geometry.buckets or slot >= self._geometry.slots:
                raise FormatError("delta: removals are not in order")
            self._last = (bucket, slot)
            yield bucket, slot


class Additions:
    """Reads additions in order and checks that they ascend."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._last = b""

    def read(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The (bucket index, entry) of additions; raises FormatError."""
        for at in range(0, len(data), ADDITION_BYTES):
            one = data[at : at + ADDITION_BYTES]
            bucket, entry = int.from_bytes(one[:4]), one[4:]
            if not self._last < one or bucket >= self._geometry.buckets or entry == _EMPTY:
                raise FormatError("delta: additions are not in order")
            self._last = one
            yield bucket, entry
