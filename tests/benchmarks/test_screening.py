"""The benchmark of re-screening joins what it made, and reports each figure once."""

from benchmarks import screening
from benchmarks.report import Report


def test_each_figure_of_a_small_run():
    report = Report({}, machine={})
    screening.bench(report, 1, 0.002)
    names = [row["name"] for row in report.rows]
    assert len(names) == len(set(names)) == 10
    assert all(row["value" if "value" in row else "median"] > 0 for row in report.rows)
