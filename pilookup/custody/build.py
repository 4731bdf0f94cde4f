"""The files of one epoch's snapshot: merged labels to sealed entries, buckets, tree and filter keys.

Elements come a vault partition at a time and leave as sealed entries; these wait in spill files by range of buckets and
are laid out range by range. Memory holds one partition, one range and eight bytes a filter key. No token, shift or
channel element is written anywhere.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from pilookup import _core
from pilookup.custody.merge import LABELS, Merged
from pilookup.protocol import merkle, oprf
from pilookup.protocol.label import Kind, Label, pack_labels
from pilookup.protocol.names import CANARIES
from pilookup.protocol.snapshot import Geometry

RECORD_BYTES: Final = 36
RANGE_BITS: Final = 6
"""Buckets are laid out in at most 64 ranges."""

BUCKETS: Final = "buckets.bin"
TREE: Final = "tree.bin"

BucketOverflow = _core.BucketOverflow
"""A bucket has more entries than slots: the epoch is full."""


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """What turns vault elements into one epoch's entries."""

    channel: str
    epoch: int
    vault_key: _core.SecretKey
    shift: _core.SecretKey


@dataclass(frozen=True, slots=True)
class Built:
    """What was laid out: the Merkle root, how many entries, and the filter keys by kind (n x 8 bytes each)."""

    root: bytes
    entries: int
    filter_keys: dict[Kind, bytes]


def build(
    partitions: Iterable[Merged],
    keys: EpochKeys,
    geometry: Geometry,
    folder: Path,
    on_done: Callable[[int], None],
) -> Built:
    """Write buckets.bin and tree.bin into `folder`; `on_done` is told the entries sealed so far.

    Raises BucketOverflow when a bucket would have more entries than the geometry has slots.
    """
    sealer = _Sealer(keys, geometry, folder)
    try:
        with sealer.open():
            for merged in partitions:
                sealer.add(_core.shift(merged.elements, keys.shift), merged.labels)
                on_done(sealer.entries)
            sealer.add_canaries()
        root = _lay_out(sealer, geometry, folder)
    finally:
        sealer.remove()
    return Built(root, sealer.entries, {kind: b"".join(parts) for kind, parts in sealer.filter_keys.items()})


class _Sealer:
    """Seals entries and spreads them over spill files by the top bits of their bucket."""

    def __init__(self, keys: EpochKeys, geometry: Geometry, folder: Path) -> None:
        self.range_bits = min(geometry.bits, RANGE_BITS)
        self.entries = 0
        self.filter_keys: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
        self._keys = keys
        self._bits = geometry.bits
        self._paths = [folder / f"spill-{i:02}" for i in range(1 << self.range_bits)]
        self._files: list[BinaryIO] = []

    def open(self) -> ExitStack:
        stack = ExitStack()
        self._files = [stack.enter_context(path.open("xb")) for path in self._paths]
        return stack

    def add(self, elements: bytes, labels: "np.ndarray[tuple[int], np.dtype[np.void]]") -> None:
        """Seal n elements under the channel key with their n labels."""
        keys = self._keys
        packed = labels.tobytes()
        records, filter_keys = _core.seal_elements(elements, packed, keys.channel, keys.epoch, self._bits)
        rows = np.frombuffer(records, np.uint8).reshape(-1, RECORD_BYTES)
        buckets = rows[:, :4].copy().view(">u4").ravel()
        ranges = buckets >> (self._bits - self.range_bits)
        for i in np.unique(ranges):
            self._files[i].write(rows[ranges == i].tobytes())
        numbers = np.frombuffer(filter_keys, ">u8")
        for kind in Kind:
            self.filter_keys[kind].append(numbers[(labels["flags"] & kind.flag) != 0].tobytes())
        self.entries += len(rows)

    def add_canaries(self) -> None:
        """The identifiers that clients check a snapshot by; every filter holds them too.

        They go the way of every number, from the vault's key by the shift: where the shift is wrong they do not open.
        """
        inputs = [name.encode() for name in CANARIES]
        elements = _core.shift(oprf.tokenise(inputs, self._keys.vault_key), self._keys.shift)
        labels = np.frombuffer(pack_labels([Label(canary=True)] * len(inputs)), LABELS)
        self.add(elements, labels)
        keys = _core.tokens(elements, self._keys.channel, self._keys.epoch)
        packed = b"".join(keys[at + 16 : at + 24] for at in range(0, len(keys), 64))
        for parts in self.filter_keys.values():
            parts.append(packed)

    def spilled(self) -> Iterator[bytes]:
        """The records of each range, in order."""
        return (path.read_bytes() for path in self._paths)

    def remove(self) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)


def _lay_out(sealer: _Sealer, geometry: Geometry, folder: Path) -> bytes:
    """Buckets in order, range by range, and the tree over them; returns the root."""
    count = geometry.buckets >> sealer.range_bits
    leaves: list[bytes] = []
    with (folder / BUCKETS).open("xb") as file:
        for i, records in enumerate(sealer.spilled()):
            packed = memoryview(_core.pack_buckets(records, i * count, count, geometry.slots))
            file.write(packed)
            size = geometry.stride
            leaves.extend(merkle.leaf_hash(packed[at : at + size]) for at in range(0, len(packed), size))
        _flush(file)
    tree = merkle.build(leaves)
    with (folder / TREE).open("xb") as file:
        file.write(tree)
        _flush(file)
    return merkle.root(tree)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
