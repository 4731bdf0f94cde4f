"""Canonicalising phone cells as the demo's files spell them, on one core."""

import importlib.util
import random
import time
from types import ModuleType

from benchmarks.figures import Spread
from benchmarks.machine import ROOT
from benchmarks.report import Report
from pilookup.identifier import canonicalise_all

TEXTS = 500_000
RUBBISH = 0.03
"""The share of cells that hold no number."""
GOAL = 1_500_000
SEED = 10


def bench(report: Report, runs: int, share: float) -> None:
    texts = demo_texts(int(TEXTS * share))
    canonicalise_all(texts)
    rate = Spread.of([len(texts) / _processor_seconds(texts) for _ in range(runs)])
    report.add("identifier", "canonicalise, one core", rate, "texts/s", len(texts), goal=GOAL)


def demo_texts(count: int) -> list[str]:
    """Phone cells in the proportions of the demo's files."""
    seizure = _make_seizure()
    source = random.Random(SEED)
    return [
        seizure.rubbish(source) if source.random() < RUBBISH else seizure.spell(source, seizure.draw_number(source))
        for _ in range(count)
    ]


def _make_seizure() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_seizure", ROOT / "examples" / "make_seizure.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _processor_seconds(texts: list[str]) -> float:
    start = time.process_time()
    canonicalise_all(texts)
    return time.process_time() - start
