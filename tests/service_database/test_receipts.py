"""What platforms fetched, and what receipts say, in the service database; on SQLite and PostgreSQL."""

import asyncio
from datetime import date
from types import SimpleNamespace

from pilookup_server.limits import fetch_table
from pilookup_server.limits.fetch_table import Fetch, FetchTable
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.limits.usage_table import Usage
from pilookup_server.platforms.platform import Purpose
from pilookup_server.receipts import countersign
from pilookup_server.report_calls import Countersign, Outcome, Reply, ReportDesk
from pilookup_server.report_keeper import ReportKeeper

from pilookup.protocol.receipts import Countersignature, Fetched
from tests.support.server.service_databases import NOW, opened

DAY, NEXT = date(2026, 11, 29), date(2026, 11, 30)
NONE = {"signup": 0, "screening": 0}


def test_the_highest_serial_stays_with_its_first_day(home, kind):
    with opened(home, kind.url) as database:
        table = database.receipts
        table.add_fetches([Fetch("shop", "platform", 7), Fetch("bank", "platform", 2)], DAY)
        table.add_fetches([Fetch("shop", "platform", 7), Fetch("shop", "other", 9)], NEXT)
        table.add_fetches([Fetch("shop", "platform", 3)], NEXT)
        assert table.facts("shop", "platform", DAY, DAY) == (NONE, Fetched(7, DAY))
        assert table.facts("shop", "other", DAY, DAY)[1] == Fetched(9, NEXT)
        table.add_fetches([Fetch("shop", "platform", 8)], NEXT)
        assert table.facts("shop", "platform", DAY, DAY)[1] == Fetched(8, NEXT)
        assert table.facts("nobody", "platform", DAY, DAY) == (NONE, None)


def test_elements_are_summed_over_the_days_of_the_statement(home, kind):
    with opened(home, kind.url) as database:
        for day, elements in ((date(2026, 11, 28), 1_000), (DAY, 200), (NEXT, 30), (date(2026, 12, 1), 4)):
            database.add_usage([Usage(day, "shop", "platform", Purpose.SCREENING, 1, elements)])
        database.add_usage(
            [Usage(DAY, "shop", "other", Purpose.SIGNUP, 1, 7), Usage(DAY, "bank", "platform", Purpose.SIGNUP, 1, 5)]
        )
        assert database.receipts.facts("shop", "platform", DAY, NEXT)[0] == {"signup": 0, "screening": 230}
        assert database.receipts.facts("shop", "platform", DAY, DAY)[0] == {"signup": 0, "screening": 200}


def test_what_is_fetched_is_kept_over_an_outage_and_by_two_servers(server, kind, home):
    one, other = server(), server()
    one.keeper.tick()
    other.keeper.tick()
    one.counts.fetches.note("shop", "platform", 5)
    one.kill()
    with kind.lost():
        one.keeper.tick()
    one.retry()
    other.counts.fetches.note("shop", "platform", 4)
    other.keeper.tick()
    with opened(home, kind.url) as database:
        assert database.receipts.facts("shop", "platform", DAY, DAY)[1] == Fetched(5, DAY)
    one.counts.fetches.note("shop", "platform", 6)
    one.stop()
    with opened(home, kind.url) as database:
        assert database.receipts.facts("shop", "platform", DAY, DAY)[1] == Fetched(6, DAY)


def test_the_table_has_each_serial_until_it_is_kept(monkeypatch):
    said = []
    monkeypatch.setattr(fetch_table, "logger", lambda: SimpleNamespace(error=said.append))
    table = FetchTable(SharedLock(), rows=2)
    assert table.new() == []
    for serial in (5, 4, 6):
        table.note("shop", "platform", serial)
    assert table.new() == table.new() == [Fetch("shop", "platform", 6)]
    table.note("shop", "platform", 7)
    table.kept([Fetch("shop", "platform", 6)])
    assert table.new() == [Fetch("shop", "platform", 7)]
    table.kept(table.new())
    assert table.new() == []
    for name in ("bank", "third", "fourth"):
        table.note(name, "platform", 1)
    assert table.new() == [Fetch("bank", "platform", 1)]
    assert said == [fetch_table._FULL]


def test_a_call_goes_from_a_worker_to_the_keeper():
    desk, seen = ReportDesk(["worker-0"]), []
    call, reply = Countersign("shop", "0" * 64, "platform", DAY, NEXT), Reply(Outcome.FOUND, answer="signed")

    def handle(one):
        seen.append(one)
        return reply

    async def ask():
        asked = asyncio.create_task(desk.calls("worker-0").call(call))
        while not asked.done():
            desk.answer(handle)
            await asyncio.sleep(0.005)
        return await asked

    assert asyncio.run(ask()) == reply
    assert seen == [call]
    desk.close()


def test_the_keeper_signs_and_says_so_where_it_cannot(home, kind):
    call = Countersign("shop", "0" * 64, "platform", DAY, NEXT)
    with opened(home, kind.url) as database:
        keeper = ReportKeeper(home / "online", lambda: database, lambda: 0.0, lambda: NOW)
        reply = keeper.handle(call)
        assert reply == keeper.handle(call) == countersign(call, database, home / "online", NOW)
        assert Countersignature.from_bytes(reply.answer.encode()).countersigned == NOW
    assert ReportKeeper(home / "online", lambda: None, lambda: 0.0, lambda: NOW).handle(call).outcome is (
        Outcome.UNAVAILABLE
    )
