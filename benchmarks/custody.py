"""The commands of the police side: rates and memory of load and publish, and the size of a snapshot."""

import json
from pathlib import Path

from benchmarks.core import tokenise_rate
from benchmarks.figures import Spread
from benchmarks.home import Home, Ran
from benchmarks.report import Report

DATASETS = {"village-accounts": "malicious-registration", "stolen-records": "exposure"}
CHANNELS = ("public", "platform")


def bench(report: Report, seized: Path, work: Path, runs: int) -> Home:
    """Report all figures of `load` and `publish`; returns the last HOME, for the server."""
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
    """Return the identifiers that are in a dataset, according to the truth."""
    field = "malicious" if DATASETS[dataset] == "malicious-registration" else "exposed"
    with (seized / "truth.jsonl").open(encoding="utf-8") as file:
        lines = map(json.loads, file)
        return [line["identifier"].encode() for line in lines if line[field]]


def _load(report: Report, dataset: str, ran: list[Ran], identifiers: list[bytes]) -> None:
    """Report the rates of a dataset's load, including the command's start-up and the key derivation."""
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
    """Report the rates of all loads together, for each turn; returns distinct numbers a second."""
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
    """Return processor seconds a second: near the number of cores if all work, far below on a busy machine."""
    return Spread.of([one.cpu_seconds / one.seconds for one in ran]).median


def _memory(report: Report, subject: str, name: str, ran: list[Ran]) -> None:
    peaks = Spread.of([one.peak_bytes / 2**20 for one in ran])
    report.add(subject, f"{name}: peak memory", peaks, "MiB", len(ran))


def _weigh(report: Report, home: Home, channel: str) -> None:
    """Report the bytes a record of each file of the published snapshot."""
    targets = home.path / "online" / "channels" / channel / "targets"
    manifest = json.loads(next(targets.glob("*.manifest.json")).read_bytes())
    entries = manifest["entries"]
    for name, file in sorted(manifest["files"].items()):
        report.add("snapshot", f"{channel}: {name}", file["size"] / entries, "bytes/record", entries)
