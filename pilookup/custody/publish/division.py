"""How a publish is cut: parts of the vault and ranges of buckets, each small enough for its share of the memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilookup.custody.publish.spill_file import BUCKET_RANGES
from pilookup.custody.vault.schema import PARTITIONS, SPANS, Span
from pilookup.protocol.buckets import Geometry

ROW_COST: Final = 250
"""What a row costs while its part is read, merged, shifted and sealed: 170 bytes as measured, and half as much again
to be safe (docs/adr/0010-publish-pipeline.md)."""

RECORD_COST: Final = 80
"""Bytes a record costs while its range is laid out, beside twice the buckets: 36 as read, 36 joined, rounded up."""

SMALLEST_VAULT_RANGE: Final = 1 << 16
LARGEST_VAULT_RANGE: Final = 1 << 19
"""Rows: a larger part gains nothing, a smaller one pays for its file."""

LARGEST_BUCKET_RANGE: Final = 1 << 25
"""Bytes of buckets."""


@dataclass(frozen=True, slots=True)
class VaultRange:
    """Partitions `first` to `stop` - 1, of each the elements of `span`."""

    first: int
    stop: int
    span: Span


def vault_ranges(rows: int, memory: int) -> Iterator[VaultRange]:
    """Cut a vault of so many rows into parts that fit into `memory` bytes of memory each."""
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
    """Into how many ranges, a power of two, the buckets of so many entries are cut."""
    cost = 2 * geometry.size + RECORD_COST * entries
    wanted = max(-(-cost // max(1, memory)), -(-geometry.size // LARGEST_BUCKET_RANGE))
    return min(BUCKET_RANGES, geometry.buckets, 1 << max(0, wanted - 1).bit_length())
