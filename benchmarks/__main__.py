"""Run the benchmarks: a table, JSON, and a plot. No benchmark passes or fails by its time.

python -m benchmarks [--quick] [--parts element,filter,...] [--large ROWS]
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    core,
    custody,
    delta,
    drawing,
    elements,
    filters,
    identifier,
    notices,
    page,
    page_weight,
    scale,
    screening,
    serving,
)
from benchmarks.machine import ROOT, processor
from benchmarks.report import Report

SIZES = (1_000_000, 2_000_000, 4_000_000, 8_000_000)
QUICK_SIZES = (5_000, 10_000, 20_000)
BUILD = ROOT / "build" / "bench"
RESULTS = ROOT / "benchmarks" / "results"


def main() -> None:
    options = _options()
    parts = PARTS if not options.large else {"large": _large}
    chosen = options.parts.split(",") if options.parts else list(parts)
    if unknown := set(chosen) - set(parts):
        raise SystemExit(f"no such parts: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    about = {"quick": options.quick, "parts": chosen, "scale": options.scale}
    report = Report(about)
    print(report.head(), flush=True)
    work = options.work or BUILD
    for directory in (BUILD, work):
        directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="work-", dir=work) as folder:
        for part in chosen:
            parts[part](report, Path(folder), options)
    _keep(report, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute or two: fewer and shorter runs")
    parser.add_argument("--parts", help=f"only these, separated by commas: {', '.join(PARTS)}")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="size of the demo's seizure and of the users to screen, 1 for the full size",
    )
    parser.add_argument("--sizes", type=_numbers, help="rows of the files for part scale, separated by commas")
    parser.add_argument(
        "--large", type=int, metavar="ROWS", help="only load and publish one file of ROWS rows and one of a tenth"
    )
    parser.add_argument(
        "--work", type=Path, help="directory for temporary HOMEs and files, on a disk with enough space, not a tmpfs"
    )
    parser.add_argument("--json", type=Path, help="file for the figures (default: in benchmarks/results/PROCESSOR/)")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _keep(report: Report, options: argparse.Namespace) -> None:
    """Write a whole run's figures to the processor's folder and plot them for the documents; others stay in build/."""
    name = "large.json" if options.large else "bench.json"
    partial = options.quick or options.parts or options.sizes
    kept = RESULTS / processor()
    path = options.json or (BUILD if partial else kept) / name
    report.write(path)
    print(f"\nwritten: {path}")
    others = [other for other in (path.with_name("bench.json"), path.with_name("large.json")) if other.exists()]
    drawing.draw(ROOT / "docs" / "images" if path.parent == kept else path.parent, others or [path])


def _elements(report: Report, _work: Path, options: argparse.Namespace) -> None:
    elements.bench(report, 5, 0.1 if options.quick else 1, build=not options.quick)


def _filters(report: Report, _work: Path, options: argparse.Namespace) -> None:
    filters.bench(report, 5, 0.1 if options.quick else 1)


def _core(report: Report, _work: Path, options: argparse.Namespace) -> None:
    core.bench(report, 5, 0.1 if options.quick else 1)


def _identifier(report: Report, _work: Path, options: argparse.Namespace) -> None:
    identifier.bench(report, 5, 0.1 if options.quick else 1)


def _delta(report: Report, work: Path, options: argparse.Namespace) -> None:
    delta.bench(report, work, 1 if options.quick else 5, 0.02 if options.quick else 1)


def _screen(report: Report, _work: Path, options: argparse.Namespace) -> None:
    screening.bench(report, 1 if options.quick else 5, options.scale * (0.02 if options.quick else 1))


def _notify(report: Report, work: Path, options: argparse.Namespace) -> None:
    notices.bench(report, work, 1 if options.quick else 5, 20 if options.quick else notices.TARGETS)


def _demo(report: Report, work: Path, options: argparse.Namespace) -> None:
    """Load, publish and serve the demo's seizure."""
    seized = work / "seized"
    maker = ROOT / "examples" / "make_seizure.py"
    share = options.scale * (0.02 if options.quick else 1)
    subprocess.run([sys.executable, maker, seized, "--scale", str(share)], check=True)
    home = custody.bench(report, seized, work, 1 if options.quick else 5)
    outside = (seized / "outside.txt").read_text(encoding="utf-8").split()
    serving.bench(report, home, outside, 2 if options.quick else 5, 0.5 if options.quick else 3)
    home.remove()


def _scale(report: Report, work: Path, options: argparse.Namespace) -> None:
    scale.bench(report, work, list(options.sizes or (QUICK_SIZES if options.quick else SIZES)))


def _large(report: Report, work: Path, options: argparse.Namespace) -> None:
    scale.bench(report, work, [options.large // 10, options.large], "large")


def _page(report: Report, work: Path, options: argparse.Namespace) -> None:
    page_weight.bench(report)
    page.bench(report, work, 2 if options.quick else 5)


PARTS: dict[str, Callable[[Report, Path, argparse.Namespace], None]] = {
    "element": _elements,
    "filter": _filters,
    "core": _core,
    "identifier": _identifier,
    "delta": _delta,
    "screen": _screen,
    "notify": _notify,
    "demo": _demo,
    "scale": _scale,
    "page": _page,
}

if __name__ == "__main__":
    main()
