"""A challenge is solved once, with fresh blinds. One that cannot be solved is `rate_limited`."""

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


@pytest.mark.parametrize(("most", "sizes"), [(2, [2, 2, 2, 1]), (3, [3, 3, 1]), (16, [7])])
def test_a_batch_is_split_as_the_server_asks(host, client, most, sizes):
    numbers = [HIT, *(f"139{n:08}" for n in range(5))]
    demand(host, most=most)
    assert [result.status for result in client.check_many(numbers)] == ["found"] + ["not_found"] * 5
    solved = [asked for asked in host.evaluations() if "pilookup-proof" in asked.headers]
    # The canary goes with the first request.
    assert [len(asked.body) // 32 for asked in solved] == sizes
    bodies = [asked.body[at : at + 32] for asked in host.evaluations() for at in range(0, len(asked.body), 32)]
    assert len(set(bodies)) == len(bodies)
    before = len(host.evaluations())
    client.check_many(numbers)
    again = [len(asked.body) // 32 for asked in host.evaluations()[before:]]
    assert max(again) <= most, "the size that the server takes is remembered"


@pytest.mark.parametrize("accept", [True, False])
def test_a_server_that_takes_less_than_a_check_is_over_quota(host, client, accept):
    demand(host, most=1, accept=accept)
    results = client.check_many([HIT, "13900000001"])
    assert {result.reason for result in results} == {"rate_limited"}
    assert len(host.evaluations()) == 1, "it does no work in vain"


@pytest.mark.parametrize("most", [2, 3, 5])
def test_a_server_that_asks_for_less_each_time_is_not_asked_for_ever(host, client, most):
    left = iter(range(most, 0, -1))

    def twist(asked, answer):
        if asked.method != "POST":
            return answer
        return Answer(429, document(500, data={"elements": next(left, 1)}))

    host.twist = twist
    results = client.check_many([f"139{n:08}" for n in range(9)])
    assert {result.reason for result in results} == {"rate_limited"}
    assert len(host.evaluations()) <= 2 * most + 2


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
