"""Overwrites what may be a key before it leaves the disk: when a file is given up, or replaced by another.

Every function raises OSError, which names the file, if the operating system refuses.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pilookup import file_errors

KEY_FILE_BYTES = 4096
"""No key file is larger. What is no larger is overwritten before it is deleted, whatever it is."""


def discard(path: Path) -> None:
    """Delete a file that was given up; if it may be a key file, by its size, overwrite it first. None is fine,
    and so is one that another process deletes meanwhile.

    Raises OSError, also if it was deleted and could not be overwritten.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return
    except OSError:  # a symbolic link, a pipe or a file of somebody else: there is no content of ours to overwrite
        path.unlink(missing_ok=True)
        return
    try:
        with file_errors.naming(path), os.fdopen(descriptor, "wb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_size <= KEY_FILE_BYTES:
                overwrite(file)
    finally:
        path.unlink(missing_ok=True)


def overwrite(file: FileIO | BinaryIO) -> None:
    """Overwrite a whole file with random bytes, and flush it."""
    file.write(os.urandom(os.fstat(file.fileno()).st_size))
    os.fsync(file.fileno())


@contextmanager
def overwritten(path: Path) -> Iterator[None]:
    """Overwrite what is in a file now, after the block has put another file in its place."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        yield
        return
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        yield
        with file_errors.naming(path):
            overwrite(file)
