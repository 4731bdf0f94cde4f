"""Challenges from a server: parsed completely or refused, and never the cause of endless work."""

import base64
import contextlib
import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol import proof_of_work
from pilookup.protocol.problems import Problem
from pilookup.protocol.proof_of_work import Challenge

URI = Problem.PROOF_NEEDED.uri
PARAMETERS = {
    "algorithm": "SHA-256",
    "salt": "00" * 16,
    "nonce": "11" * 16,
    "cost": 2,
    "keyLength": 32,
    "keyPrefix": "00",
    "data": {"elements": 2},
}


def body(**changed):
    parameters = {name: value for name, value in (PARAMETERS | changed).items() if value is not ...}
    return json.dumps({"type": URI, "challenge": {"parameters": parameters, "signature": "s"}}).encode()


def test_a_solution_is_what_the_definition_says():
    answer = json.loads(base64.b64decode(Challenge.from_problem(body()).solve()))
    counter, key = answer["solution"]["counter"], bytes.fromhex(answer["solution"]["derivedKey"])
    first = sha256(bytes(16) + b"\x11" * 16 + counter.to_bytes(4, "big")).digest()
    assert key == sha256(first).digest()
    assert key[0] == 0
    assert answer["challenge"] == {"parameters": PARAMETERS, "signature": "s"}


def test_another_problem_has_no_challenge():
    assert Challenge.from_problem(Problem.RATE_LIMITED.to_json()) is None
    assert Challenge.from_problem(b"[]") is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"algorithm": "SCRYPT"}, "solve"), ({"keyLength": 16}, "keyLength"), ({"cost": 0}, "cost"), ({"cost": True}, "cost"), ({"cost": proof_of_work.MAX_WORK + 1}, "cost"),
        ({"salt": "00"}, "salt"), ({"nonce": "zz" * 16}, "nonce"), ({"nonce": 7}, "nonce"), ({"nonce": "00 " * 16}, "nonce"), ({"keyPrefix": ""}, "keyPrefix"), ({"keyPrefix": "0"}, "keyPrefix"),
        ({"keyPrefix": "00" * 33}, "keyPrefix"), ({"salt": ...}, "salt"), ({"data": ...}, "elements"), ({"data": {"elements": 0}}, "elements"), ({"data": {"elements": True}}, "elements"), ({"data": 16}, "elements"),
    ],
)  # fmt: skip
def test_the_field_that_makes_a_challenge_unsolvable_is_named(changed, named):
    with pytest.raises(FormatError, match=named):
        Challenge.from_problem(body(**changed))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        json.dumps({"type": URI}).encode(),
        json.dumps({"type": URI, "challenge": []}).encode(),
    ],
)
def test_broken_documents(data):
    with pytest.raises(FormatError):
        Challenge.from_problem(data)


@given(st.binary(max_size=200))
def test_any_bytes_raise_only_our_error(data):
    with contextlib.suppress(FormatError):
        assert Challenge.from_problem(data) is None


def test_the_search_gives_up_after_the_most_work(monkeypatch):
    monkeypatch.setattr(proof_of_work, "MAX_WORK", 1000)
    assert Challenge.from_problem(body(keyPrefix="00" * 32, cost=3)).solve() is None


def test_a_challenge_is_not_printed():
    assert "11" not in repr(Challenge.from_problem(body()))
