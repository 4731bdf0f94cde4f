"""`/v1/reports`: what is taken, what is refused, and who learns what became of a report."""

import asyncio
import contextlib
import json
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server import report_calls
from pilookup_server.report_calls import Find, Outcome, Reply, ReportDesk, Submit

from pilookup.errors import FormatError, ReportError
from pilookup.protocol.messages import JSON
from pilookup.protocol.problems import PROBLEM_JSON
from pilookup.protocol.received_reports import ReceivedReport
from pilookup.protocol.reports import MAX_REPORT_BYTES, Quarter, Report
from tests.support.reports.made import made
from tests.support.server.release_fixture import START

pytestmark = pytest.mark.anyio

TOKENS = {"a": "a" * 40, "b": "b" * 40}
THIS = Quarter.of(START.date())


def bearing(name):
    return {"authorization": f"Bearer {TOKENS[name]}", "content-type": JSON}


@pytest.fixture
def serving(running, repository):
    return lambda **more: running(platform_tokens=",".join(TOKENS.values()), **more)


async def post(server, body, name="a", **headers):
    return await server.client.post("/v1/reports", content=body, headers=bearing(name) | headers)


async def test_a_report_is_taken_once_and_its_state_is_told_to_its_platform(serving):
    report = made(quarter=THIS)
    async with serving() as server:
        first, second = await post(server, report.to_bytes()), await post(server, report.to_bytes())
        assert (first.status_code, second.status_code) == (201, 200)
        state = {"id": report.id, "state": "received", "received": START.date().isoformat(), "answer": None}
        assert first.json() == second.json() == state
        found = await server.get(f"/v1/reports/{report.id}", headers=bearing("a"))
        assert found.json() == state
        assert found.headers["cache-control"] == "no-store"
        other = await server.get(f"/v1/reports/{report.id}", headers=bearing("b"))
        missing = await server.get(f"/v1/reports/{'0' * 32}", headers=bearing("b"))
        assert (other.status_code, other.content) == (missing.status_code, missing.content)
        assert other.status_code == 404


async def test_another_report_on_the_same_case_and_quarter_is_a_conflict(serving):
    async with serving() as server:
        await post(server, made(quarter=THIS).to_bytes())
        answer = await post(server, made(quarter=THIS, users=10).to_bytes())
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:pilookup:problem:conflict"
        assert (await post(server, made(quarter=THIS, users=10).to_bytes(), "b")).status_code == 201


async def test_only_holders_of_a_token_report(serving, running, repository):
    report = made(quarter=THIS)
    async with serving() as server:
        for headers in ({}, {"authorization": "Bearer " + "c" * 40}):
            assert (
                await server.client.post("/v1/reports", content=report.to_bytes(), headers=headers)
            ).status_code == 401
            assert (await server.get(f"/v1/reports/{report.id}", headers=headers)).status_code == 401
    async with running() as server:
        assert (await post(server, report.to_bytes())).status_code == 401


def changed(**members):
    return json.dumps(
        json.loads(made(quarter=THIS).to_bytes()) | members, separators=(",", ":"), sort_keys=True
    ).encode()


def counts(**members):
    return changed(counts=json.loads(made(quarter=THIS).to_bytes())["counts"] | members)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[" * 4000, 400),
        (b"\xff", 400),
        (b"x" * (MAX_REPORT_BYTES + 1), 413),
        (made(quarter=THIS).to_bytes() + b" ", 400),
        (changed(more=1), 400),
        (changed(format=2), 400),
        (changed(case=0), 400),
        (changed(case=True), 400),
        (changed(users=200_000), 400),
        (changed(id="A" * 32), 400),
        (changed(quarter="2026-Q5"), 400),
        (changed(quarter=str(Quarter(THIS.year + 1, 1))), 400),
        (changed(quarter=str(Quarter(THIS.year - 2, THIS.number))), 400),
        (changed(exact={"because": "call 138 0013 8000"}), 400),
        (counts(verified=-1), 400),
        (counts(unheard=1), 400),
        (changed(case_numbers=100), 422),
        (counts(closed=0), 422),
        (counts(closed=7), 422),
        (counts(closed=99), 422),
        (counts(closed=100), 422),
        (counts(closed=111), 422),
        (counts(closed=1_010), 422),
        (counts(closed=123_000), 422),
    ],
)
async def test_what_is_no_report_or_too_fine_is_refused(serving, body, status):
    async with serving() as server:
        answer = await post(server, body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_JSON)
        assert "8000" not in answer.text
        assert (await server.get(f"/v1/reports/{made(quarter=THIS).id}", headers=bearing("a"))).status_code == 404


async def test_exact_counts_are_taken_with_the_reason_of_a_person(serving):
    report = made(quarter=THIS, exact_because="asked by the case's officer, agreed by the data protection officer")
    assert report.counts["closed"] == 56
    async with serving() as server:
        assert (await post(server, report.to_bytes())).status_code == 201
        assert (await post(server, report.to_bytes(), **{"content-type": "text/plain"})).status_code == 415


@settings(max_examples=30, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_the_parser_raises_nothing_else(data):
    for parse in (Report.from_bytes, ReceivedReport.from_line):
        with pytest.raises((FormatError, ReportError)):
            parse(data)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_report_with_any_byte_changed_is_refused_or_another_report(data):
    body = bytearray(made(quarter=THIS).to_bytes())
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError, ReportError):
        assert Report.from_bytes(bytes(body)).to_bytes() == bytes(body)


class Calls:
    """Counts calls and answers all alike."""

    def __init__(self, reply):
        self.reply = reply

    async def call(self, _):
        return self.reply


async def test_a_platform_makes_so_many_requests_a_minute(serving, monkeypatch):
    monkeypatch.setattr("pilookup_server.limits.quotas.REPORT_QUOTA", "4/minute")
    report = made(quarter=THIS)
    async with serving() as server:
        assert (await post(server, report.to_bytes())).status_code == 201
        assert (await server.get(f"/v1/reports/{report.id}", headers=bearing("a"))).status_code == 200
        for answer in (
            await post(server, report.to_bytes()),
            await server.get(f"/v1/reports/{report.id}", headers=bearing("a")),
        ):
            assert (answer.status_code, answer.json()["type"]) == (429, "urn:pilookup:problem:rate-limited")
            assert int(answer.headers["retry-after"]) >= 1
        assert (await post(server, report.to_bytes(), "b")).status_code == 201


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.UNAVAILABLE, 503), (Outcome.TOO_MANY, 429)])
async def test_a_report_that_cannot_be_kept_is_to_be_sent_again(serving, outcome, status, monkeypatch):
    async with serving() as server:
        service = server.app.state.service
        object.__setattr__(service, "reports", Calls(Reply(outcome)))
        answer = await post(server, made(quarter=THIS).to_bytes())
        assert answer.status_code == status
        if status == 503:
            assert answer.headers["retry-after"] == "60"


async def test_the_desk_carries_calls_between_processes_and_forgets_late_replies():
    desk = ReportDesk(["worker-0", "worker-1"])
    received = ReceivedReport("a", START.date(), made())
    first, second = desk.calls("worker-0"), desk.calls("worker-1")
    assert await report_calls.SocketCalls(desk._workers["worker-0"], wait=0.01).call(Find("a", "0" * 32)) == Reply(
        Outcome.UNAVAILABLE
    )
    seen, ended = [], threading.Event()

    def handle(call):
        seen.append(call)
        return Reply(Outcome.NEW, START.date(), "text") if isinstance(call, Submit) else Reply(Outcome.MISSING)

    def keep():
        while not ended.is_set():
            desk.answer(handle)
            ended.wait(0.005)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        found = await asyncio.gather(first.call(Submit(received)), second.call(Find("b", "1" * 32)))
        assert found == [Reply(Outcome.NEW, START.date(), "text"), Reply(Outcome.MISSING)]
        assert await first.call(Find("a", "2" * 32)) == Reply(Outcome.MISSING)
    finally:
        ended.set()
        keeper.join()
    assert Submit(received) in seen
    assert [os.get_blocking(descriptor) for descriptor in desk.descriptors] == [False, False]
    desk.close()
