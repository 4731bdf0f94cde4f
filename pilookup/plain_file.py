"""Opens files that somebody else may have put in place, without waiting for anything but the disk.

Opening a pipe waits until another process writes to it, which would stop a server at its start.
"""

import errno
import os
import stat
from io import BufferedReader, FileIO
from pathlib import Path


def open_plain(path: Path) -> int:
    """Open a plain file for reading, and return its descriptor, which is the caller's to close.

    Raises:
        OSError: It cannot be opened, or is a symbolic link, a pipe, a device or a directory. The error names it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return descriptor


def plain_file(path: Path) -> BufferedReader:
    """A plain file, open for reading, which keeps its name; raises as `open_plain`."""
    return open(path, "rb", opener=_opener)


def unbuffered_plain_file(path: Path) -> FileIO:
    """The same, without a buffer."""
    return open(path, "rb", buffering=0, opener=_opener)


def read_whole(path: Path) -> bytes:
    """The content of a plain file of any size; raises as `open_plain`."""
    with plain_file(path) as file:
        return file.read()


def _opener(path: str, _: int) -> int:
    return open_plain(Path(path))


def read_plain(path: Path, most: int) -> bytes:
    """The content of a plain file of at most `most` bytes.

    Raises:
        OSError: It cannot be opened or read, is not a plain file, or is larger. The error names it.
    """
    with plain_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "too large", str(path))
    return data
