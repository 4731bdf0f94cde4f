"""Kills and full disks while the audit log is written."""

import os
import signal

import pytest

from pilookup import durable
from pilookup.custody.audit import log_file
from pilookup.custody.audit.chain import problems
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.seal import Seal
from pilookup.errors import AuditError, CustodyError
from tests.support.custody.audited_home import forged, make_home, opened, phases, run_commands
from tests.support.custody.full_disk import Disk


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


def killed(act, n):
    """Run `act` in a child that is killed before its n-th step on the disk, which writes half; whether it was."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    left = [n]

    def counted(real, torn):
        def step(*args):
            left[0] -= 1
            if not left[0]:
                torn(*args)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args)

        return step

    try:
        write, sync = os.write, os.fsync
        os.write = counted(write, lambda descriptor, data: write(descriptor, bytes(data)[: len(data) // 2]))
        os.fsync = counted(sync, lambda *_: None)
        durable.write_flushed = counted(durable.write_flushed, lambda *_: None)
        act()
    finally:
        os._exit(0)


def test_a_command_killed_at_any_step_leaves_a_log_that_goes_on(home):
    run_commands(home, 1)
    log, steps = opened(home), 0
    while killed(lambda: run_commands(home, 1), steps + 1):
        steps += 1
        before = phases(home) if not read_lines(home.audit_log).torn else None
        refuse_a_false_entry(home)
        log = opened(home)
        assert before is None or phases(home) == before
        assert problems(read_lines(home.audit_log).lines, Seal.read(home.audit_head)) == []
    assert steps >= 16
    with log.recorded("load"):
        pass


def refuse_a_false_entry(home):
    """At this state of the disk, an entry of an intruder without the key is refused; HOME is as before afterwards."""
    before, line = home.audit_log.read_bytes(), forged(home)
    torn = read_lines(home.audit_log).torn
    home.audit_log.write_bytes(before[: len(before) - len(torn)] + line + b"\n")
    with pytest.raises(AuditError, match="was added by something else than a command"):
        opened(home)
    home.audit_log.write_bytes(before)


def test_a_new_log_is_killed_at_any_step(home):
    steps = 0
    while killed(lambda: opened(home), steps + 1):
        steps += 1
        opened(home)
        for path in (home.audit_log, home.audit_head, *home.custody.glob("keys/audit.key")):
            path.unlink()
    assert steps >= 5


def test_a_full_disk_refuses_the_command_or_leaves_its_outcome_out(home, monkeypatch):
    disk, write = Disk(monkeypatch, home.path), os.write

    def limited(descriptor, data):
        if disk.writes == 0:
            write(descriptor, bytes(data)[: len(data) // 2])
        return disk._limited(write)(descriptor, data)

    monkeypatch.setattr(log_file.os, "write", limited)
    refused = left_out = 0
    while True:
        log = opened(home)
        disk.writes, disk.failed_on, run = refused + left_out, None, []
        try:
            run_one(log, run)
        except AuditError as error:
            text = str(error)
        else:
            break
        disk.writes = None
        assert text.endswith("No space left on device")
        assert ("which is done" in text) == bool(run)
        refused, left_out = refused + (not run), left_out + bool(run)
        assert problems(read_lines(home.audit_log).lines, Seal.read(home.audit_head)) == []
        refuse_a_false_entry(home)
        run_one(log, run)  # the same log goes on
        assert phases(home)[-2:] == [("load", "begin"), ("load", "done")]
    assert disk.failed_on is None
    assert refused >= 8
    assert left_out >= 8


def run_one(log, run):
    with log.recorded("load"):
        run.append(1)


def test_a_failure_keeps_its_error_if_the_outcome_cannot_be_written(home, monkeypatch):
    log, disk = opened(home), Disk(monkeypatch, home.path)

    def fail():
        with log.recorded("load"):
            disk.writes = 0
            raise CustodyError("the reason")

    with pytest.raises(CustodyError, match="the reason") as told:
        fail()
    assert "no outcome of this command" in told.value.__notes__[0]
    assert phases(home)[-1] == ("load", "begin")
