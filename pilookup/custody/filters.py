"""Which filters an epoch publishes: a base, and what has come since in one cumulative additions filter.

The base keeps its bytes from publish to publish, so a platform fetches it once. It is rebuilt when the additions pass a
tenth of it, and whenever something was withdrawn or erased: what is gone must leave the filters too.

Tasks make the parts of the bodies; the head bears the serial, given once it is known that anything has changed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

from pilookup import durable
from pilookup._core import FuseFilter
from pilookup.compute import at_once, completed
from pilookup.custody.filter_file import FilterFile
from pilookup.custody.filter_tasks import (
    PART_MEMORY,
    BloomTask,
    CountTask,
    KeySource,
    PartTask,
    build_filters,
    count_keys,
)
from pilookup.protocol.filter import Algorithm, FilterHead, Role, file_name, part_bits_for
from pilookup.protocol.label import Kind

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

REBASE_AT: Final = 0.1
_READ_BYTES: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class FilterOrder:
    """What filters are made of: the spill files in `folder`, with at most so many keys of each kind.

    `bases` are base files to keep while they can be.
    """

    home: str
    folder: Path
    spills: int
    keys: Mapping[Kind, int]
    bases: Mapping[Kind, Path]
    bloom: bool


@dataclass(frozen=True, slots=True)
class BuiltFilter:
    """The parts of a body in the run's folder, 2^part_bits files; or with `kept` the base file as it was."""

    kind: Kind
    role: Role
    algorithm: Algorithm
    count: int
    part_bits: int
    paths: tuple[Path, ...]
    kept: bool = False

    @property
    def file_name(self) -> str:
        return file_name(self.kind, self.role, self.algorithm)


def make_filters(order: FilterOrder, executor: Executor, memory: int) -> tuple[BuiltFilter, ...]:
    """Count the keys, decide, and build, by tasks that hold `memory` bytes together in one process, or one part.

    Raises what the tasks raise, and FormatError for a base that is no filter.
    """
    makers = [_Maker(order, kind) for kind in Kind]
    keys, added = Counter[str](), Counter[str]()
    for counts in _run(executor, memory, count_keys, [task for maker in makers for task in maker.counting()]):
        for each in counts:
            keys[each.kind] += each.keys
            added[each.kind] += each.added
    made = [each for maker in makers for each in maker.filters(keys[maker.kind], added[maker.kind])]
    for _ in _run(executor, memory, build_filters, [task for maker in makers for task in maker.tasks]):
        pass
    return tuple(made)


def write_filters(built: Iterable[BuiltFilter], folder: Path, channel: str, epoch: int, serial: int) -> list[str]:
    """Write the files of a snapshot's filters into `folder`; returns their names."""
    names = []
    for each in built:
        head = FilterHead(channel, epoch, serial, each.kind, each.role, each.algorithm, each.count)
        pieces = _read(each.paths) if each.kept else _joined(head, each)
        durable.write_flushed(folder / each.file_name, pieces)
        names.append(each.file_name)
    return names


def base_name(kind: Kind) -> str:
    """The file name of a kind's base filter."""
    return file_name(kind, Role.BASE, Algorithm.FUSE16)


class _Maker:
    """Decides one kind's filters and what makes them."""

    def __init__(self, order: FilterOrder, kind: Kind) -> None:
        self.kind = kind
        self.tasks: list[PartTask | BloomTask] = []
        self._order = order
        self._base = order.bases.get(kind)
        cut = part_bits_for(order.keys[kind])
        self._source = KeySource(order.home, str(order.folder), order.spills, str(kind), cut)

    def counting(self) -> list[CountTask]:
        base = None if self._base is None else str(self._base)
        return [CountTask(self._source, number, base) for number in range(1 << self._source.cut)]

    def filters(self, keys: int, added: int) -> Iterator[BuiltFilter]:
        """The base as it was and what it lacks, or where it lacks too much, or there is none, a new one."""
        base = self._base
        held = 0 if base is None else FilterFile(base).head.count
        if base is None or added > int(held * REBASE_AT):
            yield self._fuse(Role.BASE, keys, None)
        else:
            yield BuiltFilter(self.kind, Role.BASE, Algorithm.FUSE16, held, 0, (base,), kept=True)
            yield self._fuse(Role.ADDITIONS, added, base)
        if self._order.bloom:
            yield self._bloom(keys)

    def _fuse(self, role: Role, count: int, base: Path | None) -> BuiltFilter:
        bits, algorithm = part_bits_for(count), Algorithm.FUSE16
        paths = tuple(self._path(role, algorithm, number) for number in range(1 << bits))
        without = None if base is None else str(base)
        for number, path in enumerate(paths):
            self.tasks.append(PartTask(self._source, number, bits, int(algorithm), without, str(path)))
        return BuiltFilter(self.kind, role, algorithm, count, bits, paths)

    def _bloom(self, count: int) -> BuiltFilter:
        path = self._path(Role.BASE, Algorithm.BLOOM, 0)
        self.tasks.append(BloomTask(self._source, count, str(path)))
        return BuiltFilter(self.kind, Role.BASE, Algorithm.BLOOM, count, 0, (path,))

    def _path(self, role: Role, algorithm: Algorithm, number: int) -> Path:
        """`exposure.base.fuse16.0007.part`"""
        return self._order.folder / f"{file_name(self.kind, role, algorithm)}.{number:04}.part"


def _run(
    executor: Executor, memory: int, work: Callable[[tuple[Task, ...]], Outcome], tasks: list[Task]
) -> Iterator[Outcome]:
    """Tasks one by one; in a few rows, one after another, where not every thread has the memory for one."""
    beside = max(1, memory // PART_MEMORY)
    if beside >= at_once(executor):
        return completed(executor, work, [(task,) for task in tasks])
    return completed(executor, work, [row for first in range(beside) if (row := tuple(tasks[first::beside]))])


def _joined(head: FilterHead, built: BuiltFilter) -> Iterator[bytes]:
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
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                yield piece
