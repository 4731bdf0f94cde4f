"""The native core alone, on all processor cores; a load is compared with it."""

import os

from benchmarks.figures import Spread
from benchmarks.report import Report
from benchmarks.timing import rates
from pilookup import _core

MOST = 200_000


def bench(report: Report, runs: int, share: float) -> None:
    cores = len(os.sched_getaffinity(0))
    given = identifiers(int(MOST * share))
    elements = _core.tokenise(given, _core.SecretKey.generate())
    key = _core.SecretKey.generate()
    for name, job in (
        ("tokenise", lambda: _core.tokenise(given, key)),
        ("shift", lambda: _core.shift(elements, key)),
    ):
        rate = rates(len(given), runs, job)
        report.add("core", f"{name}, all cores", rate, "elements/s", len(given), cores=cores, backend=_core.backend())


def identifiers(n: int) -> list[bytes]:
    return [f"tel:+86139{i:08}".encode() for i in range(n)]


def tokenise_rate(given: list[bytes], runs: int) -> Spread:
    """Return the elements a second of tokenising exactly these identifiers on all processor cores."""
    key = _core.SecretKey.generate()
    return rates(len(given), runs, lambda: _core.tokenise(given, key))
