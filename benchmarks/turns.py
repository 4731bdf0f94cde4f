"""Subjects alternate on one core: each waits in a separate process, and a round runs one after the other.

If something slows the machine for a while, it slows all subjects, and ratios are computed for each round.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks import environment
from benchmarks.figures import Spread
from benchmarks.machine import ROOT

LOOP = Path(__file__).with_name("workers") / "loop.py"
LOGS = ROOT / "build" / "bench"
ANSWER_SECONDS = 600
OURS_ALONE = frozenset({"PYTHONPATH", "VIRTUAL_ENV", "PILOOKUP_BACKEND", "BENCH_CORE"})
"""Variables that a subject gets only if its row sets them."""


class LostError(Exception):
    """A subject could not start or continue; the text is the reason that the table shows."""


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Args:
        name: the name of the row.
        module: a module of workers/.
        n: the number of records or keys it is given.
        environment: the environment it runs in; None for ours.
        backend: its PILOOKUP_BACKEND.
        core: a file to load instead of the installed `pilookup._core`.
    """

    name: str
    module: str
    n: int
    environment: str | None = None
    backend: str | None = None
    core: str | None = None


@dataclass(frozen=True)
class Turn:
    """Seconds of one run of a job: wall time, and processor time of all threads of the process."""

    wall: float
    cpu: float


class Worker:
    """A subject's process, pinned to one core. Making it and `turn` raise LostError if the process does not answer."""

    def __init__(self, subject: Subject, core: int) -> None:
        self.subject = subject
        LOGS.mkdir(parents=True, exist_ok=True)
        self._log = LOGS / f"{subject.name}.log"
        command = [_python(subject), "-W", "ignore", LOOP, core, subject.module, subject.n]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=_environment(subject),
            )
        hello = self._answer()
        self.amounts: dict[str, int] = hello["amounts"]
        self.facts: dict[str, Any] = hello["facts"]

    def turn(self, job: str) -> Turn:
        assert self._process.stdin is not None
        try:
            print(job, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise LostError(self._reason()) from None
        return Turn(**self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        watch = threading.Timer(ANSWER_SECONDS, self._process.kill)
        watch.start()
        try:
            told = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not told:
            raise LostError(self._reason())
        answer: dict[str, Any] = json.loads(told)
        return answer

    def _reason(self) -> str:
        status = self.close()
        return f"its process ended with {status} (see {self._log.relative_to(ROOT)})"

    def close(self) -> int:
        """End the process and return its exit status."""
        with self._process as process:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
            return process.wait(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Table:
    """All turns of all rounds, and the reasons for missing subjects."""

    def __init__(self) -> None:
        self.turns: dict[tuple[str, str], list[Turn]] = {}
        self.amounts: dict[tuple[str, str], int] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self.lost: dict[str, str] = {}

    def each(self, name: str, job: str, clock: str = "cpu") -> list[float]:
        """Return the seconds for one thing in each round, by clock "cpu" or "wall"; raises KeyError if missing."""
        amount = self.amounts[name, job]
        return [getattr(turn, clock) / amount for turn in self.turns[name, job]]

    def lose(self, name: str, reason: str) -> None:
        """Remove a subject, with the reason. Its earlier turns are removed too, since ratios need all rounds."""
        self.lost[name] = reason
        for key in [key for key in self.turns if key[0] == name]:
            del self.turns[key]


def take(subjects: Iterable[Subject], rounds: int) -> Table:
    """Start all subjects, and run each once in a round: one round that warms up, then `rounds` rounds."""
    table = Table()
    core = max(os.sched_getaffinity(0))
    with ExitStack() as stack:
        workers = []
        for subject in subjects:
            try:
                workers.append(stack.enter_context(Worker(subject, core)))
            except (LostError, environment.NotInstalledError) as error:
                table.lose(subject.name, str(error))
        for worker in workers:
            table.facts[worker.subject.name] = worker.facts
            table.amounts |= {(worker.subject.name, job): amount for job, amount in worker.amounts.items()}
        for number in range(rounds + 1):
            for worker in workers:
                _turns(table, worker, keep=number > 0)
    return table


def _turns(table: Table, worker: Worker, *, keep: bool) -> None:
    """Run all jobs of one subject once; the turns of the first round, which warms up, are not kept."""
    name = worker.subject.name
    if name in table.lost:
        return
    for job in worker.amounts:
        try:
            turn = worker.turn(job)
        except LostError as lost:
            table.lose(name, str(lost))
            return
        if keep:
            table.turns.setdefault((name, job), []).append(turn)


def spread(seconds: Iterable[float], factor: float) -> Spread:
    return Spread.of([factor * one for one in seconds])


def _python(subject: Subject) -> Path:
    return Path(sys.executable) if subject.environment is None else environment.python(subject.environment)


def _environment(subject: Subject) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
    told = {"PILOOKUP_BACKEND": subject.backend, "BENCH_CORE": subject.core}
    return kept | {name: value for name, value in told.items() if value is not None}
