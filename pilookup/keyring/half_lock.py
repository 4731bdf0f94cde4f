"""The lock of the online half: servers share it, and a change of the passphrase needs it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilookup import durable, file_errors
from pilookup.errors import HomeError


@contextmanager
def half_locked(directory: Path, *, shared: bool) -> Iterator[None]:
    """Hold the lock of a half. It ends with this process and the processes forked from it.

    Args:
        directory: The directory of the half.
        shared: Whether others may share it.

    Raises:
        HomeError: Others hold it, or the lock file cannot be opened.
    """
    path = directory / "lock"
    with file_errors.failures_as(HomeError, path):
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, durable.FILE_MODE)
    try:
        with file_errors.failures_as(HomeError, path):
            try:
                fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                user = "its passphrase is being changed" if shared else "a server is running on it"
                remedy = "try again when that has ended" if shared else "stop it first"
                raise HomeError(f"{directory}: {user}; {remedy}") from None
        yield
    finally:
        os.close(handle)
