"""A request about a report ends at its deadline, however slowly the server answers, and closes the connection."""

import json
import queue

import pytest

from pilookup.checking import deadline
from pilookup.errors import ReceiptError, ReportError
from pilookup.receipts import send_receipt
from pilookup.reports import report_state, send_report
from tests.support.checking.drip import ENDLESS, FORMS, HANG, Clock, Dripping, is_closed, positions
from tests.support.checking.server import Answer, Host
from tests.support.reports.made import made
from tests.support.reports.stated import stated

STATE = {"id": made().id, "state": "received", "received": "2026-11-30", "answer": None}
SENDS = {
    "send_report": (ReportError, lambda url: send_report(made(), url, "token", timeout=HANG)),
    "report_state": (ReportError, lambda url: report_state(made().id, url, "token", timeout=HANG)),
    "send_receipt": (ReceiptError, lambda url: send_receipt(stated(), url, "token", timeout=HANG)),
}


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(deadline, "now", clock)
    return clock


@pytest.fixture
def host():
    host = Host(None)
    host.answer = lambda asked: Answer(body=json.dumps(STATE).encode())
    yield host
    host.close()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("send", SENDS)
def test_a_drip_at_any_byte_ends_at_the_deadline(send, form, host, clock):
    failure, call = SENDS[send]
    host.twist = dripping = Dripping(FORMS[form], clock)
    body = json.dumps(STATE).encode()
    for position in positions(FORMS[form](body), body, step=29):
        dripping.position = position
        with pytest.raises(failure, match="the server did not answer"):
            call(host.url)
        assert dripping.closed.get(timeout=HANG), position


@pytest.mark.parametrize("element", ENDLESS)
def test_an_answer_without_end_ends_at_the_deadline(element, host, clock):
    start, repeated = ENDLESS[element]
    closed = queue.Queue()

    def pour(connection, body):
        connection.settimeout(HANG)
        try:
            connection.sendall(start)
            for _ in range(10_000):
                clock.time += HANG / 100
                connection.sendall(repeated)
        except OSError:
            closed.put(True)
        else:
            closed.put(is_closed(connection, HANG / 2))

    host.twist = lambda asked, answer: Answer(raw=pour)
    with pytest.raises(ReportError, match="the server did not answer"):
        send_report(made(), host.url, "token", timeout=HANG)
    assert closed.get(timeout=HANG)


def test_an_answer_in_time_is_taken(host, clock):
    assert send_report(made(), host.url, "token", timeout=HANG).to_json() == STATE
    assert [(one.method, one.path) for one in host.asked] == [("POST", "/v1/reports")]
