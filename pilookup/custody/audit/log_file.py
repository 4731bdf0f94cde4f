"""`audit.jsonl`: the lines of the audit log, and adding one so that it is on the disk whole or not at all."""

import os
from dataclasses import dataclass
from pathlib import Path

from pilookup import file_errors
from pilookup.plain_file import read_whole


@dataclass(frozen=True, slots=True)
class LogLines:
    """What the file holds.

    lines: The whole lines, without their ends. torn: The bytes after the last one, which a killed append left.
    """

    lines: tuple[bytes, ...]
    torn: bytes

    @property
    def whole_bytes(self) -> int:
        """The length of the whole lines with their ends."""
        return sum(len(line) + 1 for line in self.lines)


def read_lines(path: Path) -> LogLines:
    """Read the file; raises OSError, such as FileNotFoundError."""
    *lines, torn = read_whole(path).split(b"\n")
    return LogLines(tuple(lines), torn)


def append_line(path: Path, line: bytes) -> None:
    """Add a line and flush it. After an error, such as of a full disk, the file is as long as before.

    Raises:
        OSError: The line cannot be written. The error names the file.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        with file_errors.naming(path):
            before = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                view = memoryview(line + b"\n")
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            except BaseException:
                os.ftruncate(descriptor, before)
                raise
    finally:
        os.close(descriptor)


def cut(path: Path, length: int) -> None:
    """Shorten the file to a length, durably; raises OSError, which names the file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        with file_errors.naming(path):
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
