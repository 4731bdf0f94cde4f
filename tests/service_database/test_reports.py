"""Reports in the service database: one a case and quarter, for its platform alone, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pilookup_server import report_keeper
from pilookup_server.report_calls import Find, Outcome, Reply, Submit
from pilookup_server.report_keeper import LOOK_SECONDS, ReportKeeper
from pilookup_server.service_database import report_table
from pilookup_server.service_database.counts import ServiceDatabase

from pilookup.bundles.report_files import ANSWERS_FILE, REPORTS_FILE
from pilookup.protocol.received_reports import ReceivedReport, received_from_bytes
from pilookup.protocol.report_answers import Answer, AnswerKind, answers_to_bytes
from pilookup.protocol.reports import Quarter
from tests.support.reports.made import KEY, made
from tests.support.server.service_databases import opened
from tests.support.server.stepped import Stepped

DAY = date(2026, 11, 30)


def received(platform="a", day=DAY, **given):
    return ReceivedReport(platform, day, made(**given))


def answer_to(report, text=None):
    answer = Answer(
        report.platform, report.report.id, report.sha256, datetime(2026, 12, 1, tzinfo=UTC), AnswerKind.NOTED
    )
    return replace(answer, zh=text, en=text, signature=bytes(64))


@pytest.fixture
def table(home, kind):
    with opened(home, kind.url) as database:
        yield database.reports


def test_a_report_is_kept_once_and_keeps_its_day(table):
    assert table.submit(received()) == Reply(Outcome.NEW, DAY)
    assert table.submit(received(day=date(2026, 12, 24))) == Reply(Outcome.SAME, DAY)
    assert table.find("a", made().id) == Reply(Outcome.FOUND, DAY)
    assert table.received("2026-Q4") == [received()]
    assert table.received("2027-Q1") == []


def test_another_report_on_the_same_case_and_quarter_is_refused(table):
    table.submit(received())
    other_body, other_id = received(users=10), received(key=type(KEY)(bytes(32)))
    id_of_another_case = replace(received(case=2), report=replace(made(case=2), id=made().id))
    for other in (other_body, other_id, id_of_another_case):
        assert table.submit(other).outcome is Outcome.CONFLICT
    assert table.received("2026-Q1") == [received()]
    assert table.submit(received(case=2)).outcome is Outcome.NEW
    assert table.submit(received(quarter=Quarter(2026, 3))).outcome is Outcome.NEW


def test_platforms_do_not_see_each_other(table):
    table.submit(received("a"))
    assert table.find("b", made().id) == table.find("b", "0" * 32) == Reply(Outcome.MISSING)
    assert table.submit(received("b", users=10)).outcome is Outcome.NEW
    assert table.find("a", made().id).outcome is Outcome.FOUND


def test_a_platform_has_so_many_reports_a_quarter(table, monkeypatch):
    monkeypatch.setattr(report_table, "MOST_A_QUARTER", 2)
    assert [table.submit(received(case=n)).outcome for n in (1, 2, 3)] == [Outcome.NEW, Outcome.NEW, Outcome.TOO_MANY]
    assert table.submit(received(case=1)).outcome is Outcome.SAME
    assert table.submit(received("b", case=3)).outcome is Outcome.NEW
    assert table.submit(received(case=3, quarter=Quarter(2026, 3))).outcome is Outcome.NEW


def test_an_answer_is_given_out_and_replaced(table):
    table.submit(received())
    for text in ("first", "second"):
        answer = answer_to(received(), text)
        table.put_answers([answer])
        assert table.find("a", made().id).answer == answer.to_bytes().decode()
    assert table.submit(received()).answer is not None
    table.put_answers([])


def test_of_servers_that_receive_different_reports_at_once_one_wins(home, kind):
    with opened(home, kind.url):
        pass

    def submit(users):
        with opened(home, kind.url) as database:
            return users, database.reports.submit(received(users=10**users)).outcome

    with ThreadPoolExecutor(4) as pool:
        found = dict(pool.map(submit, range(4)))
    assert sorted(found.values()) == [Outcome.CONFLICT] * 3 + [Outcome.NEW]
    with opened(home, kind.url) as database:
        (kept,) = database.reports.received("2026-Q4")
    assert found[len(str(kept.report.users)) - 1] is Outcome.NEW


@pytest.fixture
def keeper(home, kind):
    database = ServiceDatabase.open(home / "online", kind.url)
    clock = Stepped(1_000.0)
    made_keeper = ReportKeeper(home / "online", lambda: database, clock, lambda: datetime(2026, 11, 30, tzinfo=UTC))
    made_keeper.clock = clock
    yield made_keeper
    database.close()


def test_the_keeper_writes_what_custody_is_to_have(home, keeper):
    keeper.tick()
    path = home / "online" / REPORTS_FILE
    assert not path.exists()
    assert keeper.handle(Submit(received())).outcome is Outcome.NEW
    keeper.handle(Submit(received(case=2, quarter=Quarter(2020, 1))))
    keeper.tick()
    assert received_from_bytes(path.read_bytes()) == [received()]  # not the one of long ago


def test_the_keeper_finds_reports_of_another_server(home, kind, keeper):
    keeper.tick()
    with opened(home, kind.url) as database:
        database.reports.submit(received())
    keeper.tick()
    assert not (home / "online" / REPORTS_FILE).exists()
    keeper.clock.now += LOOK_SECONDS
    keeper.tick()
    assert received_from_bytes((home / "online" / REPORTS_FILE).read_bytes()) == [received()]


def test_answers_arrive_with_their_file(home, keeper):
    keeper.handle(Submit(received()))
    answer = answer_to(received())
    (home / "online" / ANSWERS_FILE).write_bytes(answers_to_bytes([answer]))
    keeper.tick()
    assert keeper.handle(Find("a", made().id)) == Reply(Outcome.FOUND, DAY, answer.to_bytes().decode())


def test_a_damaged_file_of_answers_is_said_once_and_stops_nothing(home, keeper, monkeypatch):
    said = []
    monkeypatch.setattr(report_keeper, "logger", lambda: type("", (), {"error": lambda *_, **more: said.append(more)}))
    (home / "online" / ANSWERS_FILE).write_bytes(b"damaged")
    keeper.tick()
    keeper.tick()
    assert len(said) == 1
    assert keeper.handle(Submit(received())).outcome is Outcome.NEW


def test_a_lost_database_and_a_full_disk_are_told_and_made_good(home, kind, keeper, monkeypatch):
    said = []
    monkeypatch.setattr(report_keeper, "logger", lambda: type("", (), {"error": lambda *_, **more: said.append(more)}))
    with monkeypatch.context() as full:
        full.setattr(report_keeper.durable, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        assert keeper.handle(Submit(received())).outcome is Outcome.NEW
        keeper.tick()
    assert said
    keeper.clock.now += LOOK_SECONDS
    keeper.tick()
    assert received_from_bytes((home / "online" / REPORTS_FILE).read_bytes()) == [received()]
    with kind.lost():
        fresh = ReportKeeper(
            home / "online", lambda: ServiceDatabase.open(home / "online", kind.url), keeper.clock, lambda: DAY
        )
        assert fresh.handle(Find("a", made().id)) == Reply(Outcome.UNAVAILABLE)
        fresh.tick()
    assert ReportKeeper(home, lambda: None, keeper.clock, lambda: DAY).handle(Submit(received())) == Reply(
        Outcome.UNAVAILABLE
    )
