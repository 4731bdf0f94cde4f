"""Who delivers what: one process at a time, the newest notice, again after a kill, paused after a time, resumed."""

import os
import random
import signal
import threading

import pytest
from pilookup_server.service_database.deliveries import (
    FAILING,
    FIRST_RETRY_SECONDS,
    GONE,
    LEASE_SECONDS,
    LEAST_ATTEMPTS,
    MOST_RETRY_SECONDS,
    OPERATOR,
    DeliveryTable,
    TargetError,
    retry_seconds,
)
from pilookup_server.service_database.notices import NoticeTable

from tests.support.server.notice_examples import NOW, made_notice, made_target
from tests.support.server.service_databases import opened

DAY = 86_400


class Tables:
    def __init__(self, database):
        self.deliveries = DeliveryTable(database.engine)
        self.notices = NoticeTable(database.engine)
        self.taken = 0

    def take(self, now=NOW):
        self.taken += 1
        return self.deliveries.take(now, f"{os.getpid()}-{self.taken}")

    def fail(self, now, fault="status 500", *, gone=False, pause=DAY):
        return self.deliveries.failed(self.take(now), now, fault, pause, gone=gone)

    def state(self):
        [state] = self.deliveries.targets()
        return state


@pytest.fixture
def tables(home, kind):
    with opened(home, kind.url) as database:
        tables = Tables(database)
        tables.deliveries.add(made_target())
        yield tables


def test_a_target_gets_the_newest_notice_of_its_channel_once(tables):
    assert tables.take() is None
    tables.notices.record([made_notice(1), made_notice(3), made_notice(9, "public")])
    assert tables.deliveries.is_due(NOW)
    taken = tables.take()
    assert (taken.target, taken.notice, taken.attempts) == (made_target(), made_notice(3), 1)
    assert not tables.deliveries.is_due(NOW)
    assert tables.take() is None
    assert tables.deliveries.delivered(taken, NOW + 1)
    assert tables.take(NOW + 2) is None
    state = tables.state()
    assert (state.delivered, state.delivered_at, state.fault, state.paused) == (3, NOW + 1, None, None)
    tables.notices.record([made_notice(2)])  # a machine that is behind
    assert tables.take(NOW + 2) is None
    tables.notices.record([made_notice(4)])
    assert tables.take(NOW + 2).notice.serial == 4


def test_the_longest_waiting_target_is_first_and_one_that_fails_holds_nobody_up(tables):
    tables.deliveries.add(made_target("other"))
    tables.notices.record([made_notice(1)])
    assert tables.fail(NOW) is None  # "other", by its name
    assert tables.take(NOW).target.name == "shop"
    assert tables.take(NOW) is None
    assert tables.take(NOW + FIRST_RETRY_SECONDS).target.name == "other"


def test_failures_are_tried_again_ever_later(tables):
    tables.notices.record([made_notice(1)])
    now = NOW
    for wait in (5, 20, 80, 320, 1280, 3600, 3600):
        assert tables.fail(now) is None
        now += wait
        assert not tables.deliveries.is_due(now - 1)
        assert tables.deliveries.is_due(now)
    assert retry_seconds(10**9) == MOST_RETRY_SECONDS
    assert tables.state().failing_since == NOW
    tables.deliveries.delivered(tables.take(now), now)
    assert (tables.state().failing_since, tables.state().fault) == (None, None)
    tables.notices.record([made_notice(2)])
    assert tables.take(now).attempts == 1


def test_a_target_that_fails_for_the_whole_time_is_paused(tables):
    tables.notices.record([made_notice(1)])
    now, because = NOW, None
    while because is None:
        because = tables.fail(now)
        last, now = now, now + MOST_RETRY_SECONDS
    assert (because, tables.state().paused, tables.state().fault) == (FAILING, last, "status 500")
    assert DAY <= last - NOW <= DAY + MOST_RETRY_SECONDS
    tables.notices.record([made_notice(2), made_notice(3)])
    assert not tables.deliveries.is_due(now + 10 * DAY)
    tables.deliveries.resume("shop")
    assert tables.state().paused is tables.state().failing_since is tables.state().fault is None
    taken = tables.take(now)
    assert (taken.notice.serial, taken.attempts) == (3, 1)
    tables.deliveries.delivered(taken, now)
    assert tables.take(now) is None, "no backlog"


def test_a_clock_that_was_stepped_pauses_nobody_and_silences_nobody(tables):
    tables.notices.record([made_notice(1)])
    assert tables.fail(NOW) is None
    for attempt in range(2, LEAST_ATTEMPTS):
        assert tables.fail(NOW + 1000 * DAY + attempt * MOST_RETRY_SECONDS) is None
    assert tables.deliveries.is_due(NOW), "it was stepped back"
    assert tables.take(NOW) is not None
    assert not tables.deliveries.is_due(NOW)
    assert tables.deliveries.is_due(NOW - DAY), "and stepped back again"


def test_a_receiver_that_is_gone_is_paused_at_once(tables):
    tables.notices.record([made_notice(1)])
    assert tables.fail(NOW, "status 410", gone=True) == GONE
    assert tables.state().paused_because == GONE
    assert tables.take(NOW + DAY) is None


def test_the_operators_words(tables):
    tables.notices.record([made_notice(1)])
    tables.deliveries.pause("shop", NOW)
    assert (tables.state().paused_because, tables.take()) == (OPERATOR, None)
    tables.deliveries.resume("shop")
    taken = tables.take()
    tables.deliveries.remove("shop")
    assert tables.deliveries.targets() == []
    assert not tables.deliveries.delivered(taken, NOW)
    assert tables.deliveries.failed(taken, NOW, "status 410", DAY, gone=True) is None
    tables.deliveries.add(made_target())
    for change in (lambda: tables.deliveries.pause("none", NOW), lambda: tables.deliveries.resume("none")):
        with pytest.raises(TargetError, match="there is no target named none"):
            change()
    with pytest.raises(TargetError, match="there is no target named none"):
        tables.deliveries.remove("none")
    with pytest.raises(TargetError, match="there is a target named shop; remove it first"):
        tables.deliveries.add(made_target())
    assert tables.take().attempts == 1


def test_who_overslept_records_nothing(tables):
    tables.notices.record([made_notice(1)])
    late = tables.take(NOW)
    assert tables.take(NOW + LEASE_SECONDS - 1) is None
    now = tables.take(NOW + LEASE_SECONDS)
    assert now.notice == late.notice
    assert not tables.deliveries.delivered(late, NOW + LEASE_SECONDS)
    assert tables.deliveries.failed(late, NOW, "status 500", DAY, gone=True) is None
    assert tables.state().paused is None
    assert tables.deliveries.delivered(now, NOW + LEASE_SECONDS)


@pytest.mark.parametrize("step", ["before", "taken", "sent"])
def test_a_kill_at_each_step_repeats_the_notice_after_the_lease_and_loses_none(home, kind, tables, step):
    tables.notices.record([made_notice(1)])
    pid = os.fork()
    if pid == 0:
        with opened(home, kind.url) as database:
            other = DeliveryTable(database.engine)
            if step == "before":
                other._writing.dialect.do_commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            taken = other.take(NOW, "killed")
            if step == "sent":
                other._writing.dialect.do_commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
                other.delivered(taken, NOW)
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    if step != "before":
        assert tables.take(NOW) is None
    taken = tables.take(NOW + LEASE_SECONDS)
    assert taken.notice == made_notice(1)
    assert tables.deliveries.delivered(taken, NOW + LEASE_SECONDS)


def test_processes_together_take_each_notice_once(home, kind, tables):
    """Threads with engines of their own, as processes have, over many targets and three serials."""
    for number in range(20):
        tables.deliveries.add(made_target(f"t-{number}"))
    taken, lock = [], threading.Lock()

    def work(seed):
        draw = random.Random(seed)
        with opened(home, kind.url) as database:
            table = DeliveryTable(database.engine)
            for at in range(200):
                delivery = table.take(NOW, f"{seed}-{at}")
                if delivery is None:
                    return
                with lock:
                    taken.append((delivery.target.name, delivery.notice.serial))
                if draw.random() < 0.9:
                    assert table.delivered(delivery, NOW)

    for serial in (1, 2, 3):
        tables.notices.record([made_notice(serial)])
        before = len(taken)
        threads = [threading.Thread(target=work, args=(serial * 10 + number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        new = taken[before:]
        assert len(new) == len(set(new))
        assert {serial} == {one for _, one in new}
    assert len(taken) > 21 * 2
