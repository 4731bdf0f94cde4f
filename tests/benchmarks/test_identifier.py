"""The benchmark of canonicalising measures the demo's spellings."""

from benchmarks import identifier
from benchmarks.report import Report
from pilookup.identifier import Reason, canonicalise_all


def test_the_rate_is_reported_with_its_goal():
    report = Report({}, machine={})
    identifier.bench(report, 2, 0.002)
    (row,) = report.rows
    assert row["subject"] == "identifier"
    assert row["n"] == 1000
    assert row["goal"] == identifier.GOAL


def test_most_texts_of_the_demo_are_numbers():
    found = canonicalise_all(identifier.demo_texts(2000))
    assert 0.02 < sum(isinstance(one, Reason) for one in found) / 2000 < 0.06
