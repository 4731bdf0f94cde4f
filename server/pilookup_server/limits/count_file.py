"""The file that counts elements while the service database cannot: `HOME/online/evaluated.json`.

Versions before the service database counted in it alone. What it counts is added to the database when that can be
used, once: `HOME/online/evaluated-id` names the file, and the database knows how much of it it contains. So the counts
in the file only grow, and a copy of both files changes nothing.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from pilookup import durable
from pilookup.clock import Clock
from pilookup.errors import FormatError
from pilookup.file_id import FileId
from pilookup.plain_file import read_plain
from pilookup.release_files.evaluations import EVALUATED, Evaluations, read_evaluations, write_evaluations

ID: Final = "evaluated-id"
LOCK: Final = "evaluated-lock"

_EPOCHS: Final = 8
"""Epochs that are remembered; a channel serves two at most."""

_ID_CHARACTERS: Final = 32


@dataclass(frozen=True, slots=True)
class FileCounts:
    """The content of `evaluated.json` of one HOME.

    Attributes:
        source: The id of that HOME's file.
        epochs: The number of elements, by epoch.
    """

    source: str
    epochs: Mapping[int, int]


class CountFile:
    """The file of one HOME. Several servers may use it at the same time."""

    def __init__(self, online: Path, clock: Clock) -> None:
        """Name the file.

        Args:
            online: HOME's online half.
            clock: The wall clock, whose time the file states.
        """
        self._online = online
        self._clock = clock

    def read(self) -> FileCounts | None:
        """The counts; None if there is no file, raises FormatError, OSError."""
        record = read_evaluations(self._online)
        return None if record is None else FileCounts(self._id(), record.epochs)

    def read_only(self) -> FileCounts | None:
        """The counts, where nothing can be written; a file without an id is known to no database."""
        record = read_evaluations(self._online)
        if record is None:
            return None
        return FileCounts(self._id() if (self._online / ID).exists() else "", record.epochs)

    def state(self) -> object:
        """Something that differs after each change of the file; None if there is no file, raises OSError."""
        try:
            return FileId.of((self._online / EVALUATED).stat())
        except FileNotFoundError:
            return None

    def add(self, epoch: int, elements: int) -> None:
        """Add to the count of an epoch; raises FormatError, OSError, and then nothing was added."""
        with self._locked():
            self._id()
            record = read_evaluations(self._online)
            counts = dict(record.epochs) if record else {}
            counts[epoch] = counts.get(epoch, 0) + elements
            newest = {one: counts[one] for one in sorted(counts)[-_EPOCHS:]}
            write_evaluations(self._online, Evaluations(newest, self._clock()))

    def _id(self) -> str:
        """The id of the file, made if there is none yet."""
        path = self._online / ID
        try:
            found = read_plain(path, _ID_CHARACTERS + 1).decode("ascii", "replace").strip()
        except FileNotFoundError:
            found = uuid4().hex
            try:
                durable.create(path, found.encode())
            except FileExistsError:
                return self._id()
        if len(found) != _ID_CHARACTERS or not set(found) <= set("0123456789abcdef"):
            raise FormatError(f"{path}: not the id of a count")
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._online / LOCK, flags, durable.FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
