"""Decide which filters an epoch publishes, and build them: a base, and one cumulative additions filter.

The base keeps its bytes from publish to publish, so that a platform fetches it once. It is rebuilt if the additions
exceed a tenth of it, if something was withdrawn or erased (which must leave the filters too), and if its file is not as
it was signed or would now have another number of parts.

Tasks make the bodies. The head contains the serial, which is only assigned once it is known that something has changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from pilookup import durable, file_parts
from pilookup._core import FuseFilter
from pilookup.compute.executors import completed, concurrent_tasks
from pilookup.custody.publish.filters.keys import AdditionKeys, SpilledKeys
from pilookup.custody.publish.filters.tasks import (
    FILTER_PART_MEMORY,
    FUSE,
    BloomTask,
    CountTask,
    FilterPartTask,
    KeyCount,
    build_filters,
    count_keys,
)
from pilookup.custody.publish.spill_file import altered_error
from pilookup.errors import PublishError
from pilookup.protocol.filter import Algorithm, FilterHead, Role, file_name, part_bits_for
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import FileRef
from pilookup.release_files.files import file_ref
from pilookup.release_files.filter_file import FilterFile

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

REBASE_AT: Final = 0.1
"""The base is rebuilt if the additions exceed this share of it."""


@dataclass(frozen=True, slots=True)
class Base:
    """The file of a base filter in the served release, and its signed size and digest."""

    path: Path
    ref: FileRef


@dataclass(frozen=True, slots=True)
class FilterJob:
    """What filters are made of.

    folder: of this run, with its spill files. spill_files: their number. keys: the number of keys of each kind in all
    spill files together. bases: base filters to keep if possible. bloom: whether Bloom filters are made.
    """

    home: str
    folder: Path
    spill_files: int
    keys: Mapping[Kind, int]
    bases: Mapping[Kind, Base]
    bloom: bool


@dataclass(frozen=True, slots=True)
class BuiltFilter:
    """A filter whose body is built, or a base that is kept.

    count: the number of distinct keys. paths: the 2^part_bits parts of the body in the run's folder, or the whole file
    of a base that is kept. kept: the signed size and digest of that base.
    """

    kind: Kind
    role: Role
    algorithm: Algorithm
    count: int
    part_bits: int
    paths: tuple[Path, ...]
    kept: FileRef | None = None

    @property
    def file_name(self) -> str:
        return file_name(self.kind, self.role, self.algorithm)


def make_filters(job: FilterJob, executor: Executor, memory: int) -> tuple[BuiltFilter, ...]:
    """Count the keys, decide which filters are built, and build their bodies.

    Args:
        job: What the filters are made of.
        executor: Runs the tasks.
        memory: Bytes that the tasks of one process share; a single task may need more.

    Raises:
        PublishError: A spill file is missing or altered, or a filter cannot be built.
        FormatError: A base filter is damaged.
        KeyringError: The keyring cannot be opened where a task runs.
        MissingExtraError: A Bloom filter is wanted, and pybloom-live is not installed.
        ComputeError: The cluster failed.
        OSError: A file cannot be read or written.
    """
    plans = [_Plan(job, kind, _reusable_base(job.bases.get(kind), job.folder)) for kind in Kind]
    totals = {kind: KeyCount(kind, 0, 0, 0) for kind in Kind}
    for counts in _run(executor, memory, count_keys, [task for plan in plans for task in plan.count_tasks()]):
        for count in counts:
            totals[count.kind] += count
    decided = [each for plan in plans for each in plan.filters(totals[plan.kind])]
    for _ in _run(executor, memory, build_filters, [task for _, tasks in decided for task in tasks]):
        pass
    return tuple(built for built, _ in decided)


def write_filters(built: Iterable[BuiltFilter], folder: Path, channel: str, epoch: int, serial: int) -> list[str]:
    """Write the filter files of a snapshot into `folder`.

    Returns:
        Their names.

    Raises:
        PublishError: A base that is kept is no longer as it was signed.
        OSError: A file cannot be read or written.
    """
    names = []
    for each in built:
        head = FilterHead(channel, epoch, serial, each.kind, each.role, each.algorithm, each.count)
        chunks = _read(each.paths) if each.kept else _filter_bytes(head, each)
        durable.write_flushed(folder / each.file_name, chunks)
        if each.kept and file_ref(folder / each.file_name) != each.kept:
            raise altered_error(each.paths[0])
        names.append(each.file_name)
    return names


def base_name(kind: Kind) -> str:
    """The file name of a kind's base filter."""
    return file_name(kind, Role.BASE, FUSE)


_PlannedFilter = tuple[BuiltFilter, list[FilterPartTask | BloomTask]]


class _Plan:
    """Plans the filters of one kind: the tasks that count its keys, and the tasks that build its filters."""

    def __init__(self, job: FilterJob, kind: Kind, base: FilterFile | None) -> None:
        self.kind = kind
        self._job = job
        self._base = base
        range_bits = part_bits_for(job.keys[kind])
        self._spilled = SpilledKeys(job.home, str(job.folder), job.spill_files, str(kind), range_bits)
        self._lacked = AdditionKeys(job.home, str(job.folder), str(kind), range_bits)

    def count_tasks(self) -> list[CountTask]:
        base = None if self._base is None else str(self._base.path)
        return [CountTask(self._spilled, number, base, self._lacked) for number in range(1 << self._spilled.range_bits)]

    def filters(self, count: KeyCount) -> Iterator[_PlannedFilter]:
        """Yield the base that is kept and its additions, or else a new base; then the Bloom filter, if wanted."""
        if count.spilled != self._job.keys[self.kind]:
            raise PublishError(f"{self._job.folder}: not the filter keys that were spilled: run the command again")
        base = self._base
        if base is None or count.lacked > int(base.head.count * REBASE_AT):
            yield self._fuse(Role.BASE, count.distinct, self._spilled)
        else:
            signed = self._job.bases[self.kind].ref
            yield BuiltFilter(self.kind, Role.BASE, FUSE, base.head.count, 0, (base.path,), signed), []
            yield self._fuse(Role.ADDITIONS, count.lacked, self._lacked)
        if self._job.bloom:
            yield self._bloom(count.distinct)

    def _fuse(self, role: Role, count: int, source: SpilledKeys | AdditionKeys) -> _PlannedFilter:
        bits = part_bits_for(count)
        paths = tuple(self._path(role, FUSE, number) for number in range(1 << bits))
        tasks: list[FilterPartTask | BloomTask] = [
            FilterPartTask(source, number, bits, str(path)) for number, path in enumerate(paths)
        ]
        return BuiltFilter(self.kind, role, FUSE, count, bits, paths), tasks

    def _bloom(self, count: int) -> _PlannedFilter:
        path = self._path(Role.BASE, Algorithm.BLOOM, 0)
        built = BuiltFilter(self.kind, Role.BASE, Algorithm.BLOOM, count, 0, (path,))
        return built, [BloomTask(self._spilled, count, str(path))]

    def _path(self, role: Role, algorithm: Algorithm, number: int) -> Path:
        """The path of a part, such as `exposure.base.fuse16.0007.part`."""
        return self._job.folder / f"{file_name(self.kind, role, algorithm)}.{number:04}.part"


def _reusable_base(base: Base | None, folder: Path) -> FilterFile | None:
    """Copy a base that may be kept to the run's folder, where it does not change while keys are compared with it.

    Returns:
        The copy; None if its bytes are not those that were signed, or if it would now have another number of parts.
    """
    if base is None or not base.path.exists():
        return None
    copy = folder / base.path.name
    durable.write_and_rename(copy, _read([base.path]), flushed=False)
    if file_ref(copy) != base.ref:
        return None
    file = FilterFile(copy)
    return file if file.part_bits == part_bits_for(file.head.count) else None


def _run(
    executor: Executor, memory: int, work: Callable[[tuple[Task, ...]], Outcome], tasks: list[Task]
) -> Iterator[Outcome]:
    """Run tasks in parallel, one in each call of `work`; with little memory, in fewer calls of several tasks each.

    The tasks of one call run one after another, so no more tasks run at once than there is memory for.
    """
    parallel = max(1, memory // FILTER_PART_MEMORY)
    if parallel >= concurrent_tasks(executor):
        return completed(executor, work, [(task,) for task in tasks])
    return completed(executor, work, [row for first in range(parallel) if (row := tuple(tasks[first::parallel]))])


def _filter_bytes(head: FilterHead, built: BuiltFilter) -> Iterator[bytes]:
    """Yield the bytes of a filter file. A body of several parts has a head, and a digest at its end."""
    yield head.to_bytes()
    if not built.part_bits:
        yield from _read(built.paths)
        return
    beginning = FuseFilter.head(int(built.algorithm), built.part_bits, built.count)
    digest = sha256(beginning)
    yield beginning
    for block in _read(built.paths):
        digest.update(block)
        yield block
    yield digest.digest()


def _read(paths: Iterable[Path]) -> Iterator[bytes]:
    return chain.from_iterable(map(file_parts.read_blocks, paths))
