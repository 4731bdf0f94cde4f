"""The core alone: elements a second for tokenise and shift, on one thread and on all."""

import os

from report import Report
from timing import Spread, rates

from pilookup import _core

ONE_THREAD = 20_000
ALL_THREADS = 60_000


def bench(report: Report, identifiers: list[bytes], runs: int) -> None:
    cores = len(os.sched_getaffinity(0))
    backend = _core.backend()
    for threads, most in {1: ONE_THREAD, cores: ALL_THREADS}.items():
        _core.set_threads(threads)
        some = identifiers[:most]
        key = _core.SecretKey.generate()
        elements = _core.tokenise(some, key)
        for name, job in (
            ("tokenise", lambda some=some, key=key: _core.tokenise(some, key)),
            ("shift", lambda elements=elements, key=key: _core.shift(elements, key)),
        ):
            rate = rates(len(some), runs, job)
            report.add("core", f"{name}, {_threads(threads)}", rate, "elements/s", len(some), backend=backend)
    _core.set_threads(cores)


def tokenise_rate(identifiers: list[bytes], runs: int) -> Spread:
    """Elements a second over exactly these identifiers, on all cores: what a load is compared with."""
    key = _core.SecretKey.generate()
    return rates(len(identifiers), runs, lambda: _core.tokenise(identifiers, key))


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
