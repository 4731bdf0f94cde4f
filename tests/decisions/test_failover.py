"""An evaluator that fails in the middle of sign-ups: each ends in time with an action, none as a miss, and each account
that was opened meanwhile is decided once the evaluator is back. With real clients, over the network and with a mirror.
"""

import asyncio
import threading

import pytest

from pilookup import AsyncClient, Client, Mirror
from pilookup.checking import retries
from pilookup.decisions import AsyncGuard, Guard, Policy, RecheckList, work_off
from pilookup.protocol.oprf import SecretKey
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.server import USED_UP, Answer, Host, evaluate
from tests.support.checking.static_channel import StaticChannel

GENEROUS, SHORT = 60.0, 0.3
"""Seconds that a sign-up may wait: more than any takes here, and less than the server waits where it is slow."""

OTHER_KEY = SecretKey.generate()

FAULTS = {
    "down": (lambda asked, right: Answer(cut=-1), "service_down"),
    "cut": (lambda asked, right: Answer(body=right.body, cut=20), "service_down"),
    "failing": (lambda asked, right: Answer(503), "service_down"),
    "over quota": (lambda asked, right: Answer(429, headers={"Retry-After": "30"}), "over_quota"),
    "quota used up": (
        lambda asked, right: Answer(429, USED_UP, {"Content-Type": "application/problem+json", "Retry-After": "9"}),
        "over_quota",
    ),
    "retired": (lambda asked, right: Answer(410), "not_verified"),
    "key refused": (lambda asked, right: Answer(401), "misconfigured"),
    "false proof": (lambda asked, right: Answer(body=right.body[:-64] + bytes(64)), "not_verified"),
    "another key": (lambda asked, right: Answer(body=evaluate(asked.body, OTHER_KEY)), "not_verified"),
    "elements of others": (lambda asked, right: Answer(body=right.body[32:64] + right.body[32:]), "not_verified"),
    "nonsense": (lambda asked, right: Answer(body=b"ok"), "not_verified"),
    "redirect": (lambda asked, right: Answer(302, headers={"Location": "/"}), "not_verified"),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)


@pytest.fixture(scope="module")
def host():
    publisher = StaticChannel()
    publisher.publish({b"tel:+8613800138000": LABEL})
    host = Host(publisher)
    yield host
    host.close()


class WithMirror:
    """Sign-ups with a blocking client and a mirror."""

    def __init__(self, host, folder, recheck_list):
        Mirror(folder / "mirror").sync(host.url, channel="public", trust=host.publisher.pin)
        self.options = {"trust": host.publisher.pin, "mirror": folder / "mirror"}
        self.client = Client(host.url, **self.options)
        self._recheck_list = recheck_list

    def sign_up(self, number, account, deadline):
        guard = Guard(self.client, deadline=deadline, recheck_list=self._recheck_list)
        return guard.decide(number, scene="signup", since=None, account=account)

    def check(self, number, deadline):
        return self.client.check(number, timeout=deadline)

    def close(self):
        self.client.close()


class OverTheNetwork:
    """Sign-ups with an asynchronous client, which fetches buckets from the server too."""

    def __init__(self, host, folder, recheck_list):
        self.options = {"trust": host.publisher.pin, "state_dir": folder / "state"}
        self.client = AsyncClient(host.url, **self.options)
        self._recheck_list, self._runner = recheck_list, asyncio.Runner()

    def sign_up(self, number, account, deadline):
        guard = AsyncGuard(self.client, deadline=deadline, recheck_list=self._recheck_list)
        return self._runner.run(guard.decide(number, scene="signup", since=None, account=account))

    def check(self, number, deadline):
        return self._runner.run(self.client.check(number, timeout=deadline))

    def close(self):
        self._runner.run(self.client.close())
        self._runner.close()


@pytest.fixture(params=[WithMirror, OverTheNetwork])
def platform(request, host, tmp_path):
    host.twist = lambda asked, answer: answer
    RecheckList.make_key(tmp_path / "recheck.key", tmp_path / "recheck.pub")
    recheck_list = RecheckList(tmp_path / "recheck.sqlite3", tmp_path / "recheck.pub")
    made = request.param(host, tmp_path, recheck_list)
    made.recheck_list, made.private_key = recheck_list, tmp_path / "recheck.key"
    yield made
    host.twist = lambda asked, answer: answer
    made.close()


def begin(platform):
    """Two sign-ups that are answered."""
    assert platform.sign_up(HIT, "before-1", GENEROUS).action == "review"
    assert platform.sign_up(MISS, "before-2", GENEROUS).action == "allow"


def assert_decided_later(host, platform, accounts):
    """Once the evaluator is back, every account gets the decision that it would have got."""
    assert len(platform.recheck_list) == len(accounts)
    host.twist = lambda asked, answer: answer
    with Client(host.url, **platform.options) as client:
        decided = list(work_off(platform.recheck_list, platform.private_key, client, Policy()))
    actions = {HIT: "review", MISS: "allow"}
    assert [(entry.account, decision.action) for entry, decision in decided] == [
        (account, actions[number]) for account, number in accounts
    ]
    assert len(platform.recheck_list) == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_middle(host, platform, fault):
    begin(platform)
    answer, code = FAULTS[fault]
    host.twist = lambda asked, right: answer(asked, right) if asked.method == "POST" else right
    accounts = [(f"during-{index}", HIT if index % 2 else MISS) for index in range(4)]
    for account, number in accounts:
        decision = platform.sign_up(number, account, GENEROUS)
        assert (decision.action, decision.failover, decision.on_recheck_list) == ("allow", True, True)
        assert [reason.code for reason in decision.reasons] == [code]
        assert platform.check(number, GENEROUS).status == "unknown"
    assert_decided_later(host, platform, accounts)


def test_a_slow_evaluator_holds_nobody_up(host, platform):
    """The server answers only once it is told to, so a call that ends before has ended by its deadline."""
    begin(platform)
    released = threading.Event()
    host.twist = lambda asked, right: released.wait(GENEROUS) and right if asked.method == "POST" else right
    try:
        accounts = [("during-1", HIT), ("during-2", MISS)]
        for account, number in accounts:
            decision = platform.sign_up(number, account, SHORT)
            assert (decision.action, decision.reasons[0].code) == ("allow", "service_down")
        result = platform.check(MISS, SHORT)
        assert (result.status, result.reason) == ("unknown", "unreachable")
        assert not released.is_set()
    finally:
        released.set()
    assert_decided_later(host, platform, accounts)
