"""Filters, a part at a time: the tasks that count a kind's keys and build the parts of its filters.

spill files -> the keys that share their upper bits -> those a base lacks -> a part, as it stands in the body

A part has 2^21 keys at most as a rule (SPEC.md section 10.3), so memory does not grow with the rows. A Bloom filter has
no parts and is held whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core, durable
from pilookup.custody.publish.filters.ascending_keys import lacked_keys
from pilookup.custody.publish.filters.keys import AdditionKeys, SpilledKeys
from pilookup.errors import PublishError
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.filter import KEY_BYTES, Algorithm
from pilookup.protocol.label import Kind
from pilookup.release_files.filter_file import FilterFile

PART_MEMORY: Final = 100 << 20
"""Bytes that counting or building a part may take."""

FUSE: Final = Algorithm.FUSE16
"""What fuse filters are published as."""

BLOOM_KEYS: Final = 1 << 14
"""Keys that become Python integers at once."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """Piece `number` of a kind's keys. Where there is a base, those that this file lacks are put in `lacked`."""

    source: SpilledKeys
    number: int
    base: str | None
    lacked: AdditionKeys


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many keys pieces have in the spill files, how many of them differ, how many of these the base lacks.

    All of them, where there is no base.
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
    """Part `number` of 2^part_bits of a fuse filter over the keys of a source."""

    source: SpilledKeys | AdditionKeys
    number: int
    part_bits: int
    path: str


@dataclass(frozen=True, slots=True)
class BloomTask:
    """The Bloom filter of so many keys, all that a kind has."""

    source: SpilledKeys
    count: int
    path: str


def count_keys(tasks: tuple[CountTask, ...]) -> tuple[KeyCount, ...]:
    """Count pieces, one after another. Raises KeyringError, PublishError, OSError, and FormatError for a base."""
    return tuple(map(_count, tasks))


def build_filters(tasks: tuple[FilterPartTask | BloomTask, ...]) -> None:
    """Write parts as they stand in a body, and bodies of Bloom filters, one after another.

    Raises KeyringError, OSError, and PublishError, also where no filter can be built.
    """
    for task in tasks:
        path = Path(task.path)
        try:
            data = _bloom(task) if isinstance(task, BloomTask) else _part(task)
        except ValueError as error:
            raise PublishError(f"{path}: {error}") from None
        durable.write_and_rename(path, [data], flushed=False)


def build_part(keys: bytes) -> bytes:
    """A part of a fuse body as it stands there, over the n x 8 bytes of keys that share their upper bits."""
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
    """From the pieces of the source that make up the part."""
    finer = task.source.range_bits - task.part_bits
    pieces = range(task.number << finer, (task.number + 1) << finer)
    return build_part(b"".join(map(task.source.keys, pieces)))


def _bloom(task: BloomTask) -> bytes:
    body = BloomBody.empty(task.count)
    for piece in range(1 << task.source.range_bits):
        keys = np.frombuffer(task.source.keys(piece), ">u8")
        for first in range(0, len(keys), BLOOM_KEYS):
            body.add(keys[first : first + BLOOM_KEYS].tolist())
    return body.to_bytes()
