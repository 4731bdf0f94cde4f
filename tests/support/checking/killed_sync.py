"""A sync in a child process that ends before a chosen change to the mirror's directory, as by SIGKILL or a full disk."""

import errno
import os
import sys
from contextlib import suppress

from pilookup import Mirror, PilookupError
from pilookup.checking.mirror import ranges

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link"}
DONE, KILLED, REFUSED = 0, 9, 3


def run(folder, url, trust, change, *, full=False):
    """Sync in a child process.

    Args:
        folder: the mirror's directory.
        url: the host.
        trust: the root to pin.
        change: the number of changes that are made before the child is killed.
        full: whether the disk is full from then on instead.

    Returns:
        DONE, KILLED, or REFUSED for an error of pilookup.
    """
    child = os.fork()
    if child == 0:
        status = 70
        with suppress(BaseException):
            status = _in_child(folder, url, trust, change, full=full)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _in_child(folder, url, trust, change, *, full):
    left = change

    def before(event, path):
        nonlocal left
        if not str(path).startswith(str(folder)):
            return
        if left > 0:
            left -= 1
        elif full:
            if event not in ("os.remove", "os.rmdir"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        else:
            os._exit(KILLED)

    def hook(event, values):
        writes = event == "open" and isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and isinstance(values[0], str | os.PathLike):
            before(event, values[0])

    fetch = ranges.RangeFetcher._append

    def append(self, file, path, ref, first):
        advance = self._on_bytes

        def count(size):
            before("write", file.name)
            advance(size)

        self._on_bytes = count
        try:
            fetch(self, file, path, ref, first)
        finally:
            self._on_bytes = advance

    ranges.RangeFetcher._append = append
    sys.addaudithook(hook)
    try:
        Mirror(folder).sync(url, channel="public", trust=trust)
    except PilookupError:
        return REFUSED
    return DONE
