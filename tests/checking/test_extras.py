"""Unit tests of results, the bucket cache and retries, and of what importing loads."""

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.checking import deadline, retries
from pilookup.checking.bucket_cache import BucketCache
from pilookup.checking.result import DETAILS, Failure, Reason, Result, Status
from pilookup.checking.retries import FailureLimit
from pilookup.protocol.label import Label, Profile
from tests.support.checking.publisher import CASES

PROBE = """
import sys
{code}
heavy = {{"httpx2", "httpcore2", "phonenumbers", "pyarrow", "tuf", "securesystemslib", "urllib3", "h11", "anyio"}}
print(sorted(heavy & {{name.partition(".")[0] for name in sys.modules}}))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import pilookup",
        "import pilookup.checking.client, pilookup.checking.async_client",
        "from pilookup import *",
        "from pilookup import Client, AsyncClient, Result, canonicalise",
        "from pilookup import Case, Reason, Status, TrustError, TrustOnFirstUse",
        "from pilookup import canonicalise; assert canonicalise('138 0013 8000') == b'tel:+8613800138000'",
    ],
)
def test_importing_is_light(code):
    probe = [sys.executable, "-W", "error", "-c", PROBE.format(code=code)]
    assert subprocess.run(probe, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_client_needs_no_phone_number_tables_for_mainland_numbers(tmp_path):
    code = f"from pilookup import Client; Client('https://pilookup.example', state_dir={str(tmp_path)!r})"
    probe = [sys.executable, "-c", PROBE.format(code=code)]
    loaded = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
    assert "tuf" in loaded
    assert "phonenumbers" not in loaded
    assert "pyarrow" not in loaded


def test_states_are_their_strings():
    assert [str(status) for status in Status] == ["found", "not_found", "unknown"]
    assert Result.not_found().status == "not_found"
    assert Result.unknown(Reason.STALE).reason == "stale"


@pytest.mark.parametrize("result", [Result.not_found(), Result.unknown(Reason.STALE)])
def test_a_result_has_no_truth_value(result):
    with pytest.raises(TypeError, match="status"):
        bool(result)
    with pytest.raises(TypeError):
        assert not result


def test_results_are_values():
    label = Label(malicious=True, accounts=3, month=307, cases=(1,))
    found = Result.found(label, CASES[:1], Profile.EXACT)
    assert found == pickle.loads(pickle.dumps(found))
    assert len({found, found, Result.not_found()}) == 2
    assert found.last_seen == "2025-07"
    with pytest.raises(AttributeError):
        found.status = Status.NOT_FOUND


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_goes_into_json(reason):
    body = Result.unknown(reason).to_json()
    assert json.loads(json.dumps(body))["reason"] == reason
    told = {"detail"} if reason in DETAILS else set()
    assert {name for name, value in body.items() if value} == {"status", "reason"} | told
    assert told or reason is Reason.INVALID_NUMBER, "which says all"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=60), st.integers(0, 100))
def test_a_cache_stays_in_bounds_and_never_mixes(puts, limit):
    cache = BucketCache(limit)
    held = {}
    for index, size in puts:
        held[index] = bytes([index]) * size
        cache.put(b"root", index, held[index])
        assert cache.size <= limit
        for other, slots in held.items():
            assert cache.get(b"root", other) in (None, slots)
        assert cache.get(b"other root", index) is None
    assert cache.size == sum(len(cache.get(b"root", index) or b"") for index in held)


def test_the_least_recently_used_goes_first():
    cache = BucketCache(3)
    for index in range(3):
        cache.put(b"r", index, b"x")
    cache.get(b"r", 0)
    cache.put(b"r", 3, b"x")
    assert [cache.get(b"r", index) for index in range(4)] == [b"x", None, b"x", b"x"]


def test_retry_delays_grow_and_end(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.1)
    failure = Failure(Reason.UNREACHABLE)
    for attempt, longest in enumerate((0.1, 0.2)):
        assert longest / 2 <= retries.retry_delay(attempt, failure) <= longest
    assert retries.retry_delay(2, failure) is None
    assert retries.retry_delay(0, Failure(Reason.SERVER_ERROR, retry_after=1.0)) == 1.0
    assert retries.retry_delay(0, Failure(Reason.SERVER_ERROR, retry_after=9.0)) is None


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.UNREACHABLE, Reason.SERVER_ERROR}))
def test_nothing_else_is_tried_again(reason):
    assert retries.retry_delay(0, Failure(reason)) is None


def test_a_series_of_failing_requests_is_abandoned():
    row = FailureLimit(2)
    row.failed(Failure(Reason.UNREACHABLE))
    row.succeeded()
    row.failed(Failure(Reason.UNREACHABLE))
    assert row.ended() is None
    last = Failure(Reason.SERVER_ERROR)
    row.failed(last)
    assert row.ended() is last
    row = FailureLimit(2)
    row.failed(Failure(Reason.RATE_LIMITED))
    assert row.ended().reason == "rate_limited"


def test_a_retry_that_the_deadline_cuts_short_says_nothing_new(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.1)
    clock = [0.0]
    monkeypatch.setattr(deadline, "now", lambda: clock[0])
    first, second = Failure(Reason.SERVER_ERROR), Failure(Reason.UNREACHABLE)
    attempts = retries.Retries(deadline.Deadline.after(1.0))
    assert 0 < attempts.delay(first) <= 0.1
    clock[0] = 2.0
    with pytest.raises(Failure) as caught:
        attempts.delay(second)
    assert caught.value is first


def test_a_retry_waits_only_if_time_is_left_for_it(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.1)
    failure = Failure(Reason.SERVER_ERROR, retry_after=1.5)
    assert retries.Retries(deadline.Deadline.after(60.0)).delay(failure) == 1.5
    with pytest.raises(Failure):
        retries.Retries(deadline.Deadline.after(1.0)).delay(failure)
