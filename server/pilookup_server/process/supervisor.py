"""The supervisor: one process that forks the others, and starts each again that dies.

The others are the workers, and one process for the metrics if they are served. The socket is bound and the keyring is
unlocked once, before the first fork, and each worker inherits both. The supervisor starts no thread and runs no event
loop, so that it can fork safely at any time.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, NoReturn

from pilookup_server.logs import describe, logger

Job = Callable[[], None]

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_RESTART_SECONDS: Final = 1.0
"""A job that ends sooner than this after its start is started again only after the same time."""


@dataclass
class Supervisor:
    """Runs each job in a separate process, until SIGTERM or SIGINT.

    Attributes:
        jobs: The functions to run, by the name that logs use.
        grace_seconds: The time that processes have to end after SIGTERM; then they are killed.
        last: Jobs that the others need until they have ended, by name, with the signal that then ends each.
    """

    jobs: dict[str, Job]
    grace_seconds: float
    last: Mapping[str, signal.Signals] = field(default_factory=dict)
    _running: dict[int, tuple[str, float]] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Start all jobs, and return when all processes have ended after SIGTERM or SIGINT.

        Raises:
            OSError: A process cannot be forked.
        """
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
            supervisor = os.getpid()
            pid = os.fork()
            if pid == 0:
                _run_child(self.jobs[name], supervisor)
            self._running[pid] = (name, time.monotonic())

    def _reap(self) -> None:
        pid, status = os.waitpid(-1, 0)
        name, started = self._running.pop(pid, ("", 0.0))
        if self._stopping:
            self._end_last()
        if not name or self._stopping:
            return
        logger().error("process ended, starting it again", process=name, status=os.waitstatus_to_exitcode(status))
        if time.monotonic() - started < _RESTART_SECONDS:
            time.sleep(_RESTART_SECONDS)
        if not self._stopping:
            self._start(name)

    def _stop(self, _: int, __: FrameType | None) -> None:
        """Send SIGTERM to all processes but the last. After the grace, the handler of SIGALRM kills what still runs."""
        for pid, (name, _started) in list(self._running.items()):
            if name not in self.last:
                _send(pid, signal.SIGTERM)
        self._end_last()
        if not self._stopping:
            self._stopping = True
            signal.signal(signal.SIGALRM, lambda *_: self._kill_all())
            signal.setitimer(signal.ITIMER_REAL, self.grace_seconds)

    def _end_last(self) -> None:
        """End the last jobs if no others run any more."""
        names = {name for name, _ in self._running.values()}
        if names <= self.last.keys():
            for pid, (job, _) in list(self._running.items()):
                _send(pid, self.last[job])

    def _kill_all(self) -> None:
        for pid in list(self._running):
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # ended, but not yet removed from the list
        os.kill(pid, number)


@contextmanager
def _blocked(numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    """Delay these signals, so that none arrives between a fork and the recording of the new process."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _run_child(job: Job, supervisor: int) -> NoReturn:
    """Run a job in the forked child, and exit without running the parent's clean-up.

    A job watches whether its parent changes. If the supervisor has died before, it would never see that.
    """
    code = 1
    if os.getppid() != supervisor:
        os._exit(code)
    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
        job()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the child must not return into the parent's stack
        logger().error("process failed", **describe(error))
    finally:
        os._exit(code)
