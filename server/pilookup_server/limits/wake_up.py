"""A signal from the workers to the process that keeps the counts."""

import os
import select
import weakref
from collections.abc import Sequence
from contextlib import suppress


class WakeUp:
    """A pipe that one process waits at and others write to. Make it before the processes are forked."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for descriptor in (self._reading, self._writing):
            os.set_blocking(descriptor, False)
            weakref.finalize(self, os.close, descriptor)

    def set(self) -> None:
        """Wake the waiting process; does nothing if it was woken already."""
        with suppress(BlockingIOError):
            os.write(self._writing, b"\0")

    def wait(self, seconds: float, also: Sequence[int] = ()) -> None:
        """Wait until it is set or one of the descriptors `also` can be read, at most `seconds`."""
        select.select([self._reading, *also], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._reading, 65536)
