"""The cost of one element on one core, the peers' cost of the same step, and their ratio for each round."""

from dataclasses import replace

from benchmarks.environment import NotInstalledError
from benchmarks.figures import paired
from benchmarks.machine import flags
from benchmarks.narrow import narrow_core
from benchmarks.report import Report
from benchmarks.turns import Subject, Table, spread, take

OURS = Subject("pilookup", "elements", 100_000)
OPENMINED = Subject("openmined", "openmined", 10_000, "openmined")
SECRETFLOW = Subject("secretflow", "secretflow", 100_000, "secretflow")
LIBSODIUM = Subject("libsodium", "libsodium", 10_000, "libsodium")

ROWS = (
    ("pilookup", "tokenise", "pilookup{backend}: tokenise"),
    ("pilookup", "shift", "pilookup{backend}: shift"),
    ("dalek", "tokenise", "dalek by our fallback{backend}: tokenise"),
    ("avx2", "tokenise", "pilookup without AVX-512{backend}: tokenise"),
    ("narrow", "tokenise", "dalek built without AVX-512{backend}: tokenise"),
    ("openmined", "setup", "OpenMined PSI{version}: set-up, a record"),
    ("secretflow", "point", "SecretFlow SPU{version}: ECDH-25519, a point"),
    ("libsodium", "record", "libsodium by rbcl{version}: hash and multiply"),
    ("libsodium", "calls", "libsodium: SHA-512 and Python's calls alone"),
)
NOT_IFMA = "this machine has no AVX-512 IFMA"


def bench(report: Report, rounds: int, share: float, *, build: bool) -> None:
    """Report all rows and ratios.

    Args:
        report: gets the rows.
        rounds: the number of rounds after the warm-up.
        share: the share of the usual number of elements a turn.
        build: whether to build the core without AVX-512.
    """
    ifma = "avx512ifma" in flags()
    subjects, missing = _subjects(share, ifma=ifma, build=build)
    table = take(subjects, rounds)
    for name, reason in missing.items():
        table.lose(name, reason)
    if "pilookup" in table.lost:
        raise SystemExit(f"pilookup itself could not be measured: {table.lost['pilookup']}")
    if table.facts["pilookup"]["backend"].startswith("dalek"):
        table.lose("dalek", "pilookup itself runs on dalek here")
    for name, job, text in ROWS:
        _row(report, table, name, job, text)
    _ratios(report, table, ifma=ifma)


def _subjects(share: float, *, ifma: bool, build: bool) -> tuple[list[Subject], dict[str, str]]:
    """Return the subjects, and the reason for each that is missing.

    Without AVX-512, the rows of pilookup and dalek already are what `avx2` and `narrow` would show.
    """
    peers = [replace(subject, n=max(800, int(subject.n * share))) for subject in (OPENMINED, SECRETFLOW, LIBSODIUM)]
    ours = replace(OURS, n=max(800, int(OURS.n * share)))
    dalek = replace(ours, name="dalek", backend="dalek")
    if not ifma:
        return [ours, dalek, *peers], {"avx2": NOT_IFMA, "narrow": NOT_IFMA}
    avx2 = replace(ours, name="avx2", backend="avx2")
    try:
        narrow = replace(dalek, name="narrow", core=str(narrow_core(build=build)))
    except NotInstalledError as reason:
        return [ours, avx2, dalek, *peers], {"narrow": str(reason)}
    return [ours, avx2, dalek, narrow, *peers], {}


def _row(report: Report, table: Table, name: str, job: str, text: str) -> None:
    facts = {key: f" {value}" for key, value in table.facts.get(name, {}).items()}
    title = text.format_map({"version": "", "backend": ""} | facts)
    if name in table.lost:
        report.miss("element", title, table.lost[name])
        return
    cpu, wall = (spread(table.each(name, job, clock), 1e6) for clock in ("cpu", "wall"))
    report.add("element", title, cpu, "us CPU", table.amounts[name, job], wall=wall.to_json())


def _ratios(report: Report, table: Table, *, ifma: bool) -> None:
    """Report the ratios, with the goals of the design next to them; the goals have no effect."""
    wide = None if ifma else NOT_IFMA
    _ratio(report, table, "OpenMined set-up to tokenise", ("openmined", "setup"), goal=17, hindered=wide)
    _ratio(report, table, "SecretFlow point to tokenise", ("secretflow", "point"), goal=1.25, hindered=wide)
    _ratio(report, table, "dalek to tokenise", ("dalek", "tokenise"), goal=5, hindered=wide)
    _ratio(report, table, "libsodium to tokenise", ("libsodium", "record"))
    ours, dalek = ("avx2", "narrow") if ifma else ("pilookup", "dalek")
    _ratio(report, table, "without AVX-512: OpenMined set-up to tokenise", ("openmined", "setup"), ours, goal=2)
    _ratio(report, table, "without AVX-512: dalek to tokenise", (dalek, "tokenise"), ours, goal=1.3)


def _ratio(
    report: Report,
    table: Table,
    title: str,
    peer: tuple[str, str],
    ours: str = "pilookup",
    goal: float | None = None,
    hindered: str | None = None,
) -> None:
    lost = [table.lost[name] for name in (ours, peer[0]) if name in table.lost]
    if hindered or lost:
        report.miss("ratio", title, hindered or "; ".join(lost))
        return
    cpu = paired(table.each(*peer), table.each(ours, "tokenise"))
    wall = paired(table.each(*peer, "wall"), table.each(ours, "tokenise", "wall"))
    more = {} if goal is None else {"goal": goal}
    report.add("ratio", title, cpu, "times, CPU", cpu.runs, wall=wall.to_json(), **more)
