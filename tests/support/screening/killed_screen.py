"""A run in a child process that ends before a chosen change to its directory, as by SIGKILL or a full disk."""

import errno
import os
import sys
from contextlib import suppress

from pilookup.errors import ScreenError

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link"}
DONE, KILLED, REFUSED, OTHER = 0, 9, 3, 70


def run(platform, users, change, *, full=False):
    """Screen in a child process.

    Args:
        platform: the platform, whose mirror is synced.
        users: its table of users.
        change: the number of changes that are made before the child is killed.
        full: whether the disk is full from then on instead.

    Returns:
        DONE, KILLED, or REFUSED for a ScreenError with the reason `disk`.
    """
    child = os.fork()
    if child == 0:
        status = OTHER
        with suppress(BaseException):
            status = _in_child(platform, users, change, full=full)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _in_child(platform, users, change, *, full):
    left = change

    def hook(event, values):
        nonlocal left
        writes = event == "open" and isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)
        if not ((event in CHANGES or writes) and isinstance(values[0], str | os.PathLike)):
            return
        if not str(values[0]).startswith(str(platform.out)):
            return
        if left > 0:
            left -= 1
        elif not full:
            os._exit(KILLED)
        elif event not in ("os.remove", "os.rmdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(values[0]))

    sys.addaudithook(hook)
    try:
        outcome = platform.run(users, sync=False)
    except ScreenError as error:
        return REFUSED if error.reason == "disk" else OTHER
    return DONE if outcome.stopped is None else OTHER
