"""The audit log: its chain, its end, and what is never in it."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.custody.audit import log as audit_log
from pilookup.custody.audit.chain import problems
from pilookup.custody.audit.entry import Entry, Phase, digest_of
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.seal import Seal
from pilookup.custody.audit.start import restart
from pilookup.custody.home import Home
from pilookup.errors import AuditError, CustodyError
from pilookup.keyring import Half, Keyring
from tests.support.custody.audited_home import NOW, entries, forged, keyring, make_home, opened, phases, run_commands


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


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
