"""The synthetic file has valid numbers, and as many distinct ones as stated."""

import csv

import pytest

from benchmarks import synthetic
from pilookup.identifier import canonicalise


@pytest.mark.parametrize("rows", [1, 19, 20, 21, 3999, 4000, 20_001])
def test_a_file_has_the_stated_numbers_of_rows_and_of_distinct_numbers(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(synthetic, "CHUNK", 4000)
    written = synthetic.write(tmp_path / "a.csv", rows)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    numbers = [line["手机号"] for line in lines]
    assert written.rows == rows == len(lines)
    assert written.distinct == len(set(numbers))
    assert all(canonicalise(number, "CN") == f"tel:+86{number}".encode() for number in numbers[:500])
    assert {len(line["姓名"]) for line in lines} == {2}
    assert all(line["登记日期"].startswith("2025-") for line in lines)


def test_the_same_rows_give_the_same_bytes(tmp_path, monkeypatch):
    synthetic.write(tmp_path / "a.csv", 10_000)
    monkeypatch.setattr(synthetic, "CHUNK", 777)
    synthetic.write(tmp_path / "b.csv", 10_000)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_there_are_no_more_rows_than_numbers(tmp_path):
    with pytest.raises(ValueError, match="more rows"):
        synthetic.write(tmp_path / "a.csv", synthetic.SPACE)
