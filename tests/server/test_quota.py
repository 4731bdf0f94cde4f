"""Quotas per token and of refused requests, and what both quotas say in headers."""

import asyncio
import socket
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.limits.quota import Quota
from pilookup_server.limits.shared_counters import SharedCounters
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.problems import ProblemError
from pilookup_server.settings import quota_items

from tests.support.server.platform_keys import add_platform
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, Repository
from tests.support.server.stepped import Stepped

PUBLIC = "/v1/channels/public"


@pytest.mark.anyio
async def test_elements_are_what_is_counted(running, repository):
    async with running(public_quota="20/minute;200/day", public_reserve="") as server:
        answer = await server.evaluate(count=4)
        assert answer.headers["ratelimit-policy"] == '"60s";q=20;w=60, "86400s";q=200;w=86400'
        minute, day = answer.headers["ratelimit"].split(", ")
        assert minute.startswith('"60s";r=6;t=')
        assert day.startswith('"86400s";r=96;t=')
        assert (await server.evaluate(count=6)).status_code == 200
        refused = await server.evaluate(count=1)
        problem(refused, 429, "rate-limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert refused.headers["ratelimit"].startswith('"60s";r=0;t=')
        assert (await server.get(f"{PUBLIC}/metadata/root.json")).status_code == 200


@pytest.mark.anyio
async def test_a_batch_larger_than_the_quota_is_reported_as_such(running, repository):
    async with running(public_quota="20/minute", public_reserve="") as server:
        body = problem(await server.evaluate(count=11), 429, "rate-limited")
        assert "at once" in body["detail"]
        assert (await server.evaluate(count=10)).status_code == 200


@pytest.mark.anyio
async def test_a_refused_or_malformed_call_does_not_count_in_the_daily_window(running, repository):
    async with running(public_quota="10/minute;12/day", public_reserve="") as server:
        assert (await server.evaluate(count=5)).status_code == 200
        for _ in range(10):
            problem(await server.evaluate(count=5), 429, "rate-limited")
            problem(await server.evaluate(99), 410, "retired")
        assert '"86400s";r=1;' in (await server.evaluate(count=1)).headers["ratelimit"]


@pytest.mark.anyio
async def test_addresses_of_one_64_network_share_a_quota(running, repository):
    one = {"x-forwarded-for": "2001:db8:0:1::1"}
    near = {"x-forwarded-for": "2001:db8:0:1:ffff::2"}
    far = {"x-forwarded-for": "2001:db8:0:2::1"}
    async with running(public_quota="6/minute", public_reserve="", trusted_proxies="192.0.2.0/24") as server:
        assert (await server.evaluate(count=3, headers=one)).status_code == 200
        problem(await server.evaluate(headers=near), 429, "rate-limited")
        assert (await server.evaluate(headers=far)).status_code == 200


@pytest.mark.anyio
async def test_an_untrusted_caller_cannot_choose_its_address(running, repository):
    async with running(public_quota="8/minute", public_reserve="", trusted_proxies="10.0.0.0/8") as server:
        for n in range(3):
            assert (await server.evaluate(headers={"x-forwarded-for": f"203.0.113.{n}"})).status_code == 200
        problem(await server.evaluate(headers={"x-forwarded-for": "203.0.113.99"}), 429, "rate-limited")


@pytest.mark.anyio
async def test_platforms_are_counted_by_key(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    first, second = ({"authorization": f"Bearer {add_platform(tmp_path, n)}"} for n in (1, 2))
    async with running(platform_quota="6/minute", public_quota="4/minute", public_reserve="") as server:
        assert (await server.evaluate(count=3, channel="platform", headers=first)).status_code == 200
        problem(await server.evaluate(channel="platform", headers=first), 429, "rate-limited")
        assert (await server.evaluate(count=3, channel="platform", headers=second)).status_code == 200
        assert (await server.evaluate(count=2)).status_code == 200


@pytest.mark.anyio
async def test_what_is_answered_takes_no_quota_and_refusals_have_one(running, repository):
    async with running(request_quota="4/minute") as server:
        for _ in range(2):
            problem(await server.client.post("/readyz"), 405, "method-not-allowed")
        problem(await server.client.post("/readyz"), 429, "rate-limited")
        for path in ("metadata/root.json", "snapshots/1/buckets/0"):
            assert (await server.get(f"{PUBLIC}/{path}")).status_code == 200
        problem(await server.get(f"{PUBLIC}/metadata/2.root.json"), 404, "not-found")
        problem(await server.get(f"{PUBLIC}/snapshots/9/buckets/0"), 410, "retired")
        assert (await server.evaluate()).status_code == 200
        assert (await server.get("/readyz")).status_code == 200


@pytest.mark.anyio
async def test_a_browser_gets_its_429_as_a_page(running, repository):
    html = {"accept": "text/html,application/xhtml+xml"}
    async with running(request_quota="2/minute") as server:
        await server.client.post("/readyz")
        answer = await server.get("/v1/channels/public/evaluate", headers=html)
        assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")
        assert "script" not in answer.text
        assert "请稍候" in answer.text
        assert "Please wait" in answer.text
        assert int(answer.headers["retry-after"]) >= 1
        problem(await server.client.post("/readyz"), 429, "rate-limited")


def counters(clock):
    return SharedCounters(SharedLock(), elapsed=clock)


@pytest.mark.anyio
@pytest.mark.parametrize("cost", [1, 3, 5])
@pytest.mark.parametrize("pause", [0, 7, 45])
async def test_after_retry_after_it_fits_and_not_much_before(cost, pause):
    clock = Stepped(1_000_020.0)
    quota = Quota("q", quota_items("10/minute"), counters(clock))
    await quota.take("k", 5)
    clock.now += pause
    try:
        await quota.take("k", cost)
    except ProblemError as refused:
        wait = int(refused.headers["retry-after"])
        clock.now += wait - 1.5
        with pytest.raises(ProblemError):
            await quota.take("k", cost)
        clock.now += 1.5
        await quota.take("k", cost)


@given(
    amount=st.integers(1, 200), seconds=st.sampled_from(["minute", "hour", "day"]),
    calls=st.lists(st.tuples(st.floats(0, 3_000), st.integers(1, 30)), max_size=150),
)  # fmt: skip
@settings(deadline=None)
def test_no_window_lets_more_than_its_amount_pass(amount, seconds, calls):
    async def run():
        clock = Stepped(1_000_050.0)
        (item,) = quota_items(f"{amount}/{seconds}")
        quota, taken = Quota("q", [item], counters(clock)), []
        for pause, cost in calls:
            clock.now += pause
            try:
                await quota.take("k", cost)
                taken.append((clock.now, cost))
            except ProblemError:
                pass
        for start, _ in taken:
            assert sum(cost for at, cost in taken if start <= at < start + item.get_expiry()) <= amount

    asyncio.run(run())


@pytest.mark.anyio
async def test_who_always_asks_is_let_through_at_an_even_pace():
    clock = Stepped(1_000_050.0)
    quota, taken = Quota("q", quota_items("60/minute"), counters(clock)), []
    for _ in range(2400):
        try:
            await quota.take("k", 1)
            taken.append(clock.now)
        except ProblemError:
            pass
        clock.now += 0.1
    later = taken[30:]
    assert len(taken) in (149, 150)
    assert max(b - a for a, b in pairwise(later)) < 2.2


@pytest.mark.anyio
async def test_without_its_counters_the_server_evaluates_nothing(running, repository):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with running(quota_storage=f"redis://127.0.0.1:{port}") as server:
        answer = await server.evaluate()
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await server.get("/readyz")).status_code == 200
