"""Figures for the demo's data: a table, and JSON. Nothing here passes or fails by its time."""

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import core
import custody
import filters
import report as reporting
import serving

ROOT = reporting.ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="the share of the full seizure to make")
    parser.add_argument("--json", type=Path, help="where the figures go (benchmarks/results/DATE.json)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs: does it work at all")
    options = parser.parse_args()
    report = reporting.Report(options.scale)
    print(reporting.head(), flush=True)
    with tempfile.TemporaryDirectory(prefix="pilookup-bench-") as folder:
        measure(report, Path(folder), quick=options.quick)
    path = options.json or ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y-%m-%d}.json"
    report.write(path)
    print(f"\nwritten: {path}")


def measure(report: reporting.Report, work: Path, *, quick: bool) -> None:
    runs = 2 if quick else 5
    seized = work / "seized"
    maker = ROOT / "examples" / "make_seizure.py"
    subprocess.run([sys.executable, maker, seized, "--scale", str(report.scale)], check=True)
    identifiers = _identifiers(seized)
    core.bench(report, identifiers, runs)
    home = custody.bench(report, seized, work, 1 if quick else 3)
    outside = (seized / "outside.txt").read_text(encoding="utf-8").split()
    serving.bench(report, home, outside, runs, 0.5 if quick else 3)
    filters.bench(report, len(identifiers), runs)


def _identifiers(seized: Path) -> list[bytes]:
    with (seized / "truth.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["identifier"].encode() for line in file]


if __name__ == "__main__":
    main()
