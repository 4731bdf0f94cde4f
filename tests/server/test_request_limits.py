"""Each part of a request has its own time: the body, the time until the answer starts, and the answer."""

import asyncio
import json

import pytest
from pilookup_server.middleware.request_limits import RequestLimits

pytestmark = pytest.mark.anyio
SCOPE = {"type": "http", "headers": []}


async def answered(messages, work, *, body, request):
    """Send a request whose messages come at their times, to an app that works for `work` seconds before it answers.

    Args:
        messages: (seconds before it arrives, message).
        work: The seconds between the body and the start of the answer, and between the answer's start and end.
        body: The limits, in seconds.
        request: As above.
    """
    waiting, sent = list(messages), []

    async def receive():
        seconds, message = waiting.pop(0)
        await asyncio.sleep(seconds)
        return {"type": "http.request", **message}

    async def app(_scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(work[0])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(work[1])
        await send({"type": "http.response.body", "body": b"done"})

    async def send(message):
        sent.append(message)

    await RequestLimits(app, 10, body, request)(SCOPE, receive, send)
    return sent[0]["status"], sent[-1]["body"]


FIRST, LAST = {"body": b"a", "more_body": True}, {"body": b"b"}


@pytest.mark.parametrize(
    ("messages", "work", "limits"),
    [
        ([(0, LAST)], (0.5, 0), {"body": 0.25, "request": 60}),
        ([(0, FIRST), (0, LAST)], (0.5, 0), {"body": 0.25, "request": 60}),
        ([(0, LAST)], (0, 0.5), {"body": 0.25, "request": 0.25}),
    ],
)
async def test_the_limits_of_a_part_do_not_apply_to_the_next(messages, work, limits):
    assert await answered(messages, work, **limits) == (200, b"done")


@pytest.mark.parametrize(
    ("messages", "work", "limits"),
    [
        ([(60, LAST)], (0, 0), {"body": 0.1, "request": 60}),
        ([(0, FIRST), (60, LAST)], (0, 0), {"body": 0.1, "request": 60}),
        ([(0, LAST)], (60, 0), {"body": 0.1, "request": 0.2}),
    ],
)
async def test_a_part_that_takes_too_long_is_answered_408(messages, work, limits):
    status, document = await answered(messages, work, **limits)
    assert status == 408
    assert json.loads(document)["type"] == "urn:pilookup:problem:timeout"
