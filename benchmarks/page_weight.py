"""The size of the page on the wire: every file of the built page, compressed as the server does."""

import gzip

from benchmarks.machine import ROOT
from benchmarks.report import Report

PAGE = ROOT / "server" / "pilookup_server" / "page"
LEVEL = 9
BROTLI = ".br"
"""The build writes a file with this ending for each file."""
ABROAD = "foreign.js"
"""Fetched only when a foreign number is typed."""


def bench(report: Report) -> None:
    if not (PAGE / "index.html").is_file():
        report.miss("page", "weight", "the page is not built")
        return
    total = scripts = brotli = 0
    for path in sorted(path for path in PAGE.rglob("*") if path.is_file() and path.suffix != BROTLI):
        raw = path.read_bytes()
        weight = len(gzip.compress(raw, LEVEL, mtime=0))
        total += weight
        brotli += path.with_name(f"{path.name}{BROTLI}").stat().st_size
        scripts += weight if path.suffix == ".js" and path.name != ABROAD else 0
        report.add("page", f"{path.relative_to(PAGE)}: gzip", weight / 1000, "kB", len(raw))
    report.add("page", f"all scripts but {ABROAD}: gzip", scripts / 1000, "kB", 1, goal=45)
    report.add("page", "all files: gzip", total / 1000, "kB", 1)
    report.add("page", "all files: Brotli", brotli / 1000, "kB", 1)
