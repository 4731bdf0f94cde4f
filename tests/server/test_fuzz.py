"""Arbitrary requests: no response is a 5xx, every error is a problem document, and no response repeats the request."""

import asyncio
import json

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.app import create_app
from pilookup_server.settings import read_settings

from pilookup.protocol.messages import JSON, OCTETS
from tests.support.server.release_fixture import LATER, Clock, HeldKeys, Repository

SENTINEL = "tel:+8613912345678"
EVALUATE = "/v1/channels/public/evaluate"


@pytest.fixture(scope="module")
def send_checked(tmp_path_factory):
    """Send one request to an app and check the response. A separate event loop keeps the examples synchronous."""
    home, keys = tmp_path_factory.mktemp("home"), HeldKeys()
    Repository(home, "public", keys).publish({1: (1, LATER)})
    quotas = dict.fromkeys(("public_quota", "request_quota"), "1000000000/minute") | {"public_reserve": ""}
    settings = read_settings(home=home, poll_seconds=3600, **quotas)
    app = create_app(settings, keys, tmp_path_factory.mktemp("scratch"), Clock())
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://t")

        def send(method, path, **more):
            answer = runner.run(client.request(method, path, **more))
            check(answer)
            return answer

        send.app, send.runner = app, runner
        yield send
        runner.run(client.aclose())
        runner.run(lifespan.__aexit__(None, None, None))


def check(answer):
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) <= {"type", "title", "status", "detail"}
    assert SENTINEL[4:] not in answer.text
    assert SENTINEL[4:] not in str(answer.headers)


fuzz = settings(max_examples=150, deadline=None)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.just(SENTINEL),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)
near_requests = st.fixed_dictionaries(
    {
        "epoch": st.integers(-1, 2**33) | json_values,
        "elements": st.lists(st.text("ABCabc-_=+/", min_size=42, max_size=44), max_size=4) | json_values,
    },
    optional={"proof": json_values, SENTINEL: json_values},
)


@fuzz
@given(body=st.binary(max_size=4096), form=st.sampled_from([JSON, OCTETS, "", "text/html", SENTINEL]))
def test_any_bytes_to_evaluate(send_checked, body, form):
    send_checked("POST", EVALUATE, content=body, headers={"content-type": form})


@fuzz
@given(body=near_requests | json_values)
def test_any_json_to_evaluate(send_checked, body):
    send_checked("POST", EVALUATE, content=json.dumps(body).encode(), headers={"content-type": JSON})


@fuzz
@given(
    elements=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20),
    epoch=st.sampled_from(["1", "2", "", "0", SENTINEL]),
)
def test_any_elements_to_evaluate(send_checked, elements, epoch):
    send_checked(
        "POST",
        EVALUATE,
        params={"epoch": epoch},
        content=b"".join(elements),
        headers={"content-type": OCTETS},
    )


segments = st.text(max_size=30) | st.sampled_from(
    ["..", ".", "", SENTINEL, "public", "metadata", "targets", "1", "%00", "\x00", "buckets"]
)


@fuzz
@given(parts=st.lists(segments, max_size=6), method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS"]))
def test_any_path(send_checked, parts, method):
    path = "/".join(parts).encode("utf-8", "surrogatepass")
    send_raw(send_checked, method, b"/v1/channels/" + path)
    send_raw(send_checked, method, b"/v1/channels/public/" + path)


@fuzz
@given(
    names=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "range",
                    "if-range",
                    "if-none-match",
                    "authorization",
                    "content-length",
                    "origin",
                    "x-forwarded-for",
                    "content-type",
                    "accept",
                ]
            ),
            st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
            | st.sampled_from(["bytes=0-", "bytes=1-2,3-4", "*", SENTINEL]),
        ),
        max_size=5,
    )
)
def test_any_headers(send_checked, names):
    headers = [(name.encode(), value.encode("latin-1")) for name, value in names]
    for method, path in (
        ("GET", b"/v1/channels/public/metadata/root.json"),
        ("POST", EVALUATE.encode()),
        ("GET", b"/v1/channels/platform/targets/x"),
        ("GET", b"/v1/channels/public/snapshots/1/buckets/0"),
    ):
        send_raw(send_checked, method, path, headers)


def send_raw(send_checked, method, path, headers=()):
    """Call the app by ASGI, so that no client normalises the request."""
    messages = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        messages.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path.decode("utf-8", "replace"), "raw_path": path, "query_string": b"", "root_path": "",
        "headers": list(headers), "client": ("192.0.2.7", 1), "server": ("t", 80), "state": {},
    }  # fmt: skip
    send_checked.runner.run(send_checked.app(scope, receive, send))
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    check(httpx2.Response(start["status"], headers=start["headers"], content=body))
