"""Delta files: made from two snapshots on disk, and applied to one, some buckets at a time (SPEC.md section 15)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeVar

from pilookup import durable, file_errors, file_parts
from pilookup.errors import FormatError
from pilookup.plain_file import plain_file
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.delta import (
    ADDITION_BYTES,
    HEADER,
    REMOVAL,
    Additions,
    BucketChange,
    DeltaHeader,
    Removals,
    apply,
    compare,
    entries_of,
)
from pilookup.protocol.manifest import FileRef
from pilookup.release_files.files import file_ref

READ_BYTES: Final = 1 << 22
"""Buckets are read in blocks of about this many bytes, and so are removals and additions."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SnapshotBuckets:
    """The buckets of a snapshot.

    Attributes:
        geometry: their geometry.
        root: the root of the tree over them.
        path: the file with them, as in `buckets.bin`.
    """

    geometry: Geometry
    root: bytes
    path: Path


def write_delta(old: SnapshotBuckets, new: SnapshotBuckets, path: Path) -> FileRef | None:
    """Write the delta between two snapshots of one epoch.

    Args:
        old: The former snapshot.
        new: The new one.
        path: A file that does not exist yet.

    Returns:
        Its digest and size. None, and no file, if there is nothing to gain: the geometry differs, the buckets are the
        same, or the delta would have more than half the size of `buckets.bin`.

    Raises:
        FormatError: The buckets are not of the size that their geometry says.
        OSError: A file cannot be read or written.
    """
    if old.geometry != new.geometry or old.root == new.root:
        return None
    added = path.with_name(f"{path.name}.added")
    try:
        return _write(old, new, path, added)
    except _TooLargeError:
        path.unlink()
        return None
    finally:
        added.unlink(missing_ok=True)


class _TooLargeError(Exception):
    """The delta is larger than it may be."""


def _write(old: SnapshotBuckets, new: SnapshotBuckets, path: Path, added: Path) -> FileRef:
    removals = additions = 0
    limit = new.geometry.size // 2
    with durable.new_file(path) as file, durable.new_file(added) as tail, file_errors.naming(path):
        file.write(bytes(HEADER.size))
        for index, change in _changes(new.geometry, old.path, new.path):
            file.write(b"".join(REMOVAL.pack(index, slot) for slot in change.removals))
            tail.write(b"".join(index.to_bytes(4) + entry for entry in change.additions))
            removals += len(change.removals)
            additions += len(change.additions)
            header = DeltaHeader(new.geometry, removals, additions, old.root, new.root)
            if header.size > limit:
                raise _TooLargeError
        tail.flush()
        for block in file_parts.read_blocks(added):
            file.write(block)
        file.seek(0)
        file.write(header.to_bytes())
        file.flush()
        os.fsync(file.fileno())
    return file_ref(path)


def _changes(geometry: Geometry, old: Path, new: Path) -> Iterator[tuple[int, BucketChange]]:
    """The buckets that differ, in order of their index."""
    for (first, before), (_, after) in zip(_blocks(old, geometry), _blocks(new, geometry), strict=True):
        if before == after:
            continue
        for at in range(0, len(before), geometry.stride):
            one, other = before[at : at + geometry.stride], after[at : at + geometry.stride]
            if one != other:
                yield first + at // geometry.stride, compare(one, other)


def apply_delta(old: SnapshotBuckets, delta: Path, new: SnapshotBuckets) -> None:
    """Write the buckets that a delta makes of a former snapshot. The caller compares the root and the digest.

    Args:
        old: The former snapshot.
        delta: The delta.
        new: The new snapshot, whose file is written, or replaced if it is there. It is not flushed.

    Raises:
        FormatError: The file is not a delta between the two snapshots. What was written is of no use then.
        OSError: A file cannot be read or written.
    """
    with durable.partial_file(new.path) as out, file_errors.naming(new.path):
        out.truncate(0)
        for block in applied(old, delta, new.geometry, new.root):
            view = memoryview(block)
            while view:
                view = view[out.write(view) :]


def applied(old: SnapshotBuckets, delta: Path, geometry: Geometry, root: bytes) -> Iterator[bytes]:
    """The buckets that a delta makes of a former snapshot, in blocks; raises as `apply_delta`.

    Args:
        old: The former snapshot.
        delta: The delta.
        geometry: The geometry of the new snapshot.
        root: The root of the new snapshot.
    """
    header = _header(delta)
    if (header.geometry, header.old_root, header.new_root) != (old.geometry, old.root, root):
        raise FormatError("delta: between other snapshots")
    if header.geometry != geometry:
        raise FormatError("delta: of another geometry")
    changes = _read_changes(header, delta)
    change = next(changes, None)
    for first, block in _blocks(old.path, geometry):
        changed, stop = bytearray(block), first + len(block) // geometry.stride
        while change is not None and change[0] < stop:
            at = (change[0] - first) * geometry.stride
            changed[at : at + geometry.stride] = apply(block[at : at + geometry.stride], change[1])
            change = next(changes, None)
        yield bytes(changed)


def check_delta(delta: Path, new: SnapshotBuckets) -> None:
    """Check what can be checked of a delta without the former snapshot: its form, and where it leads.

    Args:
        delta: The delta.
        new: The snapshot that it leads to, whose buckets are in order.

    Raises:
        FormatError: It is no delta, leads to another snapshot, or adds an entry that the new snapshot does not have.
        OSError: A file cannot be read.
    """
    header = _header(delta)
    if (header.geometry, header.new_root) != (new.geometry, new.root):
        raise FormatError("delta: leads to another snapshot")
    stride = new.geometry.stride
    with plain_file(new.path) as buckets:
        for index, change in _read_changes(header, delta):
            buckets.seek(index * stride)
            if not set(change.additions) <= set(entries_of(buckets.read(stride))):
                raise FormatError("delta: adds an entry that the snapshot does not have")


def _header(delta: Path) -> DeltaHeader:
    with plain_file(delta) as file:
        header = DeltaHeader.from_bytes(file.read(HEADER.size))
        if header.size != os.fstat(file.fileno()).st_size:
            raise FormatError("delta: of another size than it says")
        return header


def _blocks(path: Path, geometry: Geometry) -> Iterator[tuple[int, bytes]]:
    """Whole buckets in blocks, each with the index of its first; raises FormatError for a file of another size."""
    at_once = max(1, READ_BYTES // geometry.stride)
    with plain_file(path) as file:
        if os.fstat(file.fileno()).st_size != geometry.size:
            raise FormatError("delta: buckets of another size than the manifest says")
        for first in range(0, geometry.buckets, at_once):
            yield first, file.read(min(at_once, geometry.buckets - first) * geometry.stride)


def _read_changes(header: DeltaHeader, delta: Path) -> Iterator[tuple[int, BucketChange]]:
    """The changes of a delta by bucket, in order of their index."""
    first_addition = HEADER.size + header.removals * REMOVAL.size
    with plain_file(delta) as one, plain_file(delta) as other:
        one.seek(HEADER.size)
        other.seek(first_addition)
        removing, adding = Removals(header.geometry), Additions(header.geometry)
        removals = _by_bucket(
            pair for data in _read(one, header.removals * REMOVAL.size, REMOVAL.size) for pair in removing.read(data)
        )
        additions = _by_bucket(
            pair
            for data in _read(other, header.additions * ADDITION_BYTES, ADDITION_BYTES)
            for pair in adding.read(data)
        )
        removal, addition = next(removals, None), next(additions, None)
        while removal is not None or addition is not None:
            index = min(found[0] for found in (removal, addition) if found is not None)
            slots: tuple[int, ...] = ()
            entries: tuple[bytes, ...] = ()
            if removal is not None and removal[0] == index:
                slots, removal = removal[1], next(removals, None)
            if addition is not None and addition[0] == index:
                entries, addition = addition[1], next(additions, None)
            yield index, BucketChange(slots, entries)


def _by_bucket(pairs: Iterator[tuple[int, _T]]) -> Iterator[tuple[int, tuple[_T, ...]]]:
    for index, group in groupby(pairs, key=itemgetter(0)):
        yield index, tuple(value for _, value in group)


def _read(file: BufferedReader, size: int, item: int) -> Iterator[bytes]:
    """Read `size` bytes in blocks of whole items; raises FormatError if the file ends before."""
    at_once = READ_BYTES // item * item
    while size:
        data = file.read(min(at_once, size))
        if len(data) != min(at_once, size):
            raise FormatError("delta: cut short")
        size -= len(data)
        yield data
