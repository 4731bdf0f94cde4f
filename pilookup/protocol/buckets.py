"""A snapshot's buckets: their geometry, their bytes and their proof (SPEC.md section 6).

`buckets.bin` is 2^bits buckets, each slots x 32 bytes; a bucket's entries ascend by all 32 bytes, empty slots
(zero) come last. A bucket's body over HTTP is its slots x 32 bytes, then its Merkle path, bits x 32 bytes.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final, Self

from pilookup.errors import FormatError
from pilookup.protocol import merkle
from pilookup.protocol.names import check_integer
from pilookup.protocol.token import ENTRY_BYTES

BUCKETS_FILE: Final = "buckets.bin"
TREE_FILE: Final = "tree.bin"

MAINLAND_PATTERNS = 7_000_000_000
"""1[3-9] and nine digits: the numbers a bucket must hide among."""

MIN_PATTERNS_A_BUCKET = 100_000
TYPICAL_ENTRIES_A_BUCKET = 256
MAX_BITS = (MAINLAND_PATTERNS // MIN_PATTERNS_A_BUCKET).bit_length() - 1
"""16, the most bits that leave 100,000 mainland patterns a bucket: 7e9 / 2^16 is 106,811."""

MIN_SLOTS = 64
MAX_SLOTS = 2**20
GROWTH = 1.25
"""Headroom of a bucket over its mean, beside six standard deviations of a Poisson count."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a snapshot's buckets lie; fixed for an epoch."""

    bits: int
    slots: int

    def __post_init__(self) -> None:
        check_integer(self.bits, 0, MAX_BITS, "bucket_bits")
        check_integer(self.slots, MIN_SLOTS, MAX_SLOTS, "slots")

    @classmethod
    def for_entries(cls, entries: int) -> Self:
        """What an epoch starts with: most bits that keep about 256 entries a bucket, slots with headroom."""
        bits = min(MAX_BITS, max(0, (entries // TYPICAL_ENTRIES_A_BUCKET).bit_length() - 1))
        mean = entries / 2**bits * GROWTH
        slots = max(MIN_SLOTS, ceil((mean + 6 * sqrt(mean)) / 8) * 8)
        return cls(bits, slots)

    @property
    def buckets(self) -> int:
        return 1 << self.bits

    @property
    def stride(self) -> int:
        """Bytes of one bucket in `buckets.bin`."""
        return self.slots * ENTRY_BYTES

    @property
    def size(self) -> int:
        """Bytes of `buckets.bin`."""
        return self.buckets * self.stride

    @property
    def body_bytes(self) -> int:
        """Bytes of one bucket's body over HTTP."""
        return self.stride + self.bits * merkle.HASH_BYTES


def check_body(body: bytes, index: int, geometry: Geometry, root: bytes) -> bytes:
    """A bucket body's slots, once its path leads to `root`; raises FormatError otherwise."""
    if len(body) != geometry.body_bytes:
        raise FormatError("bucket: wrong size")
    slots, siblings = body[: geometry.stride], body[geometry.stride :]
    if merkle.root_from_path(merkle.leaf_hash(slots), index, siblings) != root:
        raise FormatError("bucket: the path does not lead to the signed root")
    return slots
