"""The lock of a channel's directory, which every writer of its timestamp.json takes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilookup import durable


@contextmanager
def channel_lock(directory: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock of a channel: custody when it signs a release, and the server when it renews the timestamp.

    Args:
        directory: The channel's directory. Its file `lock`, made if it is missing, must not be a symbolic link.
        wait: Whether to wait for another holder.

    Yields:
        Whether the lock is held; always True if `wait` is.

    Raises:
        OSError: The file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(directory / "lock", flags, durable.FILE_MODE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
