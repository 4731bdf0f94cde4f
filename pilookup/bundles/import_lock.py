"""The lock of imports into an online half, and the directories that an import uses."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilookup import durable

INCOMING: Final = "incoming"
"""The directory, in the online half, of a bundle that is being received and verified."""

TAKING_UP: Final = "taking-up"
"""The directory of a verified bundle whose files are being moved to their places."""

LOCK: Final = "bundle-lock"


@contextmanager
def import_lock(online: Path) -> Iterator[bool]:
    """Hold the lock of imports into an online half, unless another process holds it. It ends with the process.

    Yields:
        Whether it is held.

    Raises:
        OSError: The lock file cannot be opened.
    """
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(online / LOCK, flags, durable.FILE_MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
