"""Subjects take turns after a warm-up round, and a lost one is reported with a reason."""

import os
import sys

import pytest

from benchmarks import turns
from benchmarks.turns import LostError, Subject, Table, Turn, Worker, take

OURS = Subject("ours-test", "elements", 16)


def test_all_rounds_but_the_first_are_kept_for_every_job():
    table = take([OURS, Subject("fuse-test", "fuse16", 1000)], 3)
    assert table.lost == {}
    assert {key: len(rows) for key, rows in table.turns.items()} == {
        ("ours-test", "tokenise"): 3,
        ("ours-test", "shift"): 3,
        ("fuse-test", "build"): 3,
        ("fuse-test", "contains"): 3,
    }
    assert table.amounts["ours-test", "tokenise"] == 16
    assert table.facts["ours-test"]["backend"]


def test_subjects_take_turns(monkeypatch):
    order = []
    real = Worker.turn
    monkeypatch.setattr(Worker, "turn", lambda self, job: order.append(self.subject.name) or real(self, job))
    take([Subject(name, "fuse16", 1000) for name in ("a-test", "b-test")], 2)
    assert order == ["a-test", "a-test", "b-test", "b-test"] * 3


def test_a_worker_is_pinned_to_its_core():
    core = max(os.sched_getaffinity(0))
    with Worker(OURS, core) as worker:
        assert os.sched_getaffinity(worker._process.pid) == {core}


def test_a_subject_that_does_not_start_is_lost_with_a_reason_and_the_others_go_on():
    table = take([Subject("absent-test", "no_such_module", 1), OURS], 1)
    assert "ended with 1" in table.lost["absent-test"]
    assert len(table.turns["ours-test", "shift"]) == 1


def test_a_subject_whose_environment_cannot_be_made_is_lost_with_the_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(turns.environment, "LOCKS", tmp_path)
    monkeypatch.setattr(turns.environment, "PLACE", turns.ROOT / "build" / "test-peers")
    (tmp_path / "unlocked.txt").write_text("rfc8785==0.1.4\n")
    table = take([Subject("x", "elements", 1, "unlocked")], 1)
    assert table.lost["x"].startswith("pip could not install unlocked (build/test-peers/unlocked.log)")


def test_a_subject_lost_in_the_middle_is_not_shown_at_all(monkeypatch):
    real = Worker.turn

    def dies(self, job):
        if len(seen := table_of.setdefault(self.subject.name, [])) == 3:
            self._process.kill()
        seen.append(job)
        return real(self, job)

    table_of = {}
    monkeypatch.setattr(Worker, "turn", dies)
    table = take([OURS], 4)
    assert "ended with -9" in table.lost["ours-test"]
    assert table.turns == {}


def test_each_divides_by_the_amount_that_a_run_handles():
    table = Table()
    table.amounts["a", "job"] = 4
    table.turns["a", "job"] = [Turn(wall=2.0, cpu=1.0), Turn(wall=4.0, cpu=2.0)]
    assert table.each("a", "job") == [0.25, 0.5]
    assert table.each("a", "job", "wall") == [0.5, 1.0]
    with pytest.raises(KeyError):
        table.each("b", "job")


def test_an_unknown_job_ends_the_worker():
    with Worker(OURS, max(os.sched_getaffinity(0))) as worker, pytest.raises(LostError):
        worker.turn("no-such-job")


def test_our_own_subjects_run_in_this_interpreter():
    assert str(turns._python(OURS)) == sys.executable
