"""fuse16 compared with other filters for Python, at the same false-positive rate, on one core."""

from random import Random

from benchmarks.figures import Spread, paired
from benchmarks.report import Report
from benchmarks.turns import Subject, Table, take
from pilookup.protocol.bloom import BloomBody

N = 1_000_000
SUBJECTS = (
    Subject("fuse16", "fuse16", N),
    Subject("pyfusefilter", "pyfuse", N, "pyfusefilter"),
    Subject("rbloom", "rust_bloom", N, "rbloom"),
    Subject("pybloom-live", "python_bloom", N, "pybloom-live"),
)
TITLES = {
    "fuse16": "fuse16: {job}",
    "pyfusefilter": "pyfusefilter {version} Fuse16: {job}",
    "rbloom": "rbloom {version}: {job}",
    "pybloom-live": "pybloom-live {version}: {job}",
}
JOBS = ("build", "contains")
OF_OURS = "fuse16"


def bench(report: Report, rounds: int, share: float) -> None:
    subjects = [Subject(s.name, s.module, max(1000, int(s.n * share)), s.environment) for s in SUBJECTS]
    table = take(subjects, rounds)
    if OF_OURS in table.lost:
        raise SystemExit(f"fuse16 itself could not be measured: {table.lost[OF_OURS]}")
    for subject in subjects:
        _rows(report, table, subject)
    _published_bloom(report, subjects[-1].n)


def _rows(report: Report, table: Table, subject: Subject) -> None:
    facts = {"version": ""} | table.facts.get(subject.name, {})
    for job in JOBS:
        title = TITLES[subject.name].format(job=job, version=facts["version"])
        if subject.name in table.lost:
            report.miss("filter", title, table.lost[subject.name])
            continue
        cpu, wall = (_rates(table, subject.name, job, clock) for clock in ("cpu", "wall"))
        more = {} if subject.name == OF_OURS else {"fuse16_to_it": _against(table, subject.name, job).to_json()}
        report.add("filter", title, cpu, "M keys/CPU s", subject.n, wall=wall.to_json(), **more)
    if subject.name not in table.lost:
        title = TITLES[subject.name].format(job="bits a key", version=facts["version"])
        wrong = f"{facts['false_positives']} in {subject.n:,}"
        report.add("filter", title, facts["bits"], "bits/key", subject.n, false_positives=wrong)


def _rates(table: Table, name: str, job: str, clock: str) -> Spread:
    return Spread.of([1e-6 / seconds for seconds in table.each(name, job, clock)])


def _against(table: Table, name: str, job: str) -> Spread:
    return paired(table.each(name, job), table.each(OF_OURS, job))


def _published_bloom(report: Report, count: int) -> None:
    """Report the size of the Bloom body that `publish` writes, which has capacity for more keys."""
    random = Random(16)
    body = BloomBody.empty(count)
    body.add({random.getrandbits(64) for _ in range(count)})
    report.add("filter", "bloom as published: bits a key", len(body.to_bytes()) * 8 / count, "bits/key", count)
