"""The police side by its commands: load, publish, what a snapshot weighs, and how much memory that takes."""

import json
from pathlib import Path

from benchmarks.core import tokenise_rate
from benchmarks.figures import Spread
from benchmarks.home import Home, Ran
from benchmarks.report import Report

DATASETS = {"village-accounts": "malicious-registration", "stolen-records": "exposure"}
CHANNELS = ("public", "platform")


def bench(report: Report, seized: Path, work: Path, runs: int) -> Home:
    """All figures of `load` and `publish`; the last HOME is kept for the server."""
    loads: dict[str, list[Ran]] = {dataset: [] for dataset in DATASETS}
    publishes: dict[str, list[Ran]] = {channel: [] for channel in CHANNELS}
    for turn in range(runs):
        home = Home(work / f"home-{turn}")
        for dataset, kind in DATASETS.items():
            files = sorted((seized / dataset).iterdir())
            loads[dataset].append(home.run("load", *files, "--dataset", dataset, "--kind", kind))
        for channel in CHANNELS:
            publishes[channel].append(home.run("publish", channel))
        if turn < runs - 1:
            home.remove()
    for dataset, ran in loads.items():
        _load(report, dataset, ran, _told(seized, dataset))
    load_rate = _loads(report, loads)
    for channel, ran in publishes.items():
        _publish(report, channel, ran, load_rate)
        _weigh(report, home, channel)
    return home


def _told(seized: Path, dataset: str) -> list[bytes]:
    """The identifiers that the truth says are in a dataset."""
    field = "malicious" if DATASETS[dataset] == "malicious-registration" else "exposed"
    with (seized / "truth.jsonl").open(encoding="utf-8") as file:
        lines = map(json.loads, file)
        return [line["identifier"].encode() for line in lines if line[field]]


def _load(report: Report, dataset: str, ran: list[Ran], identifiers: list[bytes]) -> None:
    """Rates of a dataset's load, the command's start-up and the key derivation included."""
    rows, distinct = ran[0].answer["rows"], ran[0].answer["distinct"]
    rate = Spread.of([rows / one.seconds for one in ran])
    report.add("load", f"{dataset}: rows", rate, "rows/s", rows, cores_busy=_busy(ran))
    spread = Spread.of([distinct / one.seconds for one in ran])
    report.add("load", f"{dataset}: distinct numbers", spread, "numbers/s", distinct)
    core = tokenise_rate(identifiers, len(ran))
    report.add("load", f"{dataset}: tokenise alone, same numbers", core, "elements/s", len(identifiers))
    report.add("load", f"{dataset}: load to tokenise alone", spread.median / core.median, "ratio", distinct)
    _memory(report, "load", dataset, ran)


def _loads(report: Report, loads: dict[str, list[Ran]]) -> float:
    """Rates of all loads together, turn by turn; returns distinct numbers a second."""
    turns = list(zip(*loads.values(), strict=True))
    for field, name, unit in (("rows", "rows", "rows/s"), ("distinct", "distinct numbers", "numbers/s")):
        amount = sum(one.answer[field] for one in turns[0])
        spread = Spread.of([amount / sum(one.seconds for one in turn) for turn in turns])
        report.add("load", f"all: {name}", spread, unit, amount)
    return spread.median


def _publish(report: Report, channel: str, ran: list[Ran], load_rate: float) -> None:
    entries = ran[0].answer["entries"]
    spread = Spread.of([entries / one.seconds for one in ran])
    report.add("publish", f"{channel}: rows", spread, "rows/s", entries, cores_busy=_busy(ran))
    report.add("publish", f"{channel}: publish to load (distinct numbers)", spread.median / load_rate, "ratio", entries)
    _memory(report, "publish", channel, ran)


def _busy(ran: list[Ran]) -> float:
    """Processor seconds a second: near the number of cores when all work; far below on a machine that others use."""
    return Spread.of([one.cpu_seconds / one.seconds for one in ran]).median


def _memory(report: Report, subject: str, name: str, ran: list[Ran]) -> None:
    peaks = Spread.of([one.peak_bytes / 2**20 for one in ran])
    report.add(subject, f"{name}: peak memory", peaks, "MiB", len(ran))


def _weigh(report: Report, home: Home, channel: str) -> None:
    """Bytes per record of each file of the published snapshot."""
    targets = home.path / "online" / "channels" / channel / "targets"
    manifest = json.loads(next(targets.glob("*.manifest.json")).read_bytes())
    entries = manifest["entries"]
    for name, file in sorted(manifest["files"].items()):
        report.add("snapshot", f"{channel}: {name}", file["size"] / entries, "bytes/record", entries)
