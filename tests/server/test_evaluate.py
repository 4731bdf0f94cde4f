"""Evaluation over HTTP: its proofs verify, and every invalid request is answered with a 4xx problem."""

import pytest

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS, EvaluateRequest, EvaluateResponse
from pilookup.protocol.oprf import SecretKey
from tests.support.server.problem_answers import problem

pytestmark = pytest.mark.anyio
PATH = "/v1/channels/public/evaluate"
INVALID = {
    "identity": bytes(32),
    "non-canonical": b"\xff" * 32,
    "negative": b"\x01" + bytes(31),
    "no point": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),  # RFC 9496 A.2
}


def inputs(count):
    return [f"tel:+86139{n:08}".encode() for n in range(count)]


@pytest.mark.parametrize("count", [1, 4, 5, 1000])
@pytest.mark.parametrize("form", [JSON, OCTETS])
async def test_evaluation_carries_a_proof_that_verifies(running, repository, keys, count, form):
    blinds, elements = oprf.blind(inputs(count))
    message = EvaluateRequest(1, elements)
    async with running(public_quota="10000/minute", public_reserve="") as server:
        if form == JSON:
            answer = await server.client.post(PATH, content=message.to_json(), headers={"content-type": JSON})
            got = EvaluateResponse.from_json(answer.content)
        else:
            answer = await server.client.post(f"{PATH}?epoch=1", content=elements, headers={"content-type": OCTETS})
            got = EvaluateResponse.from_octets(1, answer.content)
    assert answer.headers["content-type"] == form
    assert answer.headers["cache-control"] == "no-store"
    key = keys.scalars["public", 1]
    assert oprf.verify(key.public(), elements, got.elements, got.proof)
    assert oprf.unblind(blinds, got.elements) == oprf.tokenise(inputs(count), key)


@pytest.mark.parametrize("element", INVALID.values(), ids=INVALID)
@pytest.mark.parametrize("position", [0, 2, 8])
async def test_invalid_elements_are_422(running, repository, element, position):
    _, good = oprf.blind(inputs(9))
    elements = good[: 32 * position] + element + good[32 * (position + 1) :]
    async with running(public_reserve="") as server:
        body = EvaluateRequest(1, elements).to_json()
        answer = await server.client.post(PATH, content=body, headers={"content-type": JSON})
        assert set(problem(answer, 422, "invalid-element")) == {"type", "title", "status"}


@pytest.mark.parametrize("epoch", [2, 2**32 - 1])
async def test_an_epoch_not_served_is_410(running, repository, epoch):
    async with running() as server:
        problem(await server.evaluate(epoch), 410, "retired")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 50_000, b'{"epoch":1,"elements":[]}', b'{"epoch":1,"elements":{}}',
        b'{"epoch":0,"elements":["AA"]}', b'{"epoch":true,"elements":["AA"]}', b'{"epoch":1,"epoch":1,"elements":["AA"]}',
        b'{"epoch":1,"elements":["tel:+8613800138000"]}', b'{"epoch":1,"elements":[1]}', b'{"epoch":' + b"9" * 5000 + b',"elements":[]}',
        b'{"epoch":1,"elements":["' + b"A" * 43 + b'"],"more":1}', b'{"epoch":1,"elements":["' + b"B" * 43 + b'"]}',
        b'{"epoch":1,"elements":[' + b",".join([b'"' + b"A" * 43 + b'"'] * 1001) + b"]}",
    ],
    ids=range(18),
)  # fmt: skip
async def test_malformed_json_is_400_and_not_repeated(running, repository, body):
    async with running() as server:
        answer = await server.client.post(PATH, content=body, headers={"content-type": JSON})
        problem(answer, 400, "malformed-request")
        assert b"13800138000" not in answer.content


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("", 32),
        ("?epoch=", 32),
        ("?epoch=01", 32),
        ("?epoch=-1", 32),
        ("?epoch=x", 32),
        ("?epoch=1&epoch=2", 32),
        ("?epoch=1&epoch=1", 32),
        ("?epoch=1", 0),
        ("?epoch=1", 31),
        ("?epoch=1", 33),
        ("?epoch=1", 32032),
        ("?epoch=99999999999", 32),
    ],
)
async def test_malformed_octets_are_400(running, repository, query, size):
    async with running() as server:
        answer = await server.client.post(PATH + query, content=bytes(size), headers={"content-type": OCTETS})
        problem(answer, 400, "malformed-request")


@pytest.mark.parametrize("form", ["", "text/plain", "application/jsonx", "multipart/form-data; boundary=x"])
async def test_other_media_types_are_415(running, repository, form):
    async with running() as server:
        headers = {"content-type": form} if form else {}
        problem(await server.client.post(PATH, content=b"{}", headers=headers), 415, "unsupported-media-type")


async def test_media_type_parameters_are_ignored(running, repository):
    async with running() as server:
        answer = await server.evaluate(headers={"content-type": "Application/JSON; charset=utf-8"})
        assert answer.status_code == 200


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_413_and_read_no_further(running, repository, declared):
    sent = 0

    async def chunks():
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 4096

    async with running() as server:
        headers = {"content-type": JSON}
        content = b" " * 65537 if declared else chunks()
        answer = await server.client.post(PATH, content=content, headers=headers)
        problem(answer, 413, "too-large")
        assert answer.headers["connection"] == "close"
    assert sent <= 18


async def test_a_body_that_stops_is_408(running, repository):
    import asyncio

    async def chunks():
        yield b"{"
        await asyncio.sleep(60)
        yield b"}"

    async with running(body_seconds=0.05) as server:
        answer = await server.client.post(PATH, content=chunks(), headers={"content-type": JSON})
        problem(answer, 408, "timeout")


async def test_a_key_never_answers_for_another_epoch(running, repository, keys):
    from datetime import timedelta

    from tests.support.server.release_fixture import START

    repository.publish({2: (3, START + timedelta(days=180)), 1: (2, START + timedelta(hours=72))})
    async with running() as server:
        for epoch in (1, 2):
            _, elements = oprf.blind(inputs(1))
            body = EvaluateRequest(epoch, elements).to_json()
            answer = await server.client.post(PATH, content=body, headers={"content-type": JSON})
            got = EvaluateResponse.from_json(answer.content)
            assert got.epoch == epoch
            assert oprf.verify(keys.scalars["public", epoch].public(), elements, got.elements, got.proof)
            other = keys.scalars["public", 3 - epoch].public()
            assert not oprf.verify(other, elements, got.elements, got.proof)
            assert not oprf.verify(SecretKey.generate().public(), elements, got.elements, got.proof)
