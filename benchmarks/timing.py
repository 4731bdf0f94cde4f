"""How figures are taken: medians of several runs, with their spread."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of a figure over its runs."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values), len(values))

    def to_json(self) -> dict[str, Any]:
        return {"median": self.median, "min": self.least, "max": self.most, "runs": self.runs}


def rates(amount: int, runs: int, job: Callable[[], object]) -> Spread:
    """`amount` a second over that many runs of `job`, after one that warms up."""
    job()
    return Spread.of([amount / seconds(job) for _ in range(runs)])


def seconds(job: Callable[[], object]) -> float:
    """Wall seconds of one run."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
