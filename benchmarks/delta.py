"""Deltas between two snapshots of which 1% of the entries differ: bytes, and the time to make and to apply one."""

import random
import time
from pathlib import Path

from benchmarks.figures import Spread
from benchmarks.report import Report
from pilookup.protocol import merkle
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.token import ENTRY_BYTES
from pilookup.release_files.delta_file import SnapshotBuckets, apply_delta, write_delta

ENTRIES = 2_000_000
CHANGED = 0.01
GOAL = 1.5
SEED = 13

Buckets = list[list[bytes]]


def bench(report: Report, work: Path, runs: int, share: float) -> None:
    source = random.Random(SEED)
    count = int(ENTRIES * share)
    geometry = Geometry.for_entries(count)
    old = _snapshot(work / "old", _entries(source, geometry, count), geometry)
    for name, change in (("added", _added), ("relabelled", _relabelled), ("removed", _removed)):
        new = _snapshot(work / "new", change(source, _read(old), count), geometry)
        _compare(report, name, old, new, int(count * CHANGED) * ENTRY_BYTES, runs)


def _compare(
    report: Report, name: str, old: SnapshotBuckets, new: SnapshotBuckets, changed_bytes: int, runs: int
) -> None:
    """Report a delta's bytes by those of the records that changed, and the processor seconds that it takes."""
    path, made = old.path.with_name("delta"), SnapshotBuckets(new.geometry, new.root, old.path.with_name("made"))
    making, applying = [], []
    for _ in range(runs):
        path.unlink(missing_ok=True)
        start = time.process_time()
        delta = write_delta(old, new, path)
        making.append(time.process_time() - start)
        if delta is None:
            raise SystemExit("a change of 1% made no delta")
        start = time.process_time()
        apply_delta(old, path, made)
        applying.append(time.process_time() - start)
    if made.path.read_bytes() != new.path.read_bytes():
        raise SystemExit("the delta does not lead to the new snapshot")
    sizes = {"delta": delta.size, "whole": new.geometry.size}
    report.add("delta", f"1% {name}: bytes to the records' own", delta.size / changed_bytes, "ratio", 1, goal=GOAL)
    report.add("delta", f"1% {name}: bytes to buckets.bin", delta.size / new.geometry.size, "ratio", 1, **sizes)
    report.add("delta", f"1% {name}: make", Spread.of(making), "s", runs)
    report.add("delta", f"1% {name}: apply", Spread.of(applying), "s", runs)


def _entries(source: random.Random, geometry: Geometry, count: int) -> Buckets:
    buckets: Buckets = [[] for _ in range(geometry.buckets)]
    for _ in range(count):
        buckets[source.randrange(geometry.buckets)].append(source.randbytes(ENTRY_BYTES))
    return buckets


def _snapshot(path: Path, buckets: Buckets, geometry: Geometry) -> SnapshotBuckets:
    filled = [b"".join(sorted(bucket)).ljust(geometry.stride, b"\0") for bucket in buckets]
    path.write_bytes(b"".join(filled))
    return SnapshotBuckets(geometry, merkle.root(merkle.build(map(merkle.leaf_hash, filled))), path)


def _read(snapshot: SnapshotBuckets) -> Buckets:
    data, stride = snapshot.path.read_bytes(), snapshot.geometry.stride
    return [
        [one for one in (data[at : at + ENTRY_BYTES] for at in range(first, first + stride, ENTRY_BYTES)) if any(one)]
        for first in range(0, len(data), stride)
    ]


def _added(source: random.Random, buckets: Buckets, count: int) -> Buckets:
    for _ in range(int(count * CHANGED)):
        buckets[source.randrange(len(buckets))].append(source.randbytes(ENTRY_BYTES))
    return buckets


def _places(source: random.Random, buckets: Buckets, count: int) -> list[tuple[int, int]]:
    every = [(index, at) for index, bucket in enumerate(buckets) for at in range(len(bucket))]
    return sorted(source.sample(every, int(count * CHANGED)), reverse=True)


def _relabelled(source: random.Random, buckets: Buckets, count: int) -> Buckets:
    """Other labels of the same numbers: the tag stays, and the sealed label is another."""
    for index, at in _places(source, buckets, count):
        buckets[index][at] = buckets[index][at][:4] + source.randbytes(ENTRY_BYTES - 4)
    return buckets


def _removed(source: random.Random, buckets: Buckets, count: int) -> Buckets:
    for index, at in _places(source, buckets, count):
        del buckets[index][at]
    return buckets
