"""An input file: a regular file that must not change while it is read."""

import io
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pilookup.custody.intake.files.formats import HEAD_BYTES
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.errors import IntakeError
from pilookup.file_id import FileId
from pilookup.plain_file import unbuffered_plain_file


@dataclass(frozen=True)
class Member:
    """A file inside an archive, or a whole input file, which is read in the same way.

    Attributes:
        location: Its name in messages, such as "seized.zip/a/b.csv".
        name: The file name, whose extension states the format.
        size: Size in bytes; None if it is only known once the file is read to its end.
        open: Returns a new stream from the first byte. It and the stream raise only IntakeError.
        folders: The folders that it is in, within the archive or below the directory given, separated by "/".
    """

    location: str
    name: str
    size: int | None
    open: Callable[[], BinaryIO]
    folders: str = field(default="", repr=False)

    def head(self) -> bytes:
        """The first `HEAD_BYTES` bytes, fewer if the file is shorter.

        Raises:
            IntakeError: The file cannot be read.
        """
        with self.open() as stream:
            return stream.read(HEAD_BYTES)


_LONG_DIGITS = re.compile(r"[0-9]{7,}")


def display_name(name: str) -> str:
    """The name of a file, member or sheet in the form that messages and reports show.

    Characters that cannot be printed become "?". Seven or more digits in sequence become the first three and "…",
    because the name of a file may be the phone number of its owner, and no number may reach a report.
    """
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return _LONG_DIGITS.sub(lambda digits: f"{digits[0][:3]}…", printable)


def read_range(path: Path, location: str, expected: FileId, start: int, stop: int) -> bytes:
    """Read the bytes of a file from start to stop.

    Args:
        path: The file.
        location: The file's name in errors.
        expected: The file id that the file must still have.
        start: Offset of the first byte.
        stop: Offset after the last byte.

    Raises:
        IntakeError: The file cannot be read, has another file id, or ends before `stop`.
    """
    try:
        with unbuffered_plain_file(Path(os.path.realpath(path))) as file:
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
    """The input file at a path. It may be opened any number of times, and must be the same file each time.

    Args:
        path: The path.
        folders: The folders that it is in, below a directory that was given, separated by "/".

    Attributes:
        location: The file's name in messages.
        position: Offset that the stream read last has reached; for progress.
        size: Size in bytes.
        file_id: The file id.

    Raises:
        IntakeError: The file is missing, not readable or not a regular file.
    """

    def __init__(self, path: Path, folders: str = "") -> None:
        name = path.name or str(path)
        self.location = display_name(f"{folders}/{name}" if folders else name)
        self._folders = folders
        self._path = path
        self._first_file_id: FileId | None = None
        self.position = 0
        with self.open() as stream:
            found = os.fstat(stream.fileno())
        self.size = found.st_size
        self.file_id = FileId.of(found)

    def open(self) -> BinaryIO:
        """A new buffered stream from the first byte.

        Raises:
            IntakeError: The file cannot be opened, is not a regular file, or has changed since it was first opened.
        """
        # O_NONBLOCK: opening a FIFO without a writer must not block. For a regular file the flag has no effect.
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
        """The absolute path, which also a task that runs in another directory can open."""
        return Path(os.path.realpath(self._path))

    def size_of_neighbour(self, suffix: str) -> int:
        """The size in bytes of the file with this file's path and a suffix behind it; 0 if there is none."""
        try:
            return Path(f"{self.absolute}{suffix}").stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise IntakeError(f"{self.location}{suffix}", f"cannot be read: {error.strerror}") from None

    def as_member(self) -> Member:
        """The whole file, in the form in which members of archives are read."""
        return Member(self.location, self._path.name, self.size, self.open, self._folders)

    def check_unchanged(self) -> None:
        """Check that the file at the path is still the file that was read.

        Raises:
            IntakeError: The file cannot be opened or has changed.
        """
        self.open().close()

    def _compare(self, now: os.stat_result) -> None:
        if not stat.S_ISREG(now.st_mode):
            raise IntakeError(self.location, "is not a regular file")
        file_id = FileId.of(now)
        if self._first_file_id is None:
            self._first_file_id = file_id
        elif self._first_file_id != file_id:
            raise IntakeError(self.location, "changed while it was read")


class _TrackedFile(io.FileIO):
    """A file that keeps `Source.position` up to date."""

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
