"""The middleware of faults changes evaluations alone, and only those that name a fault."""

import asyncio

import pytest
from pilookup_server.sandbox.faults import NAMES, PROBLEMS, Faults

EVALUATE = "/v1/channels/platform/evaluate"


def answer(path, header=None):
    """The status of the answer, and the path that the app behind the middleware saw, or None."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append((scope["path"], scope["raw_path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def send(message):
        sent.append(message)

    headers = [(b"pilookup-sandbox-fault", header.encode())] if header else []
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    asyncio.run(Faults(app, slow_seconds=0)(scope, None, send))
    return sent[0]["status"], seen[0] if seen else None


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_is_in_the_path_or_in_the_header(name):
    expected = (PROBLEMS[name].problem.status, None) if name in PROBLEMS else (200, (EVALUATE, EVALUATE.encode()))
    assert answer(f"/faults/{name}{EVALUATE}") == expected
    assert answer(EVALUATE, name) == expected


@pytest.mark.parametrize("path", ["/v1/channels/platform/metadata/root.json", "/readyz"])
def test_other_requests_are_passed_on_without_the_prefix(path):
    for name in NAMES:
        assert answer(f"/faults/{name}{path}") == (200, (path, path.encode()))
        assert answer(path, name) == (200, (path, path.encode()))
    assert answer(path) == (200, (path, path.encode()))


@pytest.mark.parametrize("path", ["/faults/418/v1", "/faults/", "/faults/429x/v1"])
def test_an_unknown_fault_is_404(path):
    assert answer(path) == (404, None)


def test_what_is_not_a_request_is_passed_on():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Faults(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
