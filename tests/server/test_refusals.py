"""A refusal takes a request and no element, and is found before anything is parsed; a caller that goes away is no error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.middleware import access_log
from pilookup_server.middleware.access_log import AccessLog
from pilookup_server.routes.request_form import may_be_evaluate_request
from starlette.requests import ClientDisconnect

from pilookup.protocol.messages import JSON, MAX_BATCH, EvaluateRequest

pytestmark = pytest.mark.anyio
EVALUATE = "/v1/channels/public/evaluate"
QUOTAS = {"request_quota": "8/minute", "public_quota": "6/minute", "public_reserve": ""}


@given(
    count=st.integers(1, 40) | st.just(MAX_BATCH),
    epoch=st.integers(1, 2**32 - 1),
    indent=st.none() | st.integers(0, 4),
    reverse=st.booleans(),
)
def test_every_request_has_the_form(count, epoch, indent, reverse):
    document = json.loads(EvaluateRequest(epoch, bytes(range(32)) * count).to_json())
    members = dict(sorted(document.items(), reverse=reverse))
    assert may_be_evaluate_request(json.dumps(members, indent=indent).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{" + b'"":{},' * 10_000 + b'"":{}}',
        b'{"epoch":1,"elements":[' + b"1," * 30_000 + b"1]}",
        b'{"epoch":1,"elements":[' + b"[]," * 20_000 + b"[]]}",
        b'{"epoch":1,"elements":[' + b'"",' * MAX_BATCH + b'""]}',
        b'{"epoch":1,"elements":[]}',
        b'{"epoch":1,"elements":["a]}',
        b'{"epoch":1,"elements":["a"],"more":1}',
    ],
)
def test_what_costs_much_to_parse_has_not(body):
    assert not may_be_evaluate_request(body)


async def test_refused_evaluations_take_requests_and_no_elements(running, repository):
    async with running(**QUOTAS) as server:
        bad = [
            await server.client.post(EVALUATE, content=b"{}", headers={"content-type": JSON}),
            await server.evaluate(headers={"content-type": "text/plain"}),
            await server.client.post("/readyz"),
            await server.get("/v1/channels/platform/metadata/root.json"),
        ]
        assert [answer.status_code for answer in bad] == [400, 415, 405, 401]
        over = await server.client.post(EVALUATE, content=b"{}", headers={"content-type": JSON})
        assert over.status_code == 429
        assert "retry-after" in over.headers
        assert (await server.client.post("/readyz")).status_code == 429
        # What an honest client meets is no refusal of this kind.
        assert (await server.get("/nothing")).status_code == 404
        assert (await server.evaluate(epoch=9)).status_code == 410
        assert [(await server.evaluate()).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_caller_that_goes_away_is_499_at_info_level(running, repository, monkeypatch):
    recorded, lines = [], []

    class Log:
        def info(self, event, **fields):
            lines.append(("info", fields["status"]))

        def error(self, event, **fields):
            lines.append(("error", event))

    monkeypatch.setattr(access_log, "logger", Log)
    monkeypatch.setattr(access_log.metrics, "observe_request", lambda *given: recorded.append(given[:3]))
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": EVALUATE, "raw_path": EVALUATE.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "client": ("192.0.2.7", 1), "server": ("t", 80),
        "headers": [(b"content-type", JSON.encode()), (b"content-length", b"100")],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        pytest.fail("nobody is there to be answered")

    async with running() as server:
        await server.app(scope, receive, send)
    assert recorded == [("/v1/channels/{channel}/evaluate", "public", 499)]
    assert lines[-1] == ("info", 499)
    assert ("error", "request failed") not in lines


async def test_any_other_error_is_still_one_of_the_server(monkeypatch):
    lines = []

    class Log:
        def info(self, event, **fields):
            lines.append(fields["status"])

        def error(self, event, **fields):
            lines.append(event)

    async def app(_scope, _receive, _send):
        raise ConnectionError

    async def send(message):
        lines.append(message.get("status"))

    monkeypatch.setattr(access_log, "logger", Log)
    assert not issubclass(ConnectionError, ClientDisconnect)
    await AccessLog(app, {}, ())({"type": "http", "method": "GET"}, None, send)
    assert lines == ["request failed", 500, None, 500]
