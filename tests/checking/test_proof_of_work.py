"""A challenge beyond the soft quota is solved once, with fresh blinds. One that cannot be solved is `rate_limited`."""

import base64
import json
from hashlib import sha256

import pytest

from tests.support.checking.numbers import HIT
from tests.support.checking.server import Answer

SALT, NONCE = bytes(16), b"\x11" * 16


def document(counter, **changed):
    """The body of a 429 with a challenge that only `counter` solves."""
    key = sha256(SALT + NONCE + counter.to_bytes(4, "big")).digest()
    parameters = {"algorithm": "SHA-256", "salt": SALT.hex(), "nonce": NONCE.hex(), "cost": 1, "keyLength": 32}
    parameters |= {"keyPrefix": key[:16].hex()} | changed
    body = {"type": "urn:pilookup:problem:proof-needed", "title": "t", "status": 429}
    return json.dumps(body | {"challenge": {"parameters": parameters, "signature": "s"}}).encode()


def demand(host, counter=500, accept=True, **changed):
    """Make /evaluate answer only requests with the right proof of work (with `accept` False, none)."""

    def twist(asked, answer):
        if asked.method != "POST":
            return answer
        proof = asked.headers.get("pilookup-proof")
        solved = proof and json.loads(base64.b64decode(proof))["solution"]["counter"] == counter
        return answer if solved and accept else Answer(429, document(counter, **changed))

    host.twist = twist


def test_a_challenge_is_solved_and_the_check_goes_on(host, client):
    demand(host)
    assert client.check(HIT).status == "found"
    first, second = host.evaluations()
    assert "pilookup-proof" not in first.headers
    assert first.body != second.body
    assert len(first.body) == len(second.body)


def test_a_challenge_is_solved_once(host, client):
    demand(host, accept=False)
    result = client.check(HIT)
    assert (result.status, result.reason) == ("unknown", "rate_limited")
    assert len(host.evaluations()) == 2


@pytest.mark.parametrize("changed", [{"algorithm": "SCRYPT"}, {"cost": 10**9}, {"keyPrefix": ""}, {"nonce": "x"}])
def test_a_challenge_that_cannot_be_solved_is_over_quota(host, client, changed):
    demand(host, **changed)
    assert client.check(HIT).reason == "rate_limited"
    assert len(host.evaluations()) == 1


def test_work_beyond_bounds_is_over_quota(host, client, monkeypatch):
    monkeypatch.setattr("pilookup.protocol.proof_of_work.MAX_WORK", 1000)
    demand(host, counter=2000)
    assert client.check(HIT).reason == "rate_limited"
    assert len(host.evaluations()) == 1


def test_a_429_without_a_challenge_is_not_read_for_one(host, client):
    host.twist = lambda asked, answer: Answer(429, b"[" * 4000) if asked.method == "POST" else answer
    assert client.check(HIT).reason == "rate_limited"
