"""The fake clients answer as the real ones do, for the numbers of the table alone, and wait no longer than they may."""

import asyncio
import inspect
import json
import subprocess
import sys

import phonenumbers
import pytest

from pilookup import (
    AsyncClient,
    AsyncNumberChecker,
    Client,
    NumberChecker,
    RealNumberError,
    Reason,
    Result,
    Status,
    canonicalise,
)
from pilookup.protocol.label import Profile
from pilookup.testing import CASES, FakeAsyncClient, FakeClient, SlowResult, SyntheticNumber, is_synthetic
from pilookup.testing.synthetic_numbers import LABELS, label_of

PAIRS = [(Client, FakeClient, NumberChecker), (AsyncClient, FakeAsyncClient, AsyncNumberChecker)]
NEVER_IN_A_TABLE = ["13800138000", "+8613800138000", "+12025550123", "010-12345678", "15300000001"]


class Sleeper:
    """Records what it is told to wait, and does not wait."""

    def __init__(self):
        self.waited = []

    def __call__(self, seconds):
        self.waited.append(seconds)

    async def later(self, seconds):
        self.waited.append(seconds)


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_") or name in INTERFACE}


INTERFACE = {"__enter__", "__exit__", "__aenter__", "__aexit__"}


def test_every_public_name_of_a_client_is_in_its_interface_and_in_the_fake_one():
    for real, fake, interface in PAIRS:
        offered = {name for name in public(real) if name != "renew_after_fork"}
        assert offered == public(interface)
        assert offered <= public(fake)


def test_quota_warnings_are_those_that_were_given():
    for fake in (FakeClient, FakeAsyncClient):
        assert fake().quota_warnings == {}
        assert fake(quota_warnings={"signup": 83}).quota_warnings == {"signup": 83}


@pytest.mark.parametrize(("real", "fake", "interface"), PAIRS, ids=["Client", "AsyncClient"])
def test_signatures_are_equal(real, fake, interface):
    for name in public(interface):
        wanted = inspect.getattr_static(real, name)
        for other in (inspect.getattr_static(fake, name), inspect.getattr_static(interface, name)):
            if isinstance(wanted, property):
                assert inspect.signature(other.fget) == inspect.signature(wanted.fget)
            else:
                assert inspect.signature(other) == inspect.signature(wanted), name
                assert inspect.iscoroutinefunction(other) == inspect.iscoroutinefunction(wanted)


def test_no_synthetic_number_can_belong_to_anyone():
    for number in SyntheticNumber:
        parsed = phonenumbers.parse(number, "CN")
        assert not phonenumbers.is_valid_number(parsed)
        assert is_synthetic(canonicalise(number))
    for last in range(0, 10**8, 9_999_991):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(f"154{last:08}", "CN"))
    assert not any(is_synthetic(canonicalise(number)) for number in NEVER_IN_A_TABLE)


def test_every_named_number_has_its_answer_and_every_reason_has_a_number():
    client = FakeClient(sleep=lambda _: None, timeout=100)
    reasons = {client.check(number).reason for number in SyntheticNumber} - {None}
    assert reasons | {Reason.INVALID_NUMBER} == set(Reason)
    assert {number for number in SyntheticNumber if client.check(number).status == Status.FOUND} == {
        *LABELS,
        SyntheticNumber.SLOW_MALICIOUS,
    }
    assert client.check("not a number").reason is Reason.INVALID_NUMBER


def test_answers_are_as_named():
    client = FakeClient()
    exposed, malicious, both = client.check_many(
        [SyntheticNumber.EXPOSED, SyntheticNumber.MALICIOUS, SyntheticNumber.BOTH]
    )
    assert (exposed.exposed, exposed.malicious, exposed.accounts, exposed.cases) == (True, False, 0, CASES[:1])
    assert (malicious.exposed, malicious.malicious, malicious.accounts) == (False, True, 3)
    assert (both.exposed, both.malicious, both.last_seen) == (True, True, "2025-02")
    more = client.check(SyntheticNumber.MORE_CASES)
    assert more.more
    assert [case.id for case in more.cases] == [4, 3, 2]
    limited = client.check(SyntheticNumber.RATE_LIMITED)
    assert (limited.reason, limited.retry_after) == (Reason.RATE_LIMITED, 30)
    assert client.check("154 9999 9999").status == Status.NOT_FOUND
    assert client.check("+86 154-0000-0002") == malicious
    json.dumps([client.check(number).to_json() for number in LABELS])
    assert client.catalogue == CASES
    assert client.manifest is None


def test_the_public_channel_is_coarse():
    coarse = FakeClient(channel="public").check(SyntheticNumber.MANY_ACCOUNTS)
    assert (coarse.accounts, coarse.last_seen) == (6, "2025-Q2")
    for number in LABELS:
        label = label_of(number, Profile.COARSE)
        assert label.accounts == Profile.COARSE.accounts(LABELS[number].accounts)
        assert label_of(number, Profile.EXACT) == LABELS[number]


@pytest.mark.parametrize("number", NEVER_IN_A_TABLE)
def test_a_number_that_may_belong_to_somebody_is_refused(number):
    with pytest.raises(RealNumberError, match="begins with 154") as caught:
        FakeClient().check_many([SyntheticNumber.EXPOSED, number])
    assert number not in str(caught.value)
    with pytest.raises(RealNumberError):
        asyncio.run(FakeAsyncClient().check(number))


def test_own_answers_come_first():
    answers = {"13800138000": Result.not_found(), SyntheticNumber.MALICIOUS: Result.unknown(Reason.STALE)}
    client = FakeClient(answers)
    assert client.check("+86 138 0013 8000").status == Status.NOT_FOUND
    assert client.check(SyntheticNumber.MALICIOUS).reason is Reason.STALE
    with pytest.raises(RealNumberError):
        client.check("13800138001")
    for wrong in ({"12": Result.not_found()}, {"13800138000, 13800138001": Result.not_found()}):
        with pytest.raises(ValueError, match="not exactly one phone number"):
            FakeClient(wrong)


def asked(kind, numbers, timeout, **arguments):
    """The results of a check by either client, and what it waited."""
    sleeper = Sleeper()
    if kind is FakeClient:
        return FakeClient(sleep=sleeper, **arguments).check_many(numbers, timeout=timeout), sleeper.waited
    client = FakeAsyncClient(sleep=sleeper.later, **arguments)
    return asyncio.run(client.check_many(numbers, timeout=timeout)), sleeper.waited


@pytest.mark.parametrize("kind", [FakeClient, FakeAsyncClient])
def test_slow_answers_respect_the_timeout(kind):
    numbers = [SyntheticNumber.SLOW_MALICIOUS, SyntheticNumber.VERY_SLOW, SyntheticNumber.EXPOSED]
    (slow, very_slow, fast), waited = asked(kind, numbers, None)
    assert waited == [10]
    assert (slow.malicious, fast.exposed) == (True, True)
    assert (very_slow.reason, very_slow.detail) == (Reason.UNREACHABLE, "no answer within 10 seconds")
    (slow, very_slow, fast), waited = asked(kind, numbers, 0.5)
    assert waited == [0.5]
    assert (slow.reason, very_slow.reason, fast.status) == (Reason.UNREACHABLE, Reason.UNREACHABLE, Status.FOUND)
    assert asked(kind, numbers[2:], 0.5)[1] == []
    results, waited = asked(kind, ["15400000009"], 3, answers={"15400000009": SlowResult(Result.not_found(), 1.5)})
    assert (results, waited) == ([Result.not_found()], [1.5])


def test_arguments_are_checked_as_the_real_clients_check_them():
    client = FakeClient()
    for wrong, error in ((15400000001, TypeError), (None, TypeError)):
        with pytest.raises(error):
            client.check(wrong)
    with pytest.raises(TypeError, match="several texts"):
        client.check_many("15400000001")
    for arguments in ({"region": "XX"}, {"timeout": 0}):
        with pytest.raises(ValueError, match=r"region|timeout"):
            client.check(SyntheticNumber.EXPOSED, **arguments)
        with pytest.raises(ValueError, match=r"region|timeout"):
            FakeClient(**arguments)
    with pytest.raises(ValueError, match="channel"):
        FakeClient(channel="other")
    assert client.calls == 0


def test_a_closed_client_refuses_and_calls_are_counted():
    with FakeClient() as client:
        client.check(SyntheticNumber.EXPOSED)
        client.check_many([SyntheticNumber.EXPOSED, SyntheticNumber.BOTH])
        assert client.calls == 2
    with pytest.raises(RuntimeError, match="closed"):
        client.check(SyntheticNumber.EXPOSED)

    async def closed():
        async with FakeAsyncClient() as other:
            await other.check(SyntheticNumber.EXPOSED)
        with pytest.raises(RuntimeError, match="closed"):
            await other.check(SyntheticNumber.EXPOSED)

    asyncio.run(closed())


def test_a_fake_client_needs_no_network_library():
    code = (
        "import sys; from pilookup.testing import *; FakeClient().check('15400000001');"
        "print(*(n for n in ('httpx2', 'httpcore2', 'tuf', 'numpy', 'pilookup.custody') if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
