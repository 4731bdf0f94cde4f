"""Processes with the same state directory never wait for each other's server, and never roll the state back."""

import fcntl
import multiprocessing
import os
import signal
import threading

import pytest

from pilookup import Client
from pilookup.checking.deadline import Deadline
from pilookup.checking.state import LockedError, State
from tests.support.checking.asking import held_once, on
from tests.support.checking.numbers import HIT
from tests.support.checking.server import Answer, Host

HANG = 60.0


def held_state(folder):
    """The files below a state directory, without those of refreshes."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "refresh-" in path.name}


def _hang(url, options):
    with Client(url, timeout=HANG, **options) as client:
        client.check(HIT)


@pytest.mark.parametrize("part", ["timestamp.json", "snapshot.json", "targets.json", "manifest.json"])
def test_a_process_that_waits_for_its_server_does_not_block_another(part, host, client_at, tmp_path):
    host.twist, asked, answered = held_once(part, HANG)
    options = {"trust": host.publisher.pin, "state_dir": tmp_path / "state"}
    other = multiprocessing.get_context("spawn").Process(target=_hang, args=(host.url, options))
    other.start()
    try:
        assert asked.wait(HANG)
        assert client_at(timeout=HANG).check(HIT).status == "found"  # with its constructor
        assert not answered.is_set()
    finally:
        answered.set()
        other.join(HANG)
    assert other.exitcode == 0


@pytest.mark.parametrize("part", ["timestamp.json", "manifest.json"])
def test_a_refresh_that_was_overtaken_starts_again_from_what_the_other_stored(part, host, client_at, tmp_path):
    """One client fetches release 1; before it stores that, another one has fetched and stored release 2."""
    slow, fast = client_at(), client_at()
    overtaken = []

    def overtake(asked, answer):
        if not overtaken:
            overtaken.append(True)
            host.publisher.publish({}, serial=2)
            thread = threading.Thread(target=lambda: overtaken.append(fast.check(HIT).status))
            thread.start()
            thread.join(HANG)
        return answer

    host.twist = on(part, overtake)
    assert slow.check(HIT).status == "not_found"
    assert overtaken == [True, "not_found"]
    assert slow.client.manifest.serial == 2
    (serial,) = (tmp_path / "state").rglob("serial")
    assert serial.read_bytes() == b"2"


def test_a_server_that_is_behind_what_another_process_stored_is_rolled_back(host, client_at, tmp_path):
    """One client's server still has release 1 when another client, of another server, stores release 2."""
    slow, fast = client_at(), client_at()
    old = (dict(host.publisher.metadata), dict(host.publisher.targets))
    seen = []

    def behind(asked, answer):
        name = asked.path.rpartition("/")[2]
        if not seen:
            seen.append(True)
            host.publisher.publish({}, serial=2)
            host.twist = lambda asked, answer: answer
            thread = threading.Thread(target=lambda: seen.append(fast.check(HIT).status))
            thread.start()
            thread.join(HANG)
            host.twist = behind
        data = {**old[0], **old[1]}.get(name)
        return Answer(404) if data is None else Answer(body=data)

    host.twist = lambda asked, answer: behind(asked, answer) if asked.method == "GET" else answer
    result = slow.check(HIT)
    assert (result.status, result.reason) == ("unknown", "rolled_back")
    assert seen == [True, "not_found"]
    (serial,) = (tmp_path / "state").rglob("serial")
    assert serial.read_bytes() == b"2"


def test_a_lock_that_is_not_given_back_is_no_state_at_the_deadline(host, client_at, tmp_path):
    client = client_at(timeout=0.3)
    assert client.check(HIT).status == "found"
    client.client._trust._verified_at = (-1e9, -1e9)
    (lock,) = (tmp_path / "state").rglob("lock")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        another = client_at(timeout=0.3)  # is made without waiting
        for each in (client, another):
            result = each.check(HIT)
            assert (result.status, result.reason) == ("unknown", "no_state")
            assert "another process holds the lock" in result.detail
    assert client.check(HIT).status == "found"


def test_what_was_verified_before_a_failure_is_kept(host, client_at, tmp_path):
    """A newer timestamp counts, although the snapshot that it names did not come."""
    client = client_at()
    assert client.check(HIT).status == "found"
    old = dict(host.publisher.metadata)
    host.publisher.publish({}, serial=2)
    host.twist = on("snapshot.json", lambda asked, answer: Answer(403))
    client.client._trust._verified_at = (-1e9, -1e9)
    assert client.check(HIT).status == "unknown"
    host.twist = lambda asked, answer: answer
    host.publisher.metadata = old
    assert client_at().check(HIT).reason == "rolled_back"


def test_no_files_of_a_refresh_are_left(host, client_at, tmp_path):
    client = client_at()
    for twist in (lambda asked, answer: answer, on("targets.json", lambda asked, answer: Answer(500))):
        host.twist = twist
        client.client._trust._verified_at = (-1e9, -1e9)
        client.check(HIT)
        assert not held_state(tmp_path)


def _die(url, options):
    with Client(url, timeout=HANG, **options) as client:
        client.check(HIT)


def test_files_of_a_killed_refresh_are_deleted_and_those_of_others_are_not(host, client_at, tmp_path):
    asked, answered = threading.Semaphore(0), threading.Event()

    def hold(request, answer):
        asked.release()
        answered.wait(HANG)
        return answer

    host.twist = on("timestamp.json", hold)
    options = {"trust": host.publisher.pin, "state_dir": tmp_path / "state"}
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_die, args=(host.url, options)) for _ in range(2)]
    for process in processes:
        process.start()
        assert asked.acquire(timeout=HANG)
    assert len(held_state(tmp_path)) == 2
    os.kill(processes[0].pid, signal.SIGKILL)
    processes[0].join(HANG)
    host.twist = lambda asked, answer: answer
    assert client_at(timeout=HANG).check(HIT).status == "found"
    assert len(held_state(tmp_path)) == 1
    answered.set()
    processes[1].join(HANG)
    assert processes[1].exitcode == 0
    assert not held_state(tmp_path)


def test_a_swap_is_all_or_nothing(tmp_path):
    kept = State(tmp_path, "u", "c").for_root(b"root")
    first = {"metadata/timestamp.json": b"1", "serial": b"1"}
    second = {"metadata/timestamp.json": b"2", "metadata/root_history/2.root.json": b"r", "serial": b"2"}
    assert kept.swap({}, first)
    assert kept.swap({}, first)  # another process has stored the same
    assert not kept.swap({}, second)
    assert kept.read() == first
    assert kept.swap(first, second)
    assert kept.read() == second


def test_a_lock_ends_its_wait_at_the_deadline(tmp_path):
    one, other = State(tmp_path, "u", "c"), State(tmp_path, "u", "c")
    with one.lock(Deadline.after(HANG)), pytest.raises(LockedError), other.lock(Deadline.after(0.02)):
        pass
    with other.lock(Deadline.after(0.02)):
        pass


def test_two_servers_share_a_directory_without_mixing(host, client_at, tmp_path):
    other = Host(host.publisher)
    try:
        assert client_at().check(HIT).status == "found"
        assert client_at(other.url).check(HIT).status == "found"
        assert len(list((tmp_path / "state").rglob("serial"))) == 2
    finally:
        other.close()
