"""Concurrent requests share one call of the core, and each has a separate answer, proof, quota and error."""

import asyncio
import re

import pytest
from pilookup_server import evaluation_batcher, metrics
from pilookup_server.evaluation_batcher import MAX_BATCH, EvaluationBatcher

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS, EvaluateRequest, EvaluateResponse
from pilookup.protocol.oprf import SecretKey
from tests.support.server.platform_keys import add_platform
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, Repository
from tests.support.server.serve_process import Home, Process

pytestmark = pytest.mark.anyio
PATH = "/v1/channels/public/evaluate"
KEY, OTHER = SecretKey.derive(bytes(32), b"one"), SecretKey.derive(bytes(32), b"other")


def inputs(count):
    return [f"tel:+86139{n:08}".encode() for n in range(count)]


def elements(count):
    blinded = oprf.blind(inputs(count))[1]
    return [blinded[at : at + 32] for at in range(0, len(blinded), 32)]


@pytest.fixture
def calls(monkeypatch):
    """The number of elements and the key of each call of the core."""
    seen = []

    def evaluate(buffer, key):
        seen.append((len(buffer) // 32, key))
        return oprf_evaluate(buffer, key)

    oprf_evaluate = oprf.evaluate_and_prove_each
    monkeypatch.setattr(evaluation_batcher.oprf, "evaluate_and_prove_each", evaluate)
    return seen


@pytest.fixture
def counted(monkeypatch):
    """The channel and count of each call of `metrics.count_evaluated`."""
    seen = []
    monkeypatch.setattr(metrics, "count_evaluated", lambda channel, count: seen.append((channel, count)))
    return seen


@pytest.mark.parametrize("count", [1, 2, 8, 64])
async def test_concurrent_elements_share_one_call_and_have_separate_proofs(calls, counted, count):
    points, batcher = elements(count), EvaluationBatcher()
    answers = await asyncio.gather(*(batcher.evaluate("public", KEY, element) for element in points))
    assert calls == [(count, KEY)]
    assert counted == [("public", count)]
    for i, (element, (evaluated, proof)) in enumerate(zip(points, answers, strict=True)):
        assert oprf.verify(KEY.public(), element, evaluated, proof)
        assert count == 1 or not oprf.verify(KEY.public(), element, evaluated, answers[i - 1][1])


async def test_a_single_element_is_evaluated_without_delay(calls):
    batcher, (element,) = EvaluationBatcher(), elements(1)
    points = asyncio.ensure_future(batcher.evaluate("public", KEY, element))
    for _ in range(4):  # submit, poll the sockets, evaluate, resume
        await asyncio.sleep(0)
    assert points.done()


async def test_an_element_that_arrives_in_the_next_turn_joins_the_call(calls):
    batcher, (first, second) = EvaluationBatcher(), elements(2)
    points = [asyncio.ensure_future(batcher.evaluate("public", KEY, first))]
    await asyncio.sleep(0)
    points.append(asyncio.ensure_future(batcher.evaluate("public", KEY, second)))
    await asyncio.gather(*points)
    assert calls == [(2, KEY)]


async def test_a_call_has_at_most_max_batch_elements_and_other_tasks_run_in_between(calls, counted):
    points, batcher, turns = elements(2 * MAX_BATCH + 3), EvaluationBatcher(), []

    async def other_work():
        while True:
            turns.append(len(calls))
            await asyncio.sleep(0)

    other = asyncio.ensure_future(other_work())
    answers = await asyncio.gather(*(batcher.evaluate("public", KEY, element) for element in points))
    other.cancel()
    assert calls == [(MAX_BATCH, KEY), (MAX_BATCH, KEY), (3, KEY)]
    assert {0, 1, 2} <= set(turns)
    assert all(oprf.verify(KEY.public(), one, *answer) for one, answer in zip(points, answers, strict=True))


async def test_elements_of_different_keys_or_channels_never_share_a_call(calls, counted):
    points, batcher = elements(6), EvaluationBatcher()
    queues = [("public", KEY), ("public", OTHER), ("platform", KEY)] * 2
    answers = await asyncio.gather(*(batcher.evaluate(*queue, one) for queue, one in zip(queues, points, strict=True)))
    assert calls == [(2, KEY), (2, OTHER), (2, KEY)]
    assert counted == [("public", 2), ("public", 2), ("platform", 2)]
    for (_, key), element, answer in zip(queues, points, answers, strict=True):
        assert oprf.verify(key.public(), element, *answer)


async def test_a_cancelled_element_is_left_out_and_the_others_are_evaluated(calls):
    points, batcher = elements(5), EvaluationBatcher()
    tasks = [asyncio.ensure_future(batcher.evaluate("public", KEY, element)) for element in points]
    await asyncio.sleep(0)
    tasks[2].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert calls == [(4, KEY)]
    assert isinstance(answers.pop(2), asyncio.CancelledError)
    points.pop(2)
    assert all(oprf.verify(KEY.public(), one, *answer) for one, answer in zip(points, answers, strict=True))
    tasks = [asyncio.ensure_future(batcher.evaluate("public", KEY, element)) for element in points]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await batcher.evaluate("public", KEY, points[0]) is not None
    assert calls == [(4, KEY), (1, KEY)]


class Panic(BaseException):
    """Stands for the core's panic, which is not an Exception either."""


@pytest.mark.parametrize("kind", [OSError, Panic])
async def test_an_error_of_the_core_reaches_each_request_and_the_next_call_works(monkeypatch, kind):
    batcher, points = EvaluationBatcher(), elements(3)

    def fail(*_):
        raise kind("no random bytes")

    with monkeypatch.context() as broken:
        broken.setattr(evaluation_batcher.oprf, "evaluate_and_prove_each", fail)
        tasks = (batcher.evaluate("public", KEY, element) for element in points)
        failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in failed] == [kind] * 3
    assert await batcher.evaluate("public", KEY, points[0]) is not None


async def send(server, element, channel="public", **headers):
    body = EvaluateRequest(1, element).to_json()
    path = f"/v1/channels/{channel}/evaluate"
    return await server.client.post(path, content=body, headers={"content-type": JSON} | headers)


async def test_an_invalid_element_is_422_only_for_its_own_request(running, repository, keys, calls, counted):
    points = elements(9)
    points[4], points[7] = bytes(32), b"\xff" * 32
    async with running(public_reserve="") as server:
        answers = await asyncio.gather(*(send(server, element) for element in points))
    assert calls == [(9, keys.scalars["public", 1])]
    assert counted == [("public", 7)]
    for i, (element, answer) in enumerate(zip(points, answers, strict=True)):
        if i in {4, 7}:
            assert set(problem(answer, 422, "invalid-element")) == {"type", "title", "status"}
        else:
            got = EvaluateResponse.from_json(answer.content)
            assert oprf.verify(keys.scalars["public", 1].public(), element, got.elements, got.proof)


async def test_quotas_count_each_request(running, repository, calls):
    points = elements(9)
    points[2] = bytes(32)
    async with running(public_quota="14/minute", public_reserve="") as server:
        answers = await asyncio.gather(*(send(server, element) for element in points))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [422] + [429] * 3
    assert sum(count for count, _ in calls) == 6
    seen = [re.search(r"r=(\d+)", answer.headers["ratelimit"])[1] for answer in answers if answer.status_code == 200]
    # Each was charged once, and the invalid element counted until it was refused, whichever of them came first.
    assert len(set(seen)) == 5
    assert set(seen) < set("123456")


async def test_concurrent_channels_answer_each_under_its_key(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    points = elements(8)
    names = ["public", "platform"] * 4
    token = {"authorization": f"Bearer {add_platform(tmp_path)}"}
    async with running(public_reserve="") as server:
        tasks = (send(server, one, channel=name, **token) for name, one in zip(names, points, strict=True))
        answers = await asyncio.gather(*tasks)
    for name, element, answer in zip(names, points, answers, strict=True):
        got = EvaluateResponse.from_json(answer.content)
        assert oprf.verify(keys.scalars[name, 1].public(), element, got.elements, got.proof)


class Connection:
    """A persistent connection that sends one request at a time."""

    def __init__(self, port, public):
        self._port, self._public = port, public

    async def evaluate(self, numbers):
        """Have each number evaluated and verify the proof; yields (number, unblinded element)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for number in numbers:
            blinds, element = oprf.blind([number])
            writer.write(request(self._port, element))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            length = int(re.search(rb"content-length: (\d+)", head)[1])
            body = await asyncio.wait_for(reader.readexactly(length), 30)
            assert head.startswith(b"HTTP/1.1 200 "), head
            got = EvaluateResponse.from_octets(1, body)
            assert oprf.verify(self._public, element, got.elements, got.proof)
            yield number, oprf.unblind(blinds, got.elements)
        writer.close()

    async def leave(self, element):
        """Send a request, and close the connection before the response."""
        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request(self._port, element))
        await writer.drain()
        writer.transport.abort()


def request(port, element):
    head = f"POST {PATH}?epoch=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {OCTETS}\r\nContent-Length: 32\r\n\r\n"
    return head.encode() + element


async def test_many_connections_at_once_each_get_their_own_answers(tmp_path):
    home = Home.published(tmp_path / "home", channels=("public",))
    key = home.held.scalars["public", 1]
    settings = {"public_quota": "100000/minute", "public_reserve": "", "channels": "public"}
    server = Process(home.path, tmp_path / "serve.log", **settings)
    try:
        server.wait()

        async def stay(first):
            numbers = inputs(480)[first::24]
            return [pair async for pair in Connection(server.port, key.public()).evaluate(numbers)]

        leaving = (Connection(server.port, key.public()).leave(element) for element in elements(24))
        answers, _ = await asyncio.gather(asyncio.gather(*map(stay, range(24))), asyncio.gather(*leaving))
    finally:
        assert server.stop() == 0
    got = dict(pair for connection in answers for pair in connection)
    expected = oprf.tokenise(inputs(480), key)
    assert got == {number: expected[32 * i : 32 * (i + 1)] for i, number in enumerate(inputs(480))}
