"""Filters, a part at a time: the tasks that count a kind's keys and build the parts of its filters.

spill files -> the keys that share their upper bits -> without those a base holds -> a part, as it stands in the body

A part has 2^21 keys at most as a rule (SPEC.md section 10.3), so memory does not grow with the rows. A Bloom filter has
no parts and is held whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import durable
from pilookup.custody.filter_file import FilterFile
from pilookup.custody.home import Home
from pilookup.custody.spill import Spills
from pilookup.custody.vault import Vault
from pilookup.custody.workshop import keyring_of
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.filter import KEY_BYTES, Algorithm, build_part
from pilookup.protocol.label import Kind

PART_MEMORY: Final = 100 << 20
"""Bytes that counting or building a part may take."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """A kind's keys in the spill files of a run, read in 2^cut pieces by their upper bits."""

    home: str
    folder: str
    spills: int
    kind: str
    cut: int

    def keys(self, number: int) -> bytes:
        """Piece `number`: n x 8 bytes, each key once, ascending. Raises KeyringError, OSError, EOFError, InvalidTag."""
        store = Vault(Home(Path(self.home)), keyring_of(self.home)).store
        return Spills(Path(self.folder), self.spills).filter_keys(store, Kind(self.kind), self.cut, number)


@dataclass(frozen=True, slots=True)
class CountTask:
    """Piece `number` of a kind's keys, beside the base filter file that may be kept, where there is one."""

    source: KeySource
    number: int
    base: str | None


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many distinct keys a piece has, and how many of them the base lacks (all, where there is none)."""

    kind: str
    keys: int
    added: int


@dataclass(frozen=True, slots=True)
class PartTask:
    """Part `number` of 2^part_bits of a fuse filter over a kind's keys, without those of the file `base`."""

    source: KeySource
    number: int
    part_bits: int
    algorithm: int
    base: str | None
    path: str


@dataclass(frozen=True, slots=True)
class BloomTask:
    """The Bloom filter of so many keys, all that a kind has."""

    source: KeySource
    count: int
    path: str


def count_keys(tasks: tuple[CountTask, ...]) -> tuple[KeyCount, ...]:
    """Count pieces, one after another; raises what `KeySource.keys` and `FilterFile` raise."""
    return tuple(map(_count, tasks))


def build_filters(tasks: tuple[PartTask | BloomTask, ...]) -> None:
    """Write parts as they stand in a body, and bodies of Bloom filters, one after another.

    Raises what `KeySource.keys` and `FilterFile` raise, and ValueError where no filter can be built.
    """
    for task in tasks:
        data = _bloom(task) if isinstance(task, BloomTask) else _part(task)
        durable.put_whole(Path(task.path), [data], flushed=False)


def _count(task: CountTask) -> KeyCount:
    keys = task.source.keys(task.number)
    return KeyCount(task.source.kind, len(keys) // KEY_BYTES, len(_lacked(keys, task.base)) // KEY_BYTES)


def _part(task: PartTask) -> bytes:
    """The pieces of a part, which are as fine as those of all keys, though what they lack may be little."""
    finer = task.source.cut - task.part_bits
    pieces = range(task.number << finer, (task.number + 1) << finer)
    keys = b"".join(_lacked(task.source.keys(piece), task.base) for piece in pieces)
    return build_part(keys, Algorithm(task.algorithm))


def _bloom(task: BloomTask) -> bytes:
    body = BloomBody.empty(task.count)
    for piece in range(1 << task.source.cut):
        body.add(np.frombuffer(task.source.keys(piece), ">u8").tolist())
    return body.to_bytes()


def _lacked(keys: bytes, base: str | None) -> bytes:
    return keys if base is None else FilterFile(Path(base)).missing(keys)
