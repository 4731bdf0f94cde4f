"""A guard waits no longer than its deadline, asks nothing in vain, and loses no account that must be checked again."""

import asyncio
import logging
import os
import threading
from datetime import date

import pytest

from pilookup import AsyncClient, Client, Reason, Result
from pilookup.decisions import AsyncGuard, Guard, Policy, RecheckError, RecheckList, Scene, work_off
from pilookup.decisions.breaker import Breaker
from pilookup.testing import FakeAsyncClient, FakeClient, SyntheticNumber
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Host

NUMBER, OTHER = "13800138000", "13800138001"
TODAY = date(2026, 11, 29)


class Answers:
    """Stands for a client: gives one answer after another, and counts what it is asked."""

    def __init__(self, *results):
        self.results, self.asked, self.timeouts = list(results), 0, []
        self.details, self.timeouts_of_details = {}, []

    def check(self, number, *, timeout):
        self.asked += 1
        self.timeouts.append(timeout)
        return self.results.pop(0) if len(self.results) > 1 else self.results[0]

    def case_details(self, *, timeout):
        self.timeouts_of_details.append(timeout)
        return self.details

    def check_many(self, numbers, *, timeout):
        return [self.check(number, timeout=timeout) for number in numbers]


class AsyncAnswers(Answers):
    async def case_details(self, *, timeout):  # noqa: ASYNC109 - as AsyncClient has it
        return super().case_details(timeout=timeout)

    async def check(self, number, *, timeout):  # noqa: ASYNC109 - as AsyncClient has it
        return super().check(number, timeout=timeout)


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Blocking:
    """Both guards by one method."""

    def __init__(self, *results, **options):
        self.client = Answers(*results)
        self.guard = Guard(self.client, **options)

    def decide(self, number=NUMBER, scene="signup", account=None):
        return self.guard.decide(number, scene=scene, since=TODAY, account=account)


class Asynchronous(Blocking):
    def __init__(self, *results, **options):
        self.client = AsyncAnswers(*results)
        self.guard = AsyncGuard(self.client, **options)

    def decide(self, *args, **options):
        return asyncio.run(super().decide(*args, **options))


@pytest.fixture(params=[Blocking, Asynchronous])
def guarded(request):
    return request.param


@pytest.fixture
def keys(tmp_path):
    RecheckList.make_key(tmp_path / "recheck.key", tmp_path / "recheck.pub")
    return tmp_path


DOWN = Result.unknown(Reason.UNREACHABLE)


def test_the_deadline_is_that_of_the_guard(guarded):
    asking = guarded(Result.not_found(), deadline=0.25)
    assert asking.decide().action == "allow"
    assert asking.client.timeouts == [0.25]


@pytest.mark.parametrize("reason", [Reason.UNREACHABLE, Reason.SERVER_ERROR])
def test_the_breaker_opens_and_tries_again_after_each_pause(guarded, reason):
    seconds = Seconds()
    asking = guarded(Result.unknown(reason), breaker=Breaker(3, 30.0, seconds))
    codes = [asking.decide().reasons[0].code for _ in range(9)]
    assert (asking.client.asked, set(codes)) == (3, {"service_down"})
    seconds.now = 29.9
    assert "the breaker is open for 1 s" in asking.decide().reasons[0].for_reviewer.en
    seconds.now = 30.0
    assert [asking.decide().failover for _ in range(5)] == [True] * 5
    assert asking.client.asked == 4
    asking.client.results = [Result.not_found()]
    seconds.now = 60.0
    assert not asking.decide().failover
    assert not asking.decide().failover


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.UNREACHABLE, Reason.SERVER_ERROR}))
def test_nothing_else_opens_the_breaker(guarded, reason):
    asking = guarded(Result.unknown(reason), breaker=Breaker(1, 1e9, Seconds()))
    for _ in range(20):
        asking.decide()
    assert asking.client.asked == 20


def test_texts_that_are_no_number_do_not_close_the_breaker(guarded):
    invalid = Result.unknown(Reason.INVALID_NUMBER)
    asking = guarded(DOWN, invalid, DOWN, invalid, DOWN, breaker=Breaker(3, 30.0, Seconds()))
    for _ in range(9):
        asking.decide()
    assert asking.client.asked == 5


def test_the_off_switch_works_without_a_restart(guarded, tmp_path):
    switch = tmp_path / "off"
    asking = guarded(Result.not_found(), off_switch=str(switch))
    assert not asking.decide().failover
    switch.touch()
    off = asking.decide()
    assert (off.failover, off.to_recheck, off.reasons[0].code, asking.client.asked) == (True, True, "switched_off", 1)
    switch.unlink()
    assert not asking.decide().failover


def test_what_was_let_through_without_an_answer_is_decided_later(guarded, keys):
    recheck_list = RecheckList(keys / "list.sqlite3", keys / "recheck.pub")
    asking = guarded(DOWN, recheck_list=recheck_list, breaker=Breaker(2, 30.0, Seconds()))
    decisions = [asking.decide(number, account=name) for name, number in (("a", NUMBER), ("b", OTHER), ("c", NUMBER))]
    assert [decision.on_recheck_list for decision in decisions] == [True] * 3
    assert asking.client.asked == 2
    later = Answers(Result(status="found", exposed=False, malicious=True, accounts=3), DOWN, Result.not_found())
    done = list(work_off(recheck_list, keys / "recheck.key", later, Policy()))
    assert [(entry.account, decision.action) for entry, decision in done] == [("a", "review"), ("c", "allow")]
    assert len(recheck_list) == 1
    ((_, left),) = recheck_list.entries(keys / "recheck.key")
    assert (left.account, left.number, left.scene, left.since) == ("b", OTHER, Scene.SIGNUP, TODAY)


def test_a_job_that_is_killed_gets_an_entry_again_and_loses_none(keys):
    recheck_list = RecheckList(keys / "list.sqlite3", keys / "recheck.pub")
    guard = Guard(Answers(DOWN), recheck_list=recheck_list)
    for name in "abc":
        guard.decide(NUMBER, scene="signup", since=None, account=name)
    job = work_off(recheck_list, keys / "recheck.key", Answers(Result.not_found()), Policy())
    assert [next(job)[0].account, next(job)[0].account] == ["a", "b"]
    job.close()
    again = work_off(recheck_list, keys / "recheck.key", Answers(Result.not_found()), Policy())
    assert [entry.account for entry, _ in again] == ["b", "c"]
    assert len(recheck_list) == 0


def test_a_service_that_is_still_down_is_asked_once(keys):
    recheck_list = RecheckList(keys / "list.sqlite3", keys / "recheck.pub")
    Guard(Answers(DOWN), recheck_list=recheck_list).decide(NUMBER, scene="login", since=None, account="a")
    with recheck_list._database() as database:
        database.execute(
            "INSERT INTO entry (sealed) WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 1002) "
            "SELECT sealed FROM n, entry"
        )
    down = Answers(DOWN)
    assert list(work_off(recheck_list, keys / "recheck.key", down, Policy())) == []
    assert (down.asked, len(recheck_list)) == (1000, 1003)


def test_a_list_that_cannot_be_written_is_told_and_stops_no_signup(guarded, keys, caplog):
    recheck_list = RecheckList(keys / "list.sqlite3", keys / "recheck.pub", max_entries=1)
    asking = guarded(DOWN, recheck_list=recheck_list)
    assert asking.decide(account="a").on_recheck_list
    with caplog.at_level(logging.ERROR, "pilookup.decisions"):
        second = asking.decide(account="b")
    assert (second.action, second.to_recheck, second.on_recheck_list) == ("allow", True, False)
    assert "full, with 1 entries; work it off" in caplog.text
    assert NUMBER not in caplog.text


def test_an_account_is_asked_for_before_it_is_needed(guarded, keys):
    asking = guarded(Result.not_found(), recheck_list=RecheckList(keys / "list.sqlite3", keys / "recheck.pub"))
    with pytest.raises(ValueError, match="account"):
        asking.decide()
    with pytest.raises(ValueError, match="sign-up"):
        asking.decide(scene="sign-up", account="a")


def test_nobody_reads_a_number_from_the_list_without_its_private_key(keys):
    path = keys / "list.sqlite3"
    recheck_list = RecheckList(path, keys / "recheck.pub")
    Guard(Answers(DOWN), recheck_list=recheck_list).decide(NUMBER, scene="signup", since=TODAY, account="u-17")
    held = b"".join(file.read_bytes() for file in keys.glob("list.sqlite3*"))
    assert NUMBER.encode() not in held
    assert b"u-17" not in held
    for file in [*keys.glob("list.sqlite3*"), keys / "recheck.key"]:
        assert not file.stat().st_mode & 0o077
    RecheckList.make_key(keys / "other.key", keys / "other.pub")
    with pytest.raises(RecheckError, match="entry 1: sealed to another key, or altered"):
        recheck_list.entries(keys / "other.key")
    ((_, entry),) = recheck_list.entries(keys / "recheck.key")
    assert NUMBER not in repr(entry)


def test_entries_of_numbers_of_any_length_have_one_size(keys):
    path = keys / "list.sqlite3"
    recheck_list = RecheckList(path, keys / "recheck.pub")
    guard = Guard(Answers(DOWN), recheck_list=recheck_list)
    for number in ("13800138000", "+86 138 0013 8000", "(+44) 20 7946 0018"):
        guard.decide(number, scene="signup", since=TODAY, account="u-17")
    with recheck_list._database() as database:
        assert len({len(sealed) for (sealed,) in database.execute("SELECT sealed FROM entry")}) == 1


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, None])
def test_a_key_that_cannot_be_used_is_named(keys, content):
    wrong = keys / "wrong.pub"
    if content is not None:
        wrong.write_bytes(content)
    with pytest.raises(RecheckError, match="wrong"):
        RecheckList(keys / "list.sqlite3", wrong)


def test_keys_are_not_overwritten(keys):
    before = (keys / "recheck.key").read_bytes()
    with pytest.raises(RecheckError, match="recheck"):
        RecheckList.make_key(keys / "recheck.key", keys / "recheck.pub")
    assert (keys / "recheck.key").read_bytes() == before


def test_a_file_that_is_no_list_is_named(keys):
    path = keys / "list.sqlite3"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(RecheckError, match="list"):
        RecheckList(path, keys / "recheck.pub")


def test_processes_share_a_list_and_lose_nothing(keys):
    """They open it in one moment, as those of an application do; none is refused because another one makes the file."""
    path = keys / "list.sqlite3"
    start, release = os.pipe()
    pids = []
    for process in range(8):
        pid = os.fork()
        if not pid:
            try:
                os.close(release)
                os.read(start, 1)
                guard = Guard(Answers(DOWN), recheck_list=RecheckList(path, keys / "recheck.pub"))
                kept = [
                    guard.decide(NUMBER, scene="signup", since=None, account=f"{process}/{n}").on_recheck_list
                    for n in range(5)
                ]
                (keys / f"kept-{process}").write_text(str(sum(kept)))
            finally:
                os._exit(0)
        pids.append(pid)
    os.close(start)
    os.close(release)
    for pid in pids:
        os.waitpid(pid, 0)
    told = sum(int((keys / f"kept-{process}").read_text()) for process in range(8))
    assert len(RecheckList(path, keys / "recheck.pub")) == told > 0


def test_real_clients_answer_within_the_deadline(tmp_path):
    publisher, released = Publisher(), threading.Event()
    publisher.publish({b"tel:+8613800138000": LABEL})
    host = Host(publisher)
    trust = publisher.metadata["1.root.json"]

    async def decide_twice():
        async with AsyncClient(host.url, trust=trust, state_dir=tmp_path / "async") as client:
            host.twist = lambda asked, answer: answer
            first = await AsyncGuard(client, deadline=30).decide(HIT, scene="signup", since=TODAY)
            host.twist = lambda asked, answer: released.wait(60) and answer
            return first, await AsyncGuard(client, deadline=0.3).decide(HIT, scene="signup", since=TODAY)

    try:
        with Client(host.url, trust=trust, state_dir=tmp_path / "sync") as client:
            first = Guard(client, deadline=30).decide(HIT, scene="signup", since=TODAY)
            assert {reason.code for reason in first.reasons} == {"exposed", "malicious", "may_be_reissued"}
            host.twist = lambda asked, answer: released.wait(60) and answer
            slow = Guard(client, deadline=0.3).decide(HIT, scene="signup", since=TODAY)
            assert (slow.action, slow.reasons[0].code, released.is_set()) == ("allow", "service_down", False)
        found, slow = asyncio.run(decide_twice())
        assert (found.failover, slow.reasons[0].code, released.is_set()) == (False, "service_down", False)
    finally:
        released.set()
        host.close()


def test_a_guard_takes_the_appeal_from_the_catalogue_within_its_deadline():
    with FakeClient() as client:
        decision = Guard(client, Policy()).decide(SyntheticNumber.MALICIOUS, scene="signup", since=TODAY)
    assert decision.appeal.to_json()["who"] == {"zh": "虚构市公安局", "en": "Fictional police"}

    async def ask():
        async with FakeAsyncClient() as client:
            return await AsyncGuard(client, Policy()).decide(SyntheticNumber.MALICIOUS, scene="signup", since=TODAY)

    assert asyncio.run(ask()).appeal == decision.appeal


def test_details_are_asked_for_whatever_the_answer_is(guarded):
    """A host that saw them fetched for found numbers alone would learn which ones are found."""
    found = Result(status="found", exposed=False, malicious=True, accounts=3)
    for result, asked in [(found, 1), (Result.not_found(), 1), (Result.unknown(Reason.UNREACHABLE), 0)]:
        both = guarded(result, policy=Policy())
        both.decide()
        assert len(both.client.timeouts_of_details) == asked
        assert all(0 < timeout <= 0.8 for timeout in both.client.timeouts_of_details)
