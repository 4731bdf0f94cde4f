"""Processes: one that supervises, N that answer, one more for metrics when asked for.

The socket is bound and the keyring unlocked once, before the first fork; each worker inherits both. The
supervisor starts no thread and runs no loop, so that a fork is safe at any time. A worker that dies is
started again.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, NoReturn

from pilookup_server.logs import describe, logger

Job = Callable[[], None]

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_RESTART_SECONDS: Final = 1.0
"""A job that dies sooner than this after its start waits as long before the next one."""


@dataclass
class Supervisor:
    """Keeps every job running in a process of its own until told to stop."""

    jobs: dict[str, Job]
    grace_seconds: float
    _running: dict[int, tuple[str, float]] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Return once all processes have ended after SIGTERM or SIGINT."""
        before = {number: signal.signal(number, self._stop) for number in _STOP_SIGNALS}
        try:
            for name in self.jobs:
                self._start(name)
            while self._running:
                self._reap()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, name: str) -> None:
        with _blocked(_STOP_SIGNALS):
            pid = os.fork()
            if pid == 0:
                _run_child(self.jobs[name])
            self._running[pid] = (name, time.monotonic())

    def _reap(self) -> None:
        pid, status = os.waitpid(-1, 0)
        name, started = self._running.pop(pid, ("", 0.0))
        if not name or self._stopping:
            return
        logger().error("process ended, starting it again", process=name, status=os.waitstatus_to_exitcode(status))
        if time.monotonic() - started < _RESTART_SECONDS:
            time.sleep(_RESTART_SECONDS)
        if not self._stopping:
            self._start(name)

    def _stop(self, _: int, __: FrameType | None) -> None:
        """Ask all to end; those that have not after the grace are killed by SIGALRM's handler."""
        self._signal_all(signal.SIGTERM)
        if not self._stopping:
            self._stopping = True
            signal.signal(signal.SIGALRM, lambda *_: self._signal_all(signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, self.grace_seconds)

    def _signal_all(self, number: int) -> None:
        for pid in list(self._running):
            with suppress(ProcessLookupError):  # ended, and not yet crossed off
                os.kill(pid, number)


@contextmanager
def _blocked(numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    """A stop that arrives between fork and book-keeping waits, so that no process is forgotten."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _run_child(job: Job) -> NoReturn:
    """Run a job in the forked child and leave without the parent's clean-up."""
    code = 1
    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
        job()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the child must not run on into the parent's stack
        logger().error("process failed", **describe(error))
    finally:
        os._exit(code)
