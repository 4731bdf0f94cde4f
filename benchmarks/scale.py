"""Load and publish files of growing size with the commands: is time linear in the rows, and memory constant?"""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import synthetic
from benchmarks.core import identifiers, tokenise_rate
from benchmarks.figures import Line, Spread
from benchmarks.home import Home, Ran
from benchmarks.report import Report

CHANNEL = "platform"
COMPARED = 100_000
"""Elements tokenised on all cores after each load."""


@dataclass(frozen=True)
class Step:
    """One size: its load and publish, and the elements a second of the core alone just after."""

    written: synthetic.Written
    load: Ran
    publish: Ran
    tokenise: float


def bench(report: Report, work: Path, sizes: list[int], subject: str = "scale") -> None:
    """Measure every size once, in a separate HOME; report rows, a line through them, and the growth of memory."""
    steps = []
    for size in sizes:
        step = _step(work / f"{subject}-{size}", size)
        _rows(report, subject, step)
        steps.append(step)
    _shares(report, subject, steps)
    if len(steps) > 1:
        for name, ran in (("load", [step.load for step in steps]), ("publish", [step.publish for step in steps])):
            _line(report, subject, name, [step.written.rows for step in steps], ran)
            _growth(report, subject, name, steps, ran)


def _step(work: Path, size: int) -> Step:
    home = Home(work)
    seized = work / "seized.csv"
    written = synthetic.write(seized, size)
    load = home.run("load", seized, "--dataset", "synthetic", "--kind", "exposure")
    seized.unlink()
    told = (load.answer["rows"], load.answer["distinct"], load.answer["rejected"])
    if told[:2] != (written.rows, written.distinct) or any(told[2].values()):
        raise SystemExit(f"load counted {told} in a file of {written}")
    tokenise = tokenise_rate(identifiers(min(COMPARED, size)), 3).median
    publish = home.run("publish", CHANNEL)
    if publish.answer["entries"] < written.distinct:
        raise SystemExit(f"publish made {publish.answer['entries']} entries of {written.distinct} numbers")
    home.remove()
    return Step(written, load, publish, tokenise)


def _rows(report: Report, subject: str, step: Step) -> None:
    rows = step.written.rows
    for name, ran in (("load", step.load), ("publish", step.publish)):
        more = {"cpu_seconds": ran.cpu_seconds, "rows_a_second": rows / ran.seconds}
        report.add(subject, f"{name}, {rows:,} rows", ran.seconds, "s", rows, **more)
        report.add(subject, f"{name}, {rows:,} rows: peak memory", ran.peak_bytes / 2**20, "MiB", rows)


def _shares(report: Report, subject: str, steps: list[Step]) -> None:
    """Report distinct numbers a second relative to the core's elements a second, and publish relative to load."""
    load = [step.written.distinct / step.load.seconds / step.tokenise for step in steps]
    report.add(subject, "load to tokenise alone, all cores", Spread.of(load), "ratio", len(load), goal=0.7)
    publish = [step.load.seconds / step.publish.seconds for step in steps]
    report.add(subject, "publish to load, by rows a second", Spread.of(publish), "ratio", len(publish), goal=1)


def _line(report: Report, subject: str, name: str, sizes: list[int], ran: list[Ran]) -> None:
    """Report the line by wall time, and by processor time, which other users of the machine disturb less."""
    for clock, unit, seconds in (
        ("wall", "us/row", [one.seconds for one in ran]),
        ("processor time", "us CPU/row", [one.cpu_seconds for one in ran]),
    ):
        line = Line.through(sizes, seconds)
        more = {"start_seconds": line.start}
        if len(sizes) > 2:  # two points are always on a line
            more["greatest_residual_percent"] = 100 * line.residual
        report.add(subject, f"{name}: slope of the line, {clock}", 1e6 * line.slope, unit, len(sizes), **more)


def _growth(report: Report, subject: str, name: str, steps: list[Step], ran: list[Ran]) -> None:
    rows = steps[-1].written.rows / steps[0].written.rows
    memory = ran[-1].peak_bytes / ran[0].peak_bytes
    report.add(subject, f"{name}: memory, largest to smallest", memory, "ratio", len(ran), rows_ratio=rows)
