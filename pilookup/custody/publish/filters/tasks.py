"""The tasks that count the filter keys of a kind and build its filters, one part at a time.

spill files -> the keys of a key range -> those that a base lacks -> a filter part, as it is in the body

A part usually has at most 2^21 keys (SPEC.md section 10.3), so the memory of a task does not grow with the number of
rows. A Bloom filter has no parts and is in memory as a whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core, durable
from pilookup.custody.publish.ascending_keys import lacked_keys
from pilookup.custody.publish.filters.keys import AdditionKeys, SpilledKeys
from pilookup.errors import PublishError
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.filter import KEY_BYTES, Algorithm
from pilookup.protocol.label import Kind
from pilookup.release_files.filter_file import FilterFile

FILTER_PART_MEMORY: Final = 100 << 20
"""Bytes of memory that counting the keys of a part, or building it, may take."""

FUSE: Final = Algorithm.FUSE16
"""The algorithm of published fuse filters."""

BLOOM_KEYS: Final = 1 << 14
"""Number of keys that are converted to Python integers at once."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """Key range `number` of a kind. base: a base filter; the keys that it lacks are written to `lacked`."""

    source: SpilledKeys
    number: int
    base: str | None
    lacked: AdditionKeys


@dataclass(frozen=True, slots=True)
class KeyCount:
    """Numbers of keys in key ranges.

    spilled: in the spill files. distinct: of these, without repetitions. lacked: of the distinct ones, those that the
    base lacks; all of them if there is no base.
    """

    kind: Kind
    spilled: int
    distinct: int
    lacked: int

    def __add__(self, other: "KeyCount") -> "KeyCount":
        common = (self.spilled + other.spilled, self.distinct + other.distinct, self.lacked + other.lacked)
        return KeyCount(self.kind, *common)


@dataclass(frozen=True, slots=True)
class FilterPartTask:
    """Part `number` of the 2^part_bits parts of a fuse filter over the keys of a source."""

    source: SpilledKeys | AdditionKeys
    number: int
    part_bits: int
    path: str


@dataclass(frozen=True, slots=True)
class BloomTask:
    """The Bloom filter of all `count` keys of a kind."""

    source: SpilledKeys
    count: int
    path: str


def count_keys(tasks: tuple[CountTask, ...]) -> tuple[KeyCount, ...]:
    """Count the keys of key ranges, one after another.

    Raises:
        PublishError: A spill file is missing or altered.
        FormatError: The base is damaged.
        KeyringError: The keyring cannot be opened where the task runs.
        OSError: A file cannot be read or written.
    """
    return tuple(map(_count, tasks))


def build_filters(tasks: tuple[FilterPartTask | BloomTask, ...]) -> None:
    """Write parts of fuse filters as they are in the body, and bodies of Bloom filters, one after another.

    Raises:
        PublishError: A file of the run is missing or altered, or a filter cannot be built.
        KeyringError: The keyring cannot be opened where the task runs.
        MissingExtraError: A Bloom filter is wanted, and pybloom-live is not installed.
        OSError: A file cannot be read or written.
    """
    for task in tasks:
        path = Path(task.path)
        try:
            data = _bloom(task) if isinstance(task, BloomTask) else _part(task)
        except ValueError as error:
            raise PublishError(f"{path}: {error}") from None
        durable.write_and_rename(path, [data], flushed=False)


def build_part(keys: bytes) -> bytes:
    """Build a part of a fuse filter, as it is in the body, from n x 8 bytes of keys; raises ValueError if it fails."""
    return _core.FuseFilter.build(keys, int(FUSE), 0).to_bytes()


def _count(task: CountTask) -> KeyCount:
    runs = task.source.runs(task.number)
    keys = _core.sort_unique_keys(b"".join(runs))
    lacked = keys
    if task.base is not None:
        lacked = lacked_keys(FilterFile(Path(task.base)), keys)
        task.lacked.write(task.number, lacked)
    sizes = (sum(map(len, runs)), len(keys), len(lacked))
    return KeyCount(Kind(task.source.kind), *(size // KEY_BYTES for size in sizes))


def _part(task: FilterPartTask) -> bytes:
    """Build a part from all its key ranges."""
    finer = task.source.range_bits - task.part_bits
    key_ranges = range(task.number << finer, (task.number + 1) << finer)
    return build_part(b"".join(map(task.source.keys, key_ranges)))


def _bloom(task: BloomTask) -> bytes:
    body = BloomBody.empty(task.count)
    for key_range in range(1 << task.source.range_bits):
        keys = np.frombuffer(task.source.keys(key_range), ">u8")
        for first in range(0, len(keys), BLOOM_KEYS):
            body.add(keys[first : first + BLOOM_KEYS].tolist())
    return body.to_bytes()
