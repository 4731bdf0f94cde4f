"""Where a run's results go, and what the peers' environments are made from."""

import argparse
import json
import re
from pathlib import Path

import pytest

import benchmarks.__main__ as run
from benchmarks import environment
from benchmarks.elements import LIBSODIUM, OPENMINED, SECRETFLOW
from benchmarks.filters import SUBJECTS
from benchmarks.report import Report

WHOLE = {"quick": False, "large": None, "parts": None, "sizes": None, "json": None}
LOCKS = sorted(environment.LOCKS.glob("*.txt"))


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, "results/one-processor/bench.json"),
        ({"large": 50_000_000}, "results/one-processor/large.json"),
        ({"quick": True}, "build/bench.json"),
        ({"quick": True, "large": 1000}, "build/large.json"),
        ({"parts": "element"}, "build/bench.json"),
        ({"sizes": [1, 2]}, "build/bench.json"),
    ],
)
def test_only_a_whole_run_touches_what_the_documentation_shows(tmp_path, monkeypatch, options, kept):
    drawn = []
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(run, "BUILD", tmp_path / "build")
    monkeypatch.setattr(run, "processor", lambda: "one-processor")
    monkeypatch.setattr(run.drawing, "draw", lambda folder, results: drawn.append((folder, results)))
    run._keep(Report({}, machine={}), argparse.Namespace(**WHOLE | options))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / kept]
    [(folder, results)] = drawn
    assert results == [tmp_path / kept]
    assert folder == (run.ROOT / "docs" / "images" if kept.startswith("results") else tmp_path / "build")


def test_every_peer_has_a_lock_and_every_lock_a_use():
    peers = {subject.environment for subject in (OPENMINED, SECRETFLOW, LIBSODIUM, *SUBJECTS)} - {None}
    assert {path.stem for path in LOCKS} == peers | {"plot"}
    assert {path.stem for path in environment.LOCKS.glob("*.in")} == peers | {"plot"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_locks_pin_every_package_by_hash_and_name_no_index(lock: Path):
    entries = re.split(r"(?<!\\)\n", lock.read_text(encoding="utf-8").strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[0-9a-z.]+ \\\n", entry), entry
        assert "--hash=sha256:" in entry
        assert "//" not in entry


def test_results_are_kept_by_processor_and_name_it():
    folders = [path for path in run.RESULTS.iterdir() if path.is_dir()]
    assert folders
    assert [path for path in run.RESULTS.iterdir() if path.is_file()] == []
    for path in run.RESULTS.glob("*/*.json"):
        assert json.loads(path.read_bytes())["machine"]["backend"] in path.parent.name
