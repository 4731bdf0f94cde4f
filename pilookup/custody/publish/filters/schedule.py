"""Which filters an epoch publishes: a base, and what has come since in one cumulative additions filter.

The base keeps its bytes from publish to publish, so a platform fetches it once. It is rebuilt when the additions pass a
tenth of it, whenever something was withdrawn or erased (what is gone must leave the filters too), and where the file is
no more as it was signed or would be cut otherwise now.

Tasks make the parts of the bodies; the head bears the serial, given once it is known that anything has changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from pilookup import durable
from pilookup._core import FuseFilter
from pilookup.compute.executors import completed, concurrent_tasks
from pilookup.custody.publish.filters.keys import AdditionKeys, SpilledKeys
from pilookup.custody.publish.filters.tasks import (
    FUSE,
    PART_MEMORY,
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
"""Additions that pass this share of the base make a new one."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base filter file of the release before, and what was signed of it."""

    path: Path
    ref: FileRef


@dataclass(frozen=True, slots=True)
class FilterJob:
    """What filters are made of: the spill files in `folder`, which have so many keys of each kind together.

    `bases` are base filters to keep while they can be.
    """

    home: str
    folder: Path
    spill_files: int
    keys: Mapping[Kind, int]
    bases: Mapping[Kind, Base]
    bloom: bool


@dataclass(frozen=True, slots=True)
class BuiltFilter:
    """The parts of a body in the run's folder, 2^part_bits files; or the whole of a base that is `kept` as signed."""

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
    """Count the keys, decide, and build, by tasks that hold `memory` bytes together in one process, or one part.

    Raises what the tasks raise, and PublishError where the spill files have not the keys that were put there.
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
    """Write the files of a snapshot's filters into `folder`; returns their names.

    Raises OSError, and PublishError where a base that was to be kept is no more as it was signed.
    """
    names = []
    for each in built:
        head = FilterHead(channel, epoch, serial, each.kind, each.role, each.algorithm, each.count)
        pieces = _read(each.paths) if each.kept else _filter_bytes(head, each)
        durable.write_flushed(folder / each.file_name, pieces)
        if each.kept and file_ref(folder / each.file_name) != each.kept:
            raise altered_error(each.paths[0])
        names.append(each.file_name)
    return names


def base_name(kind: Kind) -> str:
    """The file name of a kind's base filter."""
    return file_name(kind, Role.BASE, FUSE)


_PlannedFilter = tuple[BuiltFilter, list[FilterPartTask | BloomTask]]


class _Plan:
    """One kind's filters: how its keys are counted, what is made of them, and by which tasks."""

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
        """The base as it was and what it lacks, or where it lacks too much, or there is none, a new one."""
        if count.spilled != self._job.keys[self.kind]:
            raise PublishError(f"{self._job.folder}: not the filter keys that were spilled: give the command again")
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
        """`exposure.base.fuse16.0007.part`"""
        return self._job.folder / f"{file_name(self.kind, role, algorithm)}.{number:04}.part"


def _reusable_base(base: Base | None, folder: Path) -> FilterFile | None:
    """A copy of a base that may be kept, in the run's folder, where nothing else is at it while keys are compared.

    It has the bytes that were signed, and is cut as it would be now, so that no piece of it is larger than a part.
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
    """Run tasks beside each other, one a call; where threads have not the memory for that, in a few calls of many.

    The tasks of one call run one after another, so that there are only as many at once as there is memory for.
    """
    parallel = max(1, memory // PART_MEMORY)
    if parallel >= concurrent_tasks(executor):
        return completed(executor, work, [(task,) for task in tasks])
    return completed(executor, work, [row for first in range(parallel) if (row := tuple(tasks[first::parallel]))])


def _filter_bytes(head: FilterHead, built: BuiltFilter) -> Iterator[bytes]:
    """A filter file from its parts: behind more than one stands the digest of them all."""
    yield head.to_bytes()
    if not built.part_bits:
        yield from _read(built.paths)
        return
    beginning = FuseFilter.head(int(built.algorithm), built.part_bits, built.count)
    digest = sha256(beginning)
    yield beginning
    for piece in _read(built.paths):
        digest.update(piece)
        yield piece
    yield digest.digest()


def _read(paths: Iterable[Path]) -> Iterator[bytes]:
    return chain.from_iterable(map(durable.read_blocks, paths))
