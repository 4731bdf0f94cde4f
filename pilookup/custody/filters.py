"""Which filters an epoch publishes: a base, and what has come since in one cumulative additions filter.

The base keeps its bytes from publish to publish, so a platform fetches it once. It is rebuilt when the additions pass a
tenth of it, and whenever something was withdrawn or erased: what is gone must leave the filters too.

A task makes the bodies; the header bears the serial, which is given once it is known that anything has changed. A body
is built in memory, a fuse filter in about 37 bytes a key: the one step whose memory grows with the rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import durable
from pilookup.custody.home import Home
from pilookup.custody.spill import Spills
from pilookup.custody.vault import Vault
from pilookup.custody.workshop import keyring_of
from pilookup.protocol.filter import (
    KEY_BYTES,
    Algorithm,
    Body,
    Filter,
    Role,
    build_body,
    file_name,
    parse_body,
)
from pilookup.protocol.label import Kind

REBASE_AT: Final = 0.1
BUILD_BYTES_A_KEY: Final = 40
"""What a key costs while a fuse filter is built: 37 bytes as measured, docs/adr/0010-publish-pipeline.md."""


@dataclass(frozen=True, slots=True)
class FilterTask:
    """The filters of some kinds, one after another, from the spill files of a run.

    `bases` are base files to keep while they can be, as (kind, path).
    """

    home: str
    folder: str
    spills: int
    kinds: tuple[str, ...]
    bases: tuple[tuple[str, str], ...]
    bloom: bool


@dataclass(frozen=True, slots=True)
class BuiltFilter:
    """A body in the run's folder, or with `kept` the base file as it was."""

    kind: str
    role: int
    algorithm: int
    path: str
    kept: bool = False


def build_filters(task: FilterTask) -> tuple[BuiltFilter, ...]:
    """Build the bodies; raises KeyringError, OSError, and ValueError where none can be built."""
    return tuple(built for kind in task.kinds for built in _Builder(task, Kind(kind)).build())


def write_filters(built: Iterable[BuiltFilter], folder: Path, channel: str, epoch: int, serial: int) -> list[str]:
    """Write the files of a snapshot's filters into `folder`; returns their names."""
    names = []
    for each in built:
        algorithm, role, kind = Algorithm(each.algorithm), Role(each.role), Kind(each.kind)
        data = Path(each.path).read_bytes()
        if not each.kept:
            data = Filter(channel, epoch, serial, kind, role, algorithm, parse_body(algorithm, data)).to_bytes()
        names.append(file_name(kind, role, algorithm))
        durable.write_flushed(folder / names[-1], data)
    return names


class _Builder:
    """Builds one kind's filters."""

    def __init__(self, task: FilterTask, kind: Kind) -> None:
        self._task = task
        self._kind = kind
        self._base = dict(task.bases).get(kind)
        self._folder = Path(task.folder)
        self._store = Vault(Home(Path(task.home)), keyring_of(task.home)).store

    def build(self) -> Iterator[BuiltFilter]:
        yield from self._additions() or [self._built(self._all(), Role.BASE, Algorithm.FUSE16)]
        if self._task.bloom:
            yield self._built(self._all(), Role.BASE, Algorithm.BLOOM)

    def _additions(self) -> list[BuiltFilter]:
        """The base as it was and what it lacks; nothing where there is none or it lacks too much."""
        if self._base is None:
            return []
        base = Filter.from_bytes(Path(self._base).read_bytes()).body
        most, added = int(len(base) * REBASE_AT) * KEY_BYTES, bytearray()
        for keys in self._keys():
            added += _missing_from(keys, base)
            if len(added) > most:
                return []
        kept = BuiltFilter(self._kind, Role.BASE, Algorithm.FUSE16, self._base, kept=True)
        return [kept, self._built(bytes(added), Role.ADDITIONS, Algorithm.FUSE16)]

    def _built(self, keys: bytes, role: Role, algorithm: Algorithm) -> BuiltFilter:
        path = self._folder / f"{file_name(self._kind, role, algorithm)}.body"
        durable.put_whole(path, [build_body(keys, algorithm).to_bytes()], flushed=False)
        return BuiltFilter(self._kind, role, algorithm, str(path))

    def _all(self) -> bytes:
        return b"".join(self._keys())

    def _keys(self) -> Iterator[bytes]:
        return Spills(self._folder, self._task.spills).filter_keys(self._store, self._kind)


def _missing_from(keys: bytes, base: Body) -> bytes:
    """The keys that a body does not contain, in order."""
    count = len(keys) // KEY_BYTES
    held = np.unpackbits(np.frombuffer(base.contains_many(keys), np.uint8), count=count, bitorder="little")
    missing: bytes = np.frombuffer(keys, f"V{KEY_BYTES}")[held == 0].tobytes()
    return missing


def base_name(kind: Kind) -> str:
    """The file name of a kind's base filter."""
    return file_name(kind, Role.BASE, Algorithm.FUSE16)
