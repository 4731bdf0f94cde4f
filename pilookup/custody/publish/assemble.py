"""Make the files of one epoch's snapshot, by tasks that any executor runs (SPEC.md sections 6 and 10).

vault ranges -> spill files of sealed entries and filter keys -> bucket ranges -> buckets.bin and tree.bin
                                                              -> filter parts

The tasks write to a folder that only this run uses, below the epoch's staging directory. No token, shift or channel
element is written anywhere. Each stage begins when the one before is done, so that a task whose worker died can run
again from the files of that stage. A thread holds one vault range, one filter part or one bucket range in memory.
"""

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from pilookup import durable, file_errors, file_parts
from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import completed, concurrent_tasks
from pilookup.compute.window import OrderedWindow
from pilookup.custody.publish.bucket_task import BucketOverflow, BucketTask, bucket_range_path, write_bucket_range
from pilookup.custody.publish.division import bucket_range_count, vault_ranges
from pilookup.custody.publish.entry_task import EntryTask, StoredLoad, write_entries
from pilookup.custody.publish.filters.schedule import Base, BuiltFilter, FilterJob, make_filters
from pilookup.custody.publish.spill_file import spill_path
from pilookup.plain_file import read_whole
from pilookup.protocol import merkle
from pilookup.protocol.buckets import BUCKETS_FILE, TREE_FILE, Geometry
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.merkle import HASH_BYTES


@dataclass(frozen=True, slots=True)
class PublishJob:
    """What a snapshot is made of.

    profile: of the channel's labels. sources: the published datasets, newest first: catalogue id and flag of the kind.
    loads: all loads of these datasets. rows: an upper bound of the number of their rows. geometry: None to choose it by
    the number of entries. most_slots: up to how many slots a bucket may grow, if its entries do not fit; 0: not at all.
    bases: base filters to keep if possible.
    """

    home: str
    channel: str
    epoch: int
    profile: str
    sources: tuple[tuple[int, int], ...]
    loads: tuple[StoredLoad, ...]
    rows: int
    geometry: Geometry | None
    most_slots: int
    bases: Mapping[Kind, Base]
    bloom: bool


@dataclass(frozen=True, slots=True)
class BuiltEpoch:
    """The buckets and tree that were built, and the filters, of which only the bodies exist yet.

    root: of the Merkle tree. files: buckets.bin and tree.bin.
    """

    geometry: Geometry
    root: bytes
    entries: int
    files: dict[str, FileRef]
    filters: tuple[BuiltFilter, ...]


def build(job: PublishJob, folder: Path, executor: Executor, memory: int, on_done: Progress) -> BuiltEpoch:
    """Write buckets.bin and tree.bin into `folder`, and the bodies of the filters into a folder below it.

    Args:
        job: What the snapshot is made of.
        folder: The staging directory of the epoch.
        executor: Runs the tasks.
        memory: Bytes that the tasks of one process share.
        on_done: Called after each step with (steps done, steps in all, entries so far).

    Raises:
        BucketOverflow: A bucket has more entries than slots.
        PublishError: An intermediate file is missing or altered, or a filter cannot be built.
        KeyringError: The keyring cannot be opened where a task runs.
        VaultError: A shard is missing or altered.
        FormatError: A base filter is damaged.
        ComputeError: The cluster failed.
        OSError: A file cannot be read or written.
    """
    work = folder / f"work-{uuid4().hex}"
    durable.make_directory(work)
    task_memory = memory // concurrent_tasks(executor)
    tasks = _entry_tasks(job, work, task_memory)
    entries, keys = 0, [0] * len(Kind)
    for done, outcome in enumerate(completed(executor, write_entries, tasks), 1):
        entries += outcome.entries
        keys = [before + more for before, more in zip(keys, outcome.filter_keys, strict=True)]
        on_done(done, len(tasks) + 1, entries)
    wanted = FilterJob(
        home=job.home,
        folder=work,
        spill_files=len(tasks),
        keys=dict(zip(Kind, keys, strict=True)),
        bases=job.bases,
        bloom=job.bloom,
    )
    filters = make_filters(wanted, executor, memory)
    geometry = job.geometry or Geometry.for_entries(entries)
    while True:
        count = bucket_range_count(entries, geometry, task_memory)
        try:
            files = _write_buckets(job.home, work, folder, len(tasks), geometry, count, executor)
            break
        except BucketOverflow:
            if (grown := geometry.grown(entries, job.most_slots)) is None:
                raise
            geometry = grown
            (folder / BUCKETS_FILE).unlink(missing_ok=True)
    for number in range(len(tasks)):
        spill_path(work, number).unlink()
    return BuiltEpoch(geometry, merkle.root(read_whole(folder / TREE_FILE)), entries, files, filters)


def _entry_tasks(job: PublishJob, work: Path, task_memory: int) -> list[EntryTask]:
    common = (job.channel, job.epoch, job.profile, job.sources, job.loads)
    return [
        EntryTask(job.home, str(work), number, *common, vault_range.first, vault_range.stop, vault_range.span)
        for number, vault_range in enumerate(vault_ranges(job.rows, task_memory))
    ]


def _write_buckets(
    home: str, work: Path, folder: Path, spill_files: int, geometry: Geometry, count: int, executor: Executor
) -> dict[str, FileRef]:
    """Write the buckets in order, one bucket range after another, and the tree over them."""
    common = (home, str(work), spill_files)
    tasks = [BucketTask(*common, number, count, geometry.bits, geometry.slots) for number in range(count)]
    leaves: list[bytes] = []
    with durable.new_file(folder / BUCKETS_FILE) as file:
        written = _HashedFile(file, folder / BUCKETS_FILE)
        paths = (bucket_range_path(work, task.number, task.slots) for task in tasks)

        def take(hashes: bytes) -> None:
            written.take(next(paths))
            leaves.extend(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))

        with OrderedWindow(executor, write_bucket_range, take, len(tasks)) as window:
            for task in tasks:
                window.put(task)
        buckets = written.finish()
    tree = merkle.build(leaves)
    durable.write_flushed(folder / TREE_FILE, tree)
    return {BUCKETS_FILE: buckets, TREE_FILE: FileRef(sha256(tree).hexdigest(), len(tree))}


class _HashedFile:
    """A file that is hashed while it is written."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._digest = sha256()
        self._size = 0

    def take(self, path: Path) -> None:
        """Append a file's bytes, and delete that file."""
        for block in file_parts.read_blocks(path):
            self._digest.update(block)
            with file_errors.naming(self._path):
                self._size += self._file.write(block)
        path.unlink()

    def finish(self) -> FileRef:
        """Flush the file to the disk."""
        with file_errors.naming(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
        return FileRef(self._digest.hexdigest(), self._size)
