"""How a publish is divided: into vault ranges and bucket ranges that fit into their share of the memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilookup.custody.publish.spill_file import BUCKET_RANGES
from pilookup.custody.vault.partitions import PARTITIONS, SPANS, Span
from pilookup.protocol.buckets import Geometry

ROW_COST: Final = 250
"""Bytes of memory for each row while its vault range is read, merged, shifted and sealed: 170 as measured, and half as
many again to be safe (docs/adr/0010-publish-pipeline.md)."""

RECORD_COST: Final = 80
"""Bytes of memory for each record while its bucket range is packed: 36 as read and 36 joined, rounded up. The buckets
take twice their size in addition."""

SMALLEST_VAULT_RANGE: Final = 1 << 16
LARGEST_VAULT_RANGE: Final = 1 << 19
"""Numbers of rows. A larger vault range gains nothing, and the file of a smaller one costs too much."""

LARGEST_BUCKET_RANGE: Final = 1 << 25
"""Size of its buckets in bytes."""


@dataclass(frozen=True, slots=True)
class VaultRange:
    """The elements of `span` in each of the partitions `first` to `stop` - 1."""

    first: int
    stop: int
    span: Span


def vault_ranges(rows: int, memory: int) -> Iterator[VaultRange]:
    """Divide a vault of `rows` rows into vault ranges that need `memory` bytes each, or more if single spans do."""
    most = min(LARGEST_VAULT_RANGE, max(1, memory // ROW_COST))
    wanted = -(-rows // min(most, max(SMALLEST_VAULT_RANGE, rows // PARTITIONS)))
    if wanted <= PARTITIONS:
        together = PARTITIONS // (1 << max(0, wanted - 1).bit_length())
        yield from (VaultRange(first, first + together, Span(0, SPANS)) for first in range(0, PARTITIONS, together))
        return
    span_groups = min(SPANS, 1 << (-(-wanted // PARTITIONS) - 1).bit_length())
    for partition in range(PARTITIONS):
        for at in range(0, SPANS, SPANS // span_groups):
            yield VaultRange(partition, partition + 1, Span(at, at + SPANS // span_groups))


def bucket_range_count(entries: int, geometry: Geometry, memory: int) -> int:
    """The number of bucket ranges, a power of two, such that packing one needs at most `memory` bytes if possible."""
    cost = 2 * geometry.size + RECORD_COST * entries
    wanted = max(-(-cost // max(1, memory)), -(-geometry.size // LARGEST_BUCKET_RANGE))
    return min(BUCKET_RANGES, geometry.buckets, 1 << max(0, wanted - 1).bit_length())
