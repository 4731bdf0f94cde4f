"""In the table and in the JSON every figure has its unit, n and spread, and a missing one has its reason."""

import json
import re

import pytest

from benchmarks.figures import Spread
from benchmarks.report import COLUMNS, Report, line, short


@pytest.fixture
def report():
    return Report({"quick": True}, machine={"cpu": "one", "commit": "c0ffee"})


def test_a_row_shows_median_least_greatest_unit_and_n(report, capsys):
    report.add("element", "a: set-up", Spread(61.25, 60.5, 70, 5), "us CPU", 10_000, wall={"median": 63.5}, goal=17)
    output = capsys.readouterr().out
    assert output.split() == re.split(" +", "element a: set-up 61.2 60.5 - 70 us CPU 10,000 wall 63.5, goal 17")
    assert output.index("us CPU") == COLUMNS.index("unit")


def test_a_single_value_claims_no_spread(report):
    report.add("filter", "bits a key", 18.1, "bits/key", 1_000_000)
    assert " - " not in line(report.rows[0])
    assert set(report.rows[0]) == {"subject", "name", "value", "unit", "n"}


def test_a_figure_that_is_not_shown_has_a_reason_and_no_value(report, capsys):
    report.miss("ratio", "a to b", "this machine has no AVX-512 IFMA")
    assert capsys.readouterr().out.endswith("not shown: this machine has no AVX-512 IFMA\n")
    assert report.rows == [{"subject": "ratio", "name": "a to b", "not_shown": "this machine has no AVX-512 IFMA"}]


def test_the_json_contains_the_machine_and_every_row_in_order(report, tmp_path):
    report.add("x", "one", Spread(1, 1, 2, 5), "s", 5)
    report.miss("x", "two", "reason")
    path = tmp_path / "deep" / "figures.json"
    report.write(path)
    written = json.loads(path.read_text())
    assert written["machine"] == {"cpu": "one", "commit": "c0ffee"}
    assert [row["name"] for row in written["figures"]] == ["one", "two"]
    assert written["figures"][0] == {
        "subject": "x", "name": "one", "median": 1, "min": 1, "max": 2, "runs": 5, "unit": "s", "n": 5,
    }  # fmt: skip


def test_the_machine_is_described_with_flags_versions_and_commit():
    machine = Report({}).machine
    assert machine["cores"] >= 1
    assert machine["packages"]["pilookup"]
    assert {"date", "cpu", "flags", "memory_mib", "backend", "commit", "system", "python"} < set(machine)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567.8, "1,234,568"), (100.4, "100"), (61.25, "61.2"), (2, "2"), (0.0123, "0.0123"), (2.0, "2")],
)
def test_figures_are_written_with_three_digits_or_whole(value, text):
    assert short(value) == text
