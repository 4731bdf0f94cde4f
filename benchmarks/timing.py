"""Rates of a job in this process, by wall time."""

import time
from collections.abc import Callable

from benchmarks.figures import Spread


def rates(amount: int, runs: int, job: Callable[[], object]) -> Spread:
    """Return the rate, `amount` divided by seconds, over `runs` runs of `job` after one that warms up."""
    job()
    return Spread.of([amount / seconds(job) for _ in range(runs)])


def seconds(job: Callable[[], object]) -> float:
    """Return the wall seconds of one run."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
