"""From spill files to buckets: the task that packs one bucket range."""

from dataclasses import dataclass
from pathlib import Path

from pilookup import _core, durable
from pilookup.custody.publish.spill_file import BUCKET_RANGES, INDEX_BITS, SpillFiles
from pilookup.custody.task_keyring import store_for
from pilookup.errors import PublishError
from pilookup.protocol.buckets import Geometry

BucketOverflow = _core.BucketOverflow
"""Raised if a bucket has more entries than slots: the epoch is full."""


@dataclass(frozen=True, slots=True)
class BucketTask:
    """Bucket range `number` of `range_count` (a power of two) of a snapshot, from the spill files in `folder`."""

    home: str
    folder: str
    spill_files: int
    number: int
    range_count: int
    bits: int
    slots: int


def write_bucket_range(task: BucketTask) -> bytes:
    """Write the buckets of a range as they are in buckets.bin.

    Returns:
        Their leaf hashes, 32 bytes each.

    Raises:
        BucketOverflow: A bucket has more entries than slots.
        PublishError: A spill file is missing or altered, or its entries do not fit into these buckets.
        KeyringError: The keyring cannot be opened where the task runs.
        OSError: A file cannot be read or written.
    """
    geometry = Geometry(task.bits, task.slots)
    folder = Path(task.folder)
    spill_ranges = BUCKET_RANGES // task.range_count
    spilled = SpillFiles(folder, task.spill_files)
    records = spilled.records(store_for(task.home), task.number * spill_ranges, (task.number + 1) * spill_ranges)
    count = geometry.buckets // task.range_count
    first = task.number * count
    try:
        buckets, leaves = _core.pack_buckets(records, first, count, geometry.slots, INDEX_BITS - geometry.bits)
    except BucketOverflow:
        raise
    except ValueError as error:
        raise PublishError(f"{folder}: buckets {first} to {first + count - 1}: {error}") from None
    durable.write_and_rename(bucket_range_path(folder, task.number, task.slots), [buckets], flushed=False)
    return leaves


def bucket_range_path(folder: Path, number: int, slots: int) -> Path:
    """The path of a bucket range, such as `0007-432.range`. A late task of fewer slots writes to another path."""
    return folder / f"{number:04}-{slots}.range"
