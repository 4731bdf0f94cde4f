"""A snapshot's buckets: their geometry, and how a client verifies one (SPEC.md section 6).

`buckets.bin` consists of 2^bits buckets of slots x 32 bytes each. A bucket's entries ascend, compared by all 32 bytes;
empty slots are zero and come last. Over HTTP a bucket's body is its slots x 32 bytes, then its Merkle path of
bits x 32 bytes.
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
"""Possible mainland mobiles, 1[3-9] and nine digits: the numbers that a bucket is drawn from."""

PUBLIC_ELEMENTS_A_DAY = 2_000_000
"""Elements that a server evaluates for all callers of `public` together in a day, unless its settings say otherwise."""

MIN_PATTERNS_A_BUCKET = 100_000
TYPICAL_ENTRIES_A_BUCKET = 256
MAX_BITS = (MAINLAND_PATTERNS // MIN_PATTERNS_A_BUCKET).bit_length() - 1
"""16: with more bits fewer than 100,000 mainland patterns would share a bucket (7e9 / 2^16 is 106,811)."""

MIN_SLOTS = 64
MAX_SLOTS = 2**20
GROWTH = 1.25
"""Headroom of a bucket over the mean count, in addition to six standard deviations of a Poisson count."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The number of a snapshot's buckets (2^bits) and of the slots in each. The bits are fixed for an epoch.

    Raises:
        FormatError: A value is out of its range.
    """

    bits: int
    slots: int

    def __post_init__(self) -> None:
        check_integer(self.bits, 0, MAX_BITS, "bucket_bits")
        check_integer(self.slots, MIN_SLOTS, MAX_SLOTS, "slots")

    @classmethod
    def for_entries(cls, entries: int) -> Self:
        """The geometry for a new epoch: as many bits as keep about 256 entries in a bucket, and slots with headroom."""
        bits = min(MAX_BITS, max(0, (entries // TYPICAL_ENTRIES_A_BUCKET).bit_length() - 1))
        return cls(bits, _slots(entries, bits))

    def grown(self, entries: int, most: int) -> Self | None:
        """The geometry with the same bits and more slots, after a bucket was too small for its entries.

        Args:
            entries: The number of entries of all buckets.
            most: The most slots that a bucket may have.

        Returns:
            Slots for this many entries, with headroom, or as many as are allowed. None if no more are allowed.
        """
        slots = min(max(_slots(entries, self.bits), self.slots + 8), most, MAX_SLOTS)
        return type(self)(self.bits, slots) if slots > self.slots else None

    @property
    def buckets(self) -> int:
        """The number of buckets."""
        return 1 << self.bits

    @property
    def stride(self) -> int:
        """Size of one bucket in `buckets.bin`, in bytes."""
        return self.slots * ENTRY_BYTES

    @property
    def size(self) -> int:
        """Size of `buckets.bin`, in bytes."""
        return self.buckets * self.stride

    @property
    def body_bytes(self) -> int:
        """Size of one bucket's body over HTTP, in bytes."""
        return self.stride + self.bits * merkle.HASH_BYTES


def _slots(entries: int, bits: int) -> int:
    mean = entries / (1 << bits) * GROWTH
    return max(MIN_SLOTS, ceil((mean + 6 * sqrt(mean)) / 8) * 8)


def check_body(body: bytes, index: int, geometry: Geometry, root: bytes) -> bytes:
    """Verify a bucket's body.

    Args:
        body: What the server sent for the bucket.
        index: The bucket's index, computed from the token and not taken from the server.
        geometry: The snapshot's geometry, from the manifest.
        root: The root of the Merkle tree, 32 bytes, from the manifest.

    Returns:
        The bucket's slots, slots x 32 bytes.

    Raises:
        FormatError: The body has another size, or its path does not lead to the root.
    """
    if len(body) != geometry.body_bytes:
        raise FormatError("bucket: wrong size")
    slots, siblings = body[: geometry.stride], body[geometry.stride :]
    if merkle.root_from_path(merkle.leaf_hash(slots), index, siblings) != root:
        raise FormatError("bucket: the path does not lead to the signed root")
    return slots
