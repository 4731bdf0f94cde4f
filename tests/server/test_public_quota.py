"""The quota of the public channel: of addresses, the networks around them, the whole channel, and an epoch."""

import asyncio
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.count_keeper import counts_of_one_process
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.public_quota import KEPT, PublicQuota, PublicWindows
from pilookup_server.limits.quota import Window
from pilookup_server.problems import ProblemError
from pilookup_server.settings import read_settings

from pilookup.protocol.problems import Problem
from tests.support.server.problem_answers import problem
from tests.support.server.stepped import Stepped

PROXIED = {"trusted_proxies": "192.0.2.0/24"}


def as_from(address):
    return {"x-forwarded-for": address}


class Solved:
    """Proofs of work that are always right, and never used twice."""

    def challenge(self, elements, used):
        assert used >= 0
        return {"elements": elements}

    def check(self, header, elements):
        return "name" if header == "solved" else None

    async def mark_used(self, name, seconds):
        return True


class Caller:
    """A public quota over shared counters, with an elapsed clock that the test moves."""

    def __init__(self, folder, **given):
        self.clock = Stepped(1_000_000.0)
        (folder / "online").mkdir(exist_ok=True)
        self.settings = read_settings(home=folder, **given)
        counts = counts_of_one_process(self.settings, self.clock)
        windows = PublicWindows.from_settings(self.settings)
        batch = self.settings.public_batch
        self.quota = PublicQuota(windows, batch, counts.counters, counts.ledger, Solved(), Solved())

    def ask(self, address, elements=1, proof=None, epoch=1):
        """Whether the request is admitted: its Admission, or the ProblemError."""
        networks = ClientAddresses(()).networks({"client": (address, 1)})
        try:
            return asyncio.run(self.quota.admit(networks, epoch, elements, proof))
        except ProblemError as error:
            refusal = error
        assert refusal.problem.status == 429
        assert int(refusal.headers["retry-after"]) >= 1
        return refusal

    def admitted(self, *given, **more):
        return not isinstance(self.ask(*given, **more), ProblemError)


@pytest.mark.parametrize(
    ("addresses", "multiple"),
    [
        ([f"198.51.100.{n}" for n in range(64)], 32),
        ([f"2001:db8:0:12{n:02x}::1" for n in range(16)], 4),
        ([f"2001:db8:0:{n:x}00::1" for n in range(1, 33)], 16),
    ],
)
@pytest.mark.parametrize("proof", [None, "solved"])
def test_a_network_has_a_multiple_of_an_addresss_quota(tmp_path, addresses, multiple, proof):
    caller = Caller(tmp_path, public_quota="60/day", public_reserve="20/day")
    own = 5 if proof is None else 15
    count = sum(caller.admitted(address, 2, proof) for address in addresses for _ in range(own))
    assert count * 2 == (10 if proof is None else 30) * multiple
    outside = "203.0.113.1" if "." in addresses[0] else "2001:db9::1"
    assert caller.admitted(outside)


REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["198.51.100.1", "198.51.100.2", "203.0.113.1", "2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:100::1"]
        ),
        st.integers(1, 20), st.sampled_from([None, "solved"]), st.integers(0, 300), st.booleans(),
    ),
    max_size=120,
)  # fmt: skip


@given(REQUESTS)
@settings(deadline=None, max_examples=60)
def test_no_sequence_of_requests_gets_past_a_ceiling(tmp_path_factory, requests):
    """In every span of a window's length, in every network, at most its amount."""
    caller = Caller(
        tmp_path_factory.mktemp("home"), public_quota="20/minute;60/hour", public_reserve="6/minute;18/hour",
        public_channel_quota="150/hour", public_epoch_quota=400,
    )  # fmt: skip
    passed = []
    for address, elements, proof, pause, invalid in requests:
        caller.clock.now += pause
        answer = caller.ask(address, elements, proof)
        if isinstance(answer, ProblemError):
            continue
        assert elements <= 2 or (proof and elements <= 16)
        if invalid:
            asyncio.run(answer.refund())
        else:
            passed.append((caller.clock.now, address, elements))
    assert sum(elements for *_, elements in passed) <= 400
    assert caller.quota.ledger.evaluated(1) == sum(elements for *_, elements in passed)
    for seconds, amount in ((60, 20), (3600, 60)):
        for network, multiple in {n for _, a, _ in passed for n in _networks(a, seconds)}:
            for start, *_ in passed:
                inside = [
                    e
                    for at, a, e in passed
                    if start <= at < start + seconds and (network, multiple) in _networks(a, seconds)
                ]
                assert sum(inside) <= amount * multiple
    for start, *_ in passed:
        assert sum(e for at, _, e in passed if start <= at < start + 3600) <= 150


def _networks(address, seconds):
    own, *wider = ClientAddresses(()).networks({"client": (address, 1)})
    return [(one.key, one.multiple) for one in ([own, *wider] if seconds == 3600 else [own])]


def test_a_part_of_the_channel_is_kept_for_addresses_that_asked_nothing(tmp_path):
    caller = Caller(tmp_path, public_quota="180/day", public_reserve="160/day", public_channel_quota="200/day")
    greedy = ["198.51.100.1", "203.0.113.1"]
    taken = sum(caller.admitted(address, 2) for _ in range(60) for address in greedy) * 2
    assert taken == int(100 * (1 - KEPT))
    new = [str(ip_address("2001:db8::") + (n << 80)) for n in range(30)]
    assert [caller.admitted(address, 2) for address in new] == [True] * 10 + [False] * 20
    assert not caller.admitted(new[0])
    refusal = caller.ask(greedy[0])
    assert "whole" in refusal.detail or "channel" in refusal.detail
    caller.clock.now += 2 * 86_400
    assert caller.admitted(greedy[0], 2)


def test_an_epoch_has_a_ceiling_and_the_next_one_its_own(tmp_path):
    caller = Caller(tmp_path, public_epoch_quota=100)
    assert sum(caller.admitted("198.51.100.1", 2) for _ in range(60)) * 2 == 80
    assert caller.admitted("203.0.113.1", 2)
    assert not caller.admitted("203.0.113.1", 2)
    assert int(caller.ask("203.0.113.1").headers["retry-after"]) > 3600
    assert caller.admitted("198.51.100.1", 2, epoch=2)
    again = Caller(tmp_path, public_epoch_quota=100)
    assert sum(again.admitted(f"203.0.113.{n}", 2) for n in range(60)) * 2 == 100 - 82


def test_the_channel_is_not_left_to_those_who_ask_for_one_element(tmp_path):
    caller = Caller(tmp_path, public_channel_quota="100/day")
    while caller.admitted("198.51.100.1", 2):
        pass
    caller.clock.now += 86_400 / 50 + 1  # one element becomes free
    assert not caller.admitted("198.51.100.1", 1)
    caller.clock.now += 86_400 / 50
    assert caller.admitted("198.51.100.1", 2)


@pytest.mark.parametrize(("reserve", "at_once"), [("1/day", 1), ("8/day", 3)])
def test_where_all_belongs_to_the_reserve_no_work_adds_to_it(tmp_path, reserve, at_once):
    caller = Caller(tmp_path, public_quota=reserve, public_reserve=reserve)
    assert sum(caller.admitted("198.51.100.1", 1, "solved") for _ in range(20)) == at_once


def test_a_network_has_no_more_than_its_multiple_of_a_quota_of_one(tmp_path):
    caller, count = Caller(tmp_path, public_quota="2/day", public_reserve="1/day"), 0
    for n in range(48 * 24):
        count += caller.admitted(f"198.51.100.{n % 256}")
        caller.clock.now += 86_400 / (48 * 24) - 1e-6
    assert count <= 32


def test_no_work_is_asked_for_where_the_channel_is_full(tmp_path):
    caller = Caller(tmp_path, public_channel_quota="100/day", public_epoch_quota=1000)
    assert sum(caller.admitted(f"198.51.100.{n}", 8, "solved") for n in range(9)) == 5
    refusal = caller.ask("198.51.100.77", 8)
    assert refusal.problem is Problem.RATE_LIMITED
    assert "ratelimit" in refusal.headers
    assert caller.ask("203.0.113.1", 8).problem is Problem.RATE_LIMITED
    assert caller.admitted("203.0.113.1", 2)
    (tmp_path / "other").mkdir()
    epoch = Caller(tmp_path / "other", public_epoch_quota=10)
    assert epoch.admitted("198.51.100.1", 8, "solved")
    assert epoch.ask("198.51.100.1", 8).problem is Problem.RATE_LIMITED


def test_a_proof_that_cannot_be_noted_takes_nothing(tmp_path):
    class Full(Solved):
        async def mark_used(self, name, seconds):
            raise ProblemError(Problem.UNAVAILABLE)

    caller = Caller(tmp_path)
    object.__setattr__(caller.quota, "replay_guard", Full())
    networks = ClientAddresses(()).networks({"client": ("198.51.100.1", 1)})
    with pytest.raises(ProblemError):
        asyncio.run(caller.quota.admit(networks, 1, 16, "solved"))
    assert caller.quota.ledger.evaluated(1) == 0
    object.__setattr__(caller.quota, "replay_guard", Solved())
    assert '"86400s";r=14999;' in caller.ask("198.51.100.1").headers["ratelimit"]


def test_ratelimit_says_when_nothing_counts_any_more(tmp_path):
    caller = Caller(tmp_path, public_quota="60/minute", public_reserve="20/minute")
    for _ in range(5):
        headers = caller.ask("198.51.100.1", 2).headers
    assert headers["ratelimit"] == '"60s";r=20;t=60'
    caller.clock.now += 60
    assert '"60s";r=28;' in caller.ask("198.51.100.1", 2).headers["ratelimit"]


def test_after_retry_after_the_reserve_has_room(tmp_path):
    caller = Caller(tmp_path, public_quota="60/minute", public_reserve="20/minute")
    while caller.admitted("198.51.100.1", 2):
        pass
    caller.clock.now += int(caller.ask("198.51.100.1", 2).headers["retry-after"])
    assert caller.admitted("198.51.100.1", 2)


@pytest.mark.anyio
async def test_invalid_elements_are_refunded(running, repository):
    async with running(public_quota="20/hour", public_reserve="") as server:
        for _ in range(20):
            invalid = await server.client.post(
                "/v1/channels/public/evaluate?epoch=1",
                content=bytes(5 * 32), headers={"content-type": "application/octet-stream"},
            )  # fmt: skip
            problem(invalid, 422, "invalid-element")
        assert '"3600s";r=0;' in (await server.evaluate(count=10)).headers["ratelimit"]
        assert server.app.state.service.quotas.public.ledger.evaluated(1) == 10


@pytest.mark.anyio
async def test_workers_share_every_count(running, repository, tmp_path):
    given = {"public_quota": "20/hour", "public_reserve": "12/hour"} | PROXIED
    counts = counts_of_one_process(read_settings(home=tmp_path, **given))
    async with running(counts=counts, **given) as one, running(counts=counts, **given) as two:
        answers = [await server.evaluate(count=2) for server in (one, two, one, two)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit"].partition(";t")[0] for answer in answers] == [
            f'"3600s";r={left}' for left in (8, 6, 4, 4)
        ]
        far = as_from("2001:db8::1")
        assert (await two.evaluate(count=2, headers=far)).status_code == 200


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"public_reserve": "5/day"}, "PUBLIC_RESERVE"),
        ({"public_quota": "5/day", "public_reserve": "6/day"}, "PUBLIC_RESERVE"),
        ({"public_quota": "5/minute;9/60 second"}, "PUBLIC_QUOTA"),
        ({"public_batch": 1}, "PUBLIC_BATCH"),
        ({"public_channel_quota": "0/day"}, "PUBLIC_CHANNEL_QUOTA"),
        ({"public_epoch_quota": 0}, "PUBLIC_EPOCH_QUOTA"),
    ],
)
def test_settings_that_contradict_each_other_are_named(tmp_path, given, named):
    with pytest.raises(Exception, match=f"PILOOKUP_{named}"):
        read_settings(home=tmp_path, **given)


def test_no_representation_shows_an_address():
    network, wider = ClientAddresses(()).networks({"client": ("198.51.100.1", 1)})
    charge = Window("public", 10, 60).charge(network.key, 1)
    assert "198.51" in charge.key
    assert "198.51" not in repr([charge, network, wider])


def test_a_variable_of_a_former_version_is_refused_with_its_successor(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PUBLIC_SOFT_QUOTA", "300/minute")
    with pytest.raises(Exception, match="PILOOKUP_PUBLIC_RESERVE"):
        read_settings(home=tmp_path)


def test_an_admission_asks_the_counters_once(tmp_path, monkeypatch):
    """What RateLimit says comes with the charge, so that counters that fail afterwards leave no request unanswered."""
    caller = Caller(tmp_path)
    before = caller.ask("198.51.100.1", 2)

    async def fails(_):
        raise CountersError

    monkeypatch.setattr(caller.quota.counters, "states", fails)
    after = caller.ask("198.51.100.1", 2)
    assert [admission.headers["ratelimit"].partition(";t")[0] for admission in (before, after)] == [
        '"60s";r=1498',
        '"60s";r=1496',
    ]
    assert caller.quota.ledger.evaluated(1) == 4
