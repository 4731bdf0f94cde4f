"""A challenge beyond the soft quota is solved once, with fresh blinds. One that cannot be solved is `rate_limited`."""

import pytest

from pilookup.protocol.proof_of_work import Challenge
from tests.support.checking.challenges import demand, document
from tests.support.checking.numbers import HIT
from tests.support.checking.server import Answer


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


@pytest.mark.parametrize("cost", [1, 50_000, 4_000_000])
def test_a_search_asks_whether_to_give_up_every_few_thousand_hashes(cost):
    challenge = Challenge.from_problem(document(10**9 % 2**32, cost=cost))
    asked = []

    def give_up():
        asked.append(True)
        return len(asked) >= 3

    assert challenge.solve(give_up) is None
    assert len(asked) in (3, 4)
