"""A ratio is shown only if the machine and the peer can be measured."""

import pytest

from benchmarks import elements
from benchmarks.report import Report
from benchmarks.turns import Table, Turn

COSTS = {
    ("pilookup", "tokenise"): 3e-6,
    ("pilookup", "shift"): 2e-6,
    ("dalek", "tokenise"): 18e-6,
    ("avx2", "tokenise"): 14e-6,
    ("narrow", "tokenise"): 28e-6,
    ("openmined", "setup"): 60e-6,
    ("secretflow", "point"): 4.5e-6,
    ("libsodium", "record"): 45e-6,
    ("libsodium", "calls"): 2e-6,
}


def table(*lost, **backends):
    made = Table()
    for key, cost in COSTS.items():
        made.amounts[key] = 1
        made.facts[key[0]] = {"version": "1.0", "backend": backends.get(key[0], "avx512ifma")}
        made.turns[key] = [Turn(wall=2 * cost * slow, cpu=cost * slow) for slow in (1, 2, 1, 1, 3)]
    for name in lost:
        made.lose(name, f"no {name}")
    return made


def measured(monkeypatch, made, flags):
    monkeypatch.setattr(elements, "flags", lambda: flags)
    monkeypatch.setattr(elements, "take", lambda *_: made)
    monkeypatch.setattr(elements, "narrow_core", lambda build: f"core, {build=}")
    report = Report({}, machine={})
    elements.bench(report, 5, 1, build=True)
    return {row["name"]: row for row in report.rows}


def test_with_ifma_every_ratio_is_shown_with_its_goal(monkeypatch):
    rows = measured(monkeypatch, table(dalek="dalek"), ["avx512ifma"])
    shown = {name: (row["median"], row.get("goal")) for name, row in rows.items() if row["subject"] == "ratio"}
    assert shown == {
        "OpenMined set-up to tokenise": (pytest.approx(20), 17),
        "SecretFlow point to tokenise": (pytest.approx(1.5), 1.25),
        "dalek to tokenise": (pytest.approx(6), 5),
        "libsodium to tokenise": (pytest.approx(15), None),
        "without AVX-512: OpenMined set-up to tokenise": (pytest.approx(60 / 14), 2),
        "without AVX-512: dalek to tokenise": (pytest.approx(2), 1.3),
    }
    ratio = rows["OpenMined set-up to tokenise"]
    assert ratio["min"] == pytest.approx(ratio["max"])


def test_figures_are_of_processor_time_and_also_give_wall_time(monkeypatch):
    row = measured(monkeypatch, table(dalek="dalek"), ["avx512ifma"])["OpenMined PSI 1.0: set-up, a record"]
    assert (row["median"], row["wall"]["median"], row["unit"]) == (pytest.approx(60), pytest.approx(120), "us CPU")


def test_without_ifma_its_ratios_are_not_shown_and_those_without_avx512_are(monkeypatch):
    rows = measured(monkeypatch, table(dalek="dalek"), [])
    for name in ("OpenMined set-up to tokenise", "SecretFlow point to tokenise", "dalek to tokenise"):
        assert rows[name] == {"subject": "ratio", "name": name, "not_shown": elements.NOT_IFMA}
    shown = [rows[f"without AVX-512: {peer} to tokenise"] for peer in ("OpenMined set-up", "dalek")]
    assert [(row["median"], row["goal"]) for row in shown] == [(pytest.approx(20), 2), (pytest.approx(6), 1.3)]


def test_a_missing_peer_hides_its_own_row_and_ratios_only(monkeypatch):
    rows = measured(monkeypatch, table("openmined", dalek="dalek"), ["avx512ifma"])
    missing = {name for name, row in rows.items() if "not_shown" in row}
    assert missing == {
        "OpenMined PSI 1.0: set-up, a record",
        "OpenMined set-up to tokenise",
        "without AVX-512: OpenMined set-up to tokenise",
    }
    assert {rows[name]["not_shown"] for name in missing} == {"no openmined"}


def test_without_pilookup_itself_there_is_no_benchmark(monkeypatch):
    with pytest.raises(SystemExit, match="no pilookup"):
        measured(monkeypatch, table("pilookup"), ["avx512ifma"])


def test_there_is_no_ratio_to_dalek_if_pilookup_itself_runs_on_it(monkeypatch):
    rows = measured(monkeypatch, table(pilookup="dalek-avx2"), ["avx512ifma"])
    assert rows["dalek to tokenise"]["not_shown"] == "pilookup itself runs on dalek here"


def test_each_subject_gets_its_backend_and_core(monkeypatch):
    asked = []
    monkeypatch.setattr(elements, "take", lambda subjects, _: asked.extend(subjects) or table(dalek="dalek"))
    monkeypatch.setattr(elements, "flags", lambda: ["avx512ifma"])
    monkeypatch.setattr(elements, "narrow_core", lambda build: f"core, {build=}")
    elements.bench(Report({}, machine={}), 5, 0.1, build=False)
    given = {subject.name: (subject.n, subject.backend, subject.core) for subject in asked}
    assert given == {
        "pilookup": (10_000, None, None),
        "avx2": (10_000, "avx2", None),
        "dalek": (10_000, "dalek", None),
        "narrow": (10_000, "dalek", "core, build=False"),
        "openmined": (1_000, None, None),
        "secretflow": (10_000, None, None),
        "libsodium": (1_000, None, None),
    }
