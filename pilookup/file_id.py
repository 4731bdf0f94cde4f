"""File id: tells whether a path still leads to the same, unchanged file."""

import os
from typing import NamedTuple, Self


class FileId(NamedTuple):
    """What changes when a file is written to, or another file takes its name."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """The id of the file that a `stat` or `fstat` describes."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def is_same_elsewhere(self, other: "FileId") -> bool:
        """Whether the two are the same file where one may have been taken on another machine.

        Machines that share a file system number its device differently, so the device is left out.
        """
        return self[1:] == other[1:]
