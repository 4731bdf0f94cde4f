"""An evaluator that lies, between the client and the real server: never found, never not_found."""

from dataclasses import replace

import pytest

from pilookup.protocol import oprf
from pilookup.protocol.oprf import SecretKey
from tests.support.attacks.asking import BOTH, assert_truth, assert_unknown
from tests.support.attacks.evaluator_points import IDENTITY, POINTS
from tests.support.attacks.home import HIT, MISS, OTHER_HIT, OTHER_MISS
from tests.support.attacks.server import Answer

STRANGER = SecretKey.generate()


def evaluated_by(key, elements):
    out = oprf.evaluate(elements, key)
    return out + oprf.prove(elements, out, key)


LIES = {
    "another key with its own proof": lambda request, out: evaluated_by(STRANGER, request),
    "another key with the true proof": lambda request, out: oprf.evaluate(request, STRANGER) + out[-64:],
    "one element under another key": lambda request, out: oprf.evaluate(request[:32], STRANGER) + out[32:],
    "first two elements swapped": lambda request, out: out[32:64] + out[:32] + out[64:],
    "last two elements swapped": lambda request, out: out[:-128] + out[-96:-64] + out[-128:-96] + out[-64:],
    "first element for all": lambda request, out: out[:32] * (len(request) // 32) + out[-64:],
    "what was asked": lambda request, out: request + out[-64:],
    "proof of zeros": lambda request, out: out[:-64] + bytes(64),
    "proof halves swapped": lambda request, out: out[:-64] + out[-32:] + out[-64:-32],
    "challenge not reduced": lambda request, out: out[:-64] + b"\xff" * 32 + out[-32:],
    "response not reduced": lambda request, out: out[:-32] + b"\xff" * 32,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_false_answer_is_bad_proof_and_a_true_one_is_accepted_afterwards(lie, proxy, client):
    proxy.alter("/evaluate", lambda request, out: LIES[lie](request.body, out))
    assert_unknown(client, "bad_proof")
    proxy.honest()
    assert_truth(client)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("place", [0, 1])
def test_an_invalid_point_is_bad_proof(point, place, proxy, client):
    def change(request, out):
        return out[: 32 * place] + POINTS[point] + out[32 * place + 32 :]

    proxy.alter("/evaluate", change)
    assert_unknown(client, "bad_proof")


def test_every_point_the_identity_is_bad_proof(proxy, client):
    proxy.alter("/evaluate", lambda request, out: IDENTITY * (len(out) // 32))
    assert_unknown(client, "bad_proof")


def test_answers_of_two_requests_exchanged_are_bad_proof(proxy, client_at):
    """Two clients ask for as many numbers each; each is given the other's answer, or only its proof."""
    one, two = client_at(proxy.url), client_at(proxy.url)
    kept = []
    proxy.alter("/evaluate", lambda request, out: kept.append(out) or out)
    assert_truth(one)
    for change in (lambda request, out: kept[0], lambda request, out: out[:-64] + kept[0][-64:]):
        proxy.alter("/evaluate", change)
        assert_unknown(two, "bad_proof")
    proxy.honest()
    assert_truth(two)


def test_an_answer_replayed_to_the_same_client_is_bad_proof(proxy, client):
    assert_truth(client)
    kept = []
    proxy.alter("/evaluate", lambda request, out: kept.append(out) or out)
    assert_truth(client)
    proxy.alter("/evaluate", lambda request, out: kept[0])
    assert_unknown(client, "bad_proof")


def test_another_request_evaluated_instead_is_bad_proof(proxy, client):
    """The server's key, the server's proof: but of elements that the attacker chose."""

    def swap(request, answer):
        if "/evaluate" not in request.path:
            return answer
        count = len(request.body) // 32
        _, chosen = oprf.blind([b"tel:+8613900000001"] * count)
        return proxy.pass_on(replace(request, body=chosen))

    proxy.twist = swap
    assert_unknown(client, "bad_proof")


def test_reordered_requests_are_bad_proof(proxy, client):
    """The elements are handed to the server in another order: a hit must not become the neighbour's."""

    def swap(request, answer):
        if "/evaluate" not in request.path:
            return answer
        turned = b"".join(reversed([request.body[at : at + 32] for at in range(0, len(request.body), 32)]))
        return proxy.pass_on(replace(request, body=turned))

    proxy.twist = swap
    assert_unknown(client, "bad_proof", [HIT, MISS, OTHER_HIT, OTHER_MISS])


def test_the_key_of_the_other_channel_is_bad_proof(original, proxy, client):
    with original.opened() as session:
        key = session.channel_key("platform", 1)
    proxy.alter("/evaluate", lambda request, out: evaluated_by(key, request.body))
    assert_unknown(client, "bad_proof")


SIZES = {
    "nothing": lambda out: b"",
    "no proof": lambda out: out[:-64],
    "only the proof": lambda out: out[-64:],
    "one byte less": lambda out: out[:-1],
    "one byte more": lambda out: out + b"\0",
    "one element less": lambda out: out[32:],
    "one element more": lambda out: out[:32] + out,
    "ten megabytes": lambda out: out + bytes(10_000_000),
    "json": lambda out: b'{"epoch":1,"elements":[],"proof":""}',
}


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_of_another_size_is_bad_response(size, proxy, client):
    proxy.alter("/evaluate", lambda request, out: SIZES[size](out))
    assert_unknown(client, "bad_response")


FAULTS = {
    "slow head": ({"delay": 0.5}, "unreachable"),
    "slow body": ({"drip": 0.05}, "unreachable"),
    "cut off": ({"cut": 40}, "unreachable"),
    "cut off before the head": ({"cut": -1}, "unreachable"),
    "compressed, it says": ({"headers": {"content-encoding": "gzip"}}, "bad_response"),
    "sent elsewhere": ({"status": 302, "headers": {"location": "/"}}, "bad_response"),
    "no content": ({"status": 204, "body": b""}, "bad_response"),
    "not found": ({"status": 404}, "bad_response"),
    "a part": ({"status": 206}, "bad_response"),
    "forbidden": ({"status": 403}, "unauthorized"),
    "over quota": ({"status": 429, "headers": {"retry-after": "0"}}, "rate_limited"),
    "gone for good": ({"status": 410}, "retired"),
    "broken": ({"status": 500}, "server_error"),
}


def fail(proxy, part, fault):
    change, reason = FAULTS[fault]
    proxy.twist = lambda request, answer: replace(answer, **change) if part in request.path else answer
    return reason


def seconds(fault):
    """The time of a call: short for a fault that only the time ends."""
    return 0.25 if "slow" in fault else 20.0


@pytest.mark.parametrize("fault", FAULTS)
def test_an_evaluation_that_fails_is_unknown(fault, proxy, client_at):
    assert_unknown(client_at(proxy.url, timeout=seconds(fault)), fail(proxy, "/evaluate", fault))


@pytest.mark.parametrize("part", ["/buckets/", "timestamp.json", ".targets.json", ".manifest.json"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fetch_that_fails_is_unknown(part, fault, proxy, plain_client_at):
    assert_unknown(plain_client_at(proxy.url, timeout=seconds(fault)), fail(proxy, part, fault))


def test_a_server_other_than_pilookup_is_bad_response(proxy, client):
    proxy.twist = lambda request, answer: Answer(body=b"<html>please log in</html>")
    assert_unknown(client, "bad_response", BOTH)
