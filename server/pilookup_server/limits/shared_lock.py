"""A lock between the processes of one server, which ends with the process that holds it."""

import fcntl
import os
import time
import weakref
from tempfile import TemporaryFile
from typing import Final

from pilookup_server.limits.counters import CountersError

_PATIENCE_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.0001


class SharedLock:
    """A context manager that one process at a time is in. Make it before the processes are forked.

    It is a record lock (fcntl) on a file without a name. The system releases it when its process dies, so a worker that
    is killed never stops the others. Threads of one process do not exclude one another: use it in one thread.
    """

    def __init__(self) -> None:
        with TemporaryFile() as file:
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)
        self._patience = _PATIENCE_SECONDS

    def __enter__(self) -> None:
        """Wait for the lock; raises CountersError if another process, such as a stopped one, does not release it.

        After such an error this process no longer waits until it has had the lock again. Otherwise each request would
        stop its event loop, and with it every other answer, for another second.
        """
        end = None
        while True:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                end = end or time.monotonic() + self._patience
                if time.monotonic() >= end:
                    self._patience = 0.0
                    raise CountersError from None
                time.sleep(_PAUSE_SECONDS)
            else:
                self._patience = _PATIENCE_SECONDS
                return

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
