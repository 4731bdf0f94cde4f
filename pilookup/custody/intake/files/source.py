"""The input file: a regular file that does not change while it is read."""

import io
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pilookup.custody.intake.files.formats import HEAD_BYTES
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.errors import IntakeError
from pilookup.file_id import FileId


@dataclass(frozen=True)
class Member:
    """A file, or a file inside an archive.

    location: for messages, such as "seized.zip/a/b.csv". name: its ending says the format. size: bytes, None
    where only reading to the end can tell. open: a new stream from the first byte; it raises IntakeError
    alone.
    """

    location: str
    name: str
    size: int | None
    open: Callable[[], BinaryIO]

    def head(self) -> bytes:
        """Up to 512 first bytes."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)


_LONG_DIGITS = re.compile(r"[0-9]{7,}")


def display_name(name: str) -> str:
    """A file's, member's or sheet's name fit for messages and reports.

    Characters that do not print become "?"; seven digits or more become their first three and "…", since a file named
    after its owner's phone must not carry the number into a report.
    """
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return _LONG_DIGITS.sub(lambda digits: f"{digits[0][:3]}…", printable)


def read_range(path: Path, location: str, expected: FileId, start: int, stop: int) -> bytes:
    """The bytes of a file from start to stop. Raises IntakeError when it cannot be read or is another file by now."""
    try:
        with path.open("rb", buffering=0) as file:
            if not expected.is_same_elsewhere(FileId.of(os.fstat(file.fileno()))):
                raise IntakeError(location, "changed while it was read")
            file.seek(start)
            data = file.read(stop - start)
            while len(data) < stop - start and (more := file.read(stop - start - len(data))):
                data += more
    except OSError as error:
        raise IntakeError(location, f"cannot be read: {error.strerror}") from None
    if len(data) != stop - start:
        raise IntakeError(location, "changed while it was read")
    return data


class Source:
    """The file at `path`, opened as often as needed and always the same.

    Raises IntakeError when it is missing, not a regular file, not readable, or not the file it was at first.
    """

    def __init__(self, path: Path) -> None:
        self.location = display_name(path.name or str(path))
        self._path = path
        self._first_stat: FileId | None = None
        self.position = 0
        with self.open() as stream:
            found = os.fstat(stream.fileno())
        self.size = found.st_size
        self.file_id = FileId.of(found)

    def open(self) -> BinaryIO:
        """A new buffered stream from the first byte."""
        # O_NONBLOCK: opening a FIFO nobody writes to must not hang; for a regular file it means nothing.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(self._path, flags)
        except OSError as error:
            raise IntakeError(self.location, f"cannot be opened: {error.strerror}") from None
        except ValueError:
            raise IntakeError(self.location, "cannot be opened: not a file name") from None
        try:
            self._compare(os.fstat(handle))
            return io.BufferedReader(_TrackedFile(handle, self), BLOCK_BYTES)
        except BaseException:
            os.close(handle)
            raise

    @property
    def absolute(self) -> Path:
        """Where the file lies, whatever directory a task is run in."""
        return Path(os.path.realpath(self._path))

    def as_member(self) -> Member:
        """The whole file as a member."""
        return Member(self.location, self._path.name, self.size, self.open)

    def check_unchanged(self) -> None:
        """Raise IntakeError if the file is no longer the one that was read."""
        self.open().close()

    def _compare(self, now: os.stat_result) -> None:
        if not stat.S_ISREG(now.st_mode):
            raise IntakeError(self.location, "is not a regular file")
        seen = FileId.of(now)
        if self._first_stat is None:
            self._first_stat = seen
        elif self._first_stat != seen:
            raise IntakeError(self.location, "changed while it was read")


class _TrackedFile(io.FileIO):
    """A file that tells its source how far it was read, for progress."""

    def __init__(self, handle: int, source: Source) -> None:
        super().__init__(handle, "rb")
        self._source = source

    def readinto(self, buffer: "memoryview | bytearray") -> int | None:  # type: ignore[override]
        try:
            count = super().readinto(buffer)
            self._source.position = self.tell()
        except OSError as error:
            raise IntakeError(self._source.location, f"cannot be read: {error.strerror}") from None
        return count
