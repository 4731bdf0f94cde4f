"""The audit log: its chain, its end, kills and full disks while it is written, and what is never in it."""

import json
import os
import signal
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import durable
from pilookup.custody.audit import AuditLog, log_file
from pilookup.custody.audit import log as audit_log
from pilookup.custody.audit.chain import problems
from pilookup.custody.audit.entry import Entry, Phase, digest_of
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.seal import Seal
from pilookup.custody.audit.start import restart
from pilookup.custody.home import Home
from pilookup.errors import AuditError, CustodyError
from pilookup.keyring import Half, Keyring
from tests.support.custody.full_disk import Disk

NOW = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    made = Home.create(tmp_path / "home")
    Keyring.create(made.custody, Half.CUSTODY, b"custody passphrase of the tests")
    return made


def keyring(home):
    return Keyring.unlock(home.custody, Half.CUSTODY, b"custody passphrase of the tests")


def opened(home, operator="Li Hong"):
    return AuditLog.open(home, keyring(home), operator, lambda: NOW)


def entries(home):
    return [Entry.from_line(line) for line in read_lines(home.audit_log).lines]


def phases(home):
    return [(entry.command, str(entry.phase)) for entry in entries(home)]


def run_commands(home, count=3):
    log = opened(home)
    for at in range(count):
        with log.recorded("load", dataset="case-1", files=at) as entry:
            entry.outcome(rows=10 * at, accepted=at)


def test_a_command_has_an_entry_before_and_one_after(home):
    with opened(home).recorded("load", dataset="case-1", files=2) as running:
        assert phases(home) == [("audit", "start"), ("load", "begin")]
        assert running.head == digest_of(read_lines(home.audit_log).lines[-1])
        running.outcome(rows=7)
    last = entries(home)[-1]
    assert (last.phase, last.details, last.operator, last.time) == (Phase.DONE, {"rows": 7}, "Li Hong", NOW)
    assert home.audit_log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("error", "phase", "details"),
    [
        (CustodyError("no"), "failed", {"rows": 7, "error": "CustodyError"}),
        (KeyboardInterrupt(), "interrupted", {"rows": 7}),
    ],
)
def test_an_outcome_says_how_the_command_failed(home, error, phase, details):
    def fail():
        with opened(home).recorded("load") as running:
            running.outcome(rows=7)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (str(entries(home)[-1].phase), entries(home)[-1].details) == (phase, details)


@pytest.mark.parametrize(
    "details",
    [
        {"text": "two words"},
        {"text": "13800138000 "},
        {"raw": b"1"},
        {"Upper": 1},
        {"text": "数"},
        {"share": 0.5},
        {"n": 2**53},
    ],
)
def test_details_hold_counts_and_words_only(home, details):
    before = [("audit", "start")]
    log = opened(home)
    with pytest.raises(ValueError, match="details"), log.recorded("load", **details):
        pytest.fail("was run")
    assert phases(home) == before


@pytest.mark.parametrize("name", ["", "13800138000", "138 0013 8000", "a\nb", "x" * 65, "一三八 1380013"])
def test_an_operator_has_a_name_without_a_number(home, name):
    with pytest.raises(CustodyError, match="operator"):
        opened(home, name)
    assert not home.audit_log.exists()


def test_two_logs_with_the_same_entries_have_different_heads(home, tmp_path):
    other = Home.create(tmp_path / "other")
    Keyring.create(other.custody, Half.CUSTODY, b"custody passphrase of the tests")
    heads = set()
    for each in (home, other):
        with opened(each).recorded("publish") as running:
            heads.add(running.head)
    assert len(heads) == 2


LINES, SEAL = [], []
"""A log of nine entries, made once: the property changes copies of it."""


@pytest.fixture
def sample(home):
    if not LINES:
        run_commands(home, 4)
        LINES.extend(read_lines(home.audit_log).lines)
        SEAL.append(Seal.read(home.audit_head))
    return LINES, SEAL[0]


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_every_change_is_found_at_its_entry(sample, data):
    lines, seal = sample
    assert problems(lines, seal) == []
    at = data.draw(st.integers(0, len(lines) - 1))
    changed, first = list(lines), at + 1
    match data.draw(st.sampled_from(["byte", "removed", "cut off", "moved", "repeated", "field"])):
        case "byte":
            index = data.draw(st.integers(0, len(lines[at]) - 1))
            other = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (lines[at][index], 10)))
            changed[at] = lines[at][:index] + bytes([other]) + lines[at][index + 1 :]
        case "removed":
            del changed[at]
        case "cut off":
            del changed[at:]
        case "moved":
            to = data.draw(st.integers(0, len(lines) - 1).filter(lambda index: index != at))
            changed.insert(to, changed.pop(at))
            first = min(at, to) + 1
        case "repeated":
            changed.insert(at, lines[at])
            first = at + 2
        case "field":
            entry = Entry.from_line(lines[at])
            made = Entry(entry.number, entry.time, "Wang", entry.command, entry.phase, entry.details, entry.previous)
            changed[at] = made.to_line()
    assert problems(changed, seal)[0].number == first


def test_a_new_chain_does_not_fit_the_seal(sample):
    lines, seal = sample
    forged, previous = [], "0" * 64
    for line in lines:
        entry = Entry.from_line(line)
        made = Entry(entry.number, entry.time, "Wang", entry.command, entry.phase, entry.details, previous)
        forged.append(made.to_line())
        previous = digest_of(forged[-1])
    assert problems(forged, None) == []
    assert problems(forged, seal)[0].number == len(lines)


def test_a_changed_log_refuses_the_command_until_it_is_set_aside(home):
    run_commands(home)
    former = home.audit_log.read_bytes()
    home.audit_log.write_bytes(former.replace(b'"files":1', b'"files":2'))
    with pytest.raises(AuditError, match=r"entry 4: was changed.*pilookup audit restart"):
        opened(home)
    aside = restart(home, keyring(home), "Li", lambda: NOW)
    assert aside.read_bytes() == former.replace(b'"files":1', b'"files":2')
    run_commands(home)
    first = entries(home)[0]
    assert (first.command, first.details["former_lines"]) == ("audit restart", 7)


@pytest.mark.parametrize("gone", ["audit_log", "audit_head"])
def test_a_missing_file_is_not_a_new_log(home, gone):
    run_commands(home)
    getattr(home, gone).unlink()
    with pytest.raises(AuditError, match="missing"):
        opened(home)


def test_a_seal_of_another_key_is_found(home):
    run_commands(home)
    seal = Seal.read(home.audit_head)
    Seal.make(seal.entries, seal.head, b"x" * 32).write(home.audit_head)
    with pytest.raises(AuditError, match="not made with the key of this HOME"):
        opened(home)


@pytest.fixture
def appended(home, monkeypatch):
    """A log before an entry is appended, its head, the head that announces the entry, and the entry's bytes."""
    run_commands(home, 1)
    whole, seal, announcing = home.audit_log.read_bytes(), home.audit_head.read_bytes(), []

    def append(path, line):
        announcing.append(home.audit_head.read_bytes())
        append_line(path, line)

    append_line = audit_log.append_line
    monkeypatch.setattr(audit_log, "append_line", append)
    with opened(home).recorded("load"):
        added = home.audit_log.read_bytes()[len(whole) :]
    monkeypatch.undo()
    return whole, seal, announcing[0], added


def test_every_torn_end_is_repaired_and_told(home, appended):
    whole, _, announcing, added = appended
    for length in range(1, len(added)):
        home.audit_log.write_bytes(whole + added[:length])
        home.audit_head.write_bytes(announcing)
        log = opened(home)
        if length == len(added) - 1:  # only the end of the line was missing
            assert (log.repaired, phases(home)[-1]) == (False, ("load", "begin"))
            continue
        assert log.repaired
        assert phases(home)[-2:] == [("load", "done"), ("audit", "repaired")]
        assert entries(home)[-1].details == {"bytes": length}


def forged(home):
    """The line that whoever can read the log, and has no key, would append: it follows the last whole one."""
    lines = read_lines(home.audit_log).lines
    return Entry(len(lines) + 1, NOW, "Wang", "load", Phase.BEGIN, {}, digest_of(lines[-1])).to_line()


def test_nothing_but_the_announced_entry_is_accepted_behind_the_seal(home, appended):
    whole, seal, announcing, added = appended
    home.audit_log.write_bytes(whole)
    false = forged(home) + b"\n"
    for head, tail in [
        (seal, added),
        (seal, added[:-1]),
        (seal, false),
        (seal, b"x"),
        (announcing, false),
        (announcing, added + false),
        (announcing, added + b"x"),
        (announcing, false[:-1] + added),
    ]:
        home.audit_log.write_bytes(whole + tail)
        home.audit_head.write_bytes(head)
        with pytest.raises(AuditError, match=r"audit\.jsonl: entry \d+: .*pilookup audit restart"):
            opened(home)
        assert home.audit_log.read_bytes() == whole + tail
    home.audit_log.write_bytes(whole + added)
    home.audit_head.write_bytes(announcing)
    opened(home)
    assert Seal.read(home.audit_head).next is None
    home.audit_log.write_bytes(whole)
    with pytest.raises(AuditError, match="is missing"):
        opened(home)


def test_an_announcement_is_under_the_key(home, appended):
    whole, seal, _, _ = appended
    home.audit_log.write_bytes(whole)
    line = forged(home)
    body = json.loads(seal) | {"next": digest_of(line)}
    home.audit_head.write_bytes(rfc8785.dumps(body))
    home.audit_log.write_bytes(whole + line + b"\n")
    with pytest.raises(AuditError, match="not made with the key of this HOME"):
        opened(home)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), st.data())
def test_a_head_with_another_value_raises_only_our_error(value, data):
    body = {"format": 2, "entries": 1, "head": "0" * 64, "next": None, "mac": "0" * 64}
    name = data.draw(st.sampled_from(sorted(body)))
    with tempfile.NamedTemporaryFile() as file:
        for given_body in (body | {name: value}, {**body, "more": value}, value):
            Path(file.name).write_text(json.dumps(given_body), encoding="utf-8")
            with suppress(AuditError):
                Seal.read(Path(file.name))


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
