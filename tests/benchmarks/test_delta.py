"""The benchmark of deltas reports bytes that depend on nothing but the number of changes."""

import pytest

from benchmarks import delta
from benchmarks.report import Report


def test_bytes_by_those_of_the_entries_that_changed(tmp_path):
    report = Report({}, machine={})
    delta.bench(report, tmp_path, 1, 0.005)
    changed = 100 * 32
    found = {row["name"]: row for row in report.rows}
    for name, size in (("added", 36), ("relabelled", 44), ("removed", 8)):
        row = found[f"1% {name}: bytes to the records' own"]
        assert row["value"] == pytest.approx((84 + 100 * size) / changed)
        assert row["value"] <= row["goal"]
    assert len(found) == 12
