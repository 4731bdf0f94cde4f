"""The lock of commands that make a HOME or a half of it: `init`, `restore` and `bundle import`.

It is a lock on the directory HOME itself, so that it needs no file, and ends with the process. `restore` replaces the
empty directory by the whole HOME; whoever waits for the former one notices that it is gone.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pilookup import durable
from pilookup.errors import HomeError


@contextmanager
def making_locked(home: Path, *, parents: bool = False) -> Iterator[None]:
    """Make the directory HOME if it is missing, and hold its lock. After an error, remove what was made and is empty.

    Args:
        home: The directory.
        parents: Whether missing parents are made too; removing them is the caller's.

    Raises:
        HomeError: Another command holds the lock, or HOME is not a directory.
        OSError: The directory cannot be made or opened.
    """
    made = not os.path.lexists(home)
    try:
        home.mkdir(mode=durable.DIRECTORY_MODE, parents=parents, exist_ok=True)
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError):
        raise HomeError(f"{home}: not a directory") from None
    try:
        _take(handle, home)
        try:
            yield
        except BaseException:
            if made:
                with suppress(OSError):  # what is in it is not ours
                    home.rmdir()
            raise
    finally:
        os.close(handle)


def _take(handle: int, home: Path) -> None:
    busy = HomeError(f"{home}: another command is making this HOME or importing into it; try again when it has ended")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        here = home.stat()
    except (BlockingIOError, FileNotFoundError):
        raise busy from None
    held = os.fstat(handle)
    if (here.st_dev, here.st_ino) != (held.st_dev, held.st_ino):
        raise busy
