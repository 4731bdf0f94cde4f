"""The loop: it delivers, records, survives an outage of the database, and ends with what it has begun."""

import asyncio
import json

import pytest
from pilookup_server.notify import notifier as notifier_module
from pilookup_server.notify.notifier import MOST_DELIVERIES, Notifier
from pilookup_server.notify.post import Outcome
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.deliveries import DeliveryTable
from pilookup_server.service_database.engine import ServiceDatabaseError
from pilookup_server.service_database.notices import NoticeTable
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from pilookup.errors import KeyringError
from tests.support.server.notice_examples import NOW, made_notice, made_target

DAY = 86_400


class Database:
    """A database that can be taken away."""

    def __init__(self, online):
        self.open = ServiceDatabase.open(online, "")
        self.notices = NoticeTable(self.open.engine)
        self.lost = False
        self.closed = 0

    def tables(self):
        if self.lost:
            raise ServiceDatabaseError("it is away")
        return DeliveryTable(self.open.engine)

    def close(self):
        self.closed += 1


class Receivers:
    """Answers by target's name: an outcome, or an exception. `sent` has what was sent, in order."""

    def __init__(self):
        self.sent, self.answers, self.now, self.most = [], {}, 0, 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, delivery):
        self.sent.append((delivery.target.name, delivery.notice.serial))
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        answer = self.answers.get(delivery.target.name, Outcome())
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def database(tmp_path):
    (tmp_path / "online").mkdir()
    database = Database(tmp_path / "online")
    yield database
    database.open.close()


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(notifier_module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(notifier_module, "RETRY_SECONDS", 0.01)


def ran(database, test, *, pause=DAY):
    """Run the loop while `test(receivers, clock)` runs; returns what was sent, and the lines of the log."""

    async def run():
        receivers, clock, stop = Receivers(), [NOW], asyncio.Event()
        task = asyncio.create_task(Notifier(database, receivers, lambda: clock[0], pause).run(stop))
        try:
            await test(receivers, clock)
        finally:
            stop.set()
            receivers.go.set()
            await task
        return receivers.sent

    with capture_logs() as lines:
        return asyncio.run(run()), lines


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(0.01)


def state(database, name="shop"):
    [found] = [one for one in database.tables().targets() if one.target.name == name]
    return found


def test_each_new_notice_is_delivered_once_to_each_target(database):
    database.tables().add(made_target("a"))
    database.tables().add(made_target("b"))

    async def test(*_):
        for serial in (1, 2, 3):
            database.notices.record([made_notice(serial)])
            await until(lambda serial=serial: {state(database, name).delivered for name in "ab"} == {serial})

    assert sorted(ran(database, test)[0]) == [(name, serial) for name in "ab" for serial in (1, 2, 3)]
    assert database.closed == 1


def test_a_target_that_fails_is_paused_told_and_resumed_from_the_newest(database):
    database.tables().add(made_target())
    database.notices.record([made_notice(1)])

    async def test(receivers, clock):
        receivers.answers["shop"] = Outcome("status 500")

        def paused_later():
            clock[0] += 600
            return state(database).paused

        await until(paused_later)
        await until(
            lambda: REGISTRY.get_sample_value("pilookup_notify_paused", {"target": "shop", "because": "failing"})
        )
        database.notices.record([made_notice(serial) for serial in range(2, 9)])
        receivers.answers.clear()
        database.tables().resume("shop")
        await until(lambda: state(database).delivered == 8)
        await until(lambda: REGISTRY.get_sample_value("pilookup_notify_serial", {"target": "shop"}) == 8)

    sent, lines = ran(database, test)
    assert sent[-1] == ("shop", 8)
    assert {serial for _, serial in sent} == {1, 8}, "no backlog"
    assert REGISTRY.get_sample_value("pilookup_notify_paused", {"target": "shop", "because": "failing"}) is None
    [paused] = [line for line in lines if line["event"] == "target paused"]
    assert (paused["because"], paused["remedy"]) == ("failing", "pilookup notify resume shop")
    failures = [line for line in lines if line["event"] == "notice not delivered"]
    assert {line["fault"] for line in failures} == {"status 500"}
    assert not [line for line in lines if "hooks.example" in json.dumps(line)], "a URL may contain a secret"


def test_an_error_of_one_target_does_not_end_the_others(database):
    for name in ("bad", "good", "odd"):
        database.tables().add(made_target(name))

    async def test(receivers, _):
        receivers.answers |= {"bad": KeyringError("not the key"), "odd": RuntimeError("of a bug")}
        for serial in (1, 2):
            database.notices.record([made_notice(serial)])
            await until(lambda serial=serial: state(database, "good").delivered == serial)
        await until(lambda: all(state(database, name).fault for name in ("bad", "odd")))

    events = [line["event"] for line in ran(database, test)[1]]
    assert "notice cannot be sent" in events
    assert "delivery failed in an unforeseen way" in events


def test_a_slow_target_holds_up_no_other_and_deliveries_are_bounded(database):
    for number in range(MOST_DELIVERIES + 5):
        database.tables().add(made_target(f"t-{number:02}"))
    database.notices.record([made_notice(1)])

    async def test(receivers, _):
        receivers.go.clear()
        await until(lambda: receivers.now == MOST_DELIVERIES)
        await asyncio.sleep(0.05)
        assert receivers.now == MOST_DELIVERIES
        receivers.go.set()
        await until(lambda: all(one.delivered == 1 for one in database.tables().targets()))

    assert len(ran(database, test)[0]) == MOST_DELIVERIES + 5


def test_a_database_that_goes_and_comes_back(database):
    database.tables().add(made_target())
    database.notices.record([made_notice(1)])

    async def test(receivers, clock):
        receivers.go.clear()
        await until(lambda: receivers.now == 1)
        database.lost = True
        receivers.go.set()
        await until(lambda: REGISTRY.get_sample_value("pilookup_notify_database_used") == 0)
        await until(lambda: receivers.now == 0)
        await asyncio.sleep(0.05)
        database.lost = False
        await until(lambda: REGISTRY.get_sample_value("pilookup_notify_database_used") == 1)
        assert state(database).delivered == 0
        clock[0] += 121
        await until(lambda: state(database).delivered == 1)

    sent, lines = ran(database, test)
    assert sent == [("shop", 1), ("shop", 1)]
    events = [line["event"] for line in lines]
    assert events.count("the service database cannot be used: nothing is delivered") == 1
    assert events.count("the service database is used again") == 1
    assert events.count("outcome not recorded: the notice may be delivered again") == 1


def test_a_stop_waits_for_what_has_begun(database):
    database.tables().add(made_target())
    database.notices.record([made_notice(1)])

    async def test(receivers, _):
        receivers.go.clear()
        await until(lambda: receivers.now == 1)

    ran(database, test)
    assert state(database).delivered == 1
