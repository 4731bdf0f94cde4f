"""Quotas per address, /64 network and token, also behind proxies; counted in memory and in Redis."""

import shutil
import socket
import subprocess
import time
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.limits import counters
from pilookup_server.limits.client_address import UNKNOWN, ClientAddresses
from pilookup_server.limits.counters import WindowCounters
from pilookup_server.limits.quota import Quota
from pilookup_server.problems import ProblemError
from pilookup_server.settings import quota_items

from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, TOKEN, Repository

PUBLIC = "/v1/channels/public"


def scope(client, *forwarded):
    headers = [(b"host", b"t"), *((b"x-forwarded-for", line.encode("latin-1")) for line in forwarded)]
    return {"client": (client, 1) if client else None, "headers": headers}


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"), (None, UNKNOWN), ("testclient", UNKNOWN),
    ],
)  # fmt: skip
def test_addresses(client, key):
    assert ClientAddresses(()).key(scope(client, "203.0.113.9")) == key


@pytest.mark.parametrize(
    ("client", "forwarded", "key"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.9,10.9.9.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:5555"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::5]:443"], "2001:db8::/64"),
        ("10.0.0.1", ["2001:db8::5"], "2001:db8::/64"),
        ("10.0.0.1", ["203.0.113.9, junk"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, junk, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.1.1.1"], "10.1.1.1"),
        ("192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("fd00::1", ["203.0.113.9"], "203.0.113.9"),
    ],
)  # fmt: skip
def test_forwarded_addresses_are_believed_only_from_trusted_proxies(client, forwarded, key):
    callers = ClientAddresses((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    assert callers.key(scope(client, *forwarded)) == key


@given(st.text(alphabet="0123456789abcdef:.,[] %x", max_size=80))
def test_any_forwarded_header_gives_a_key(text):
    key = ClientAddresses((ip_network("10.0.0.0/8"),)).key(scope("10.0.0.1", text))
    ip_network(key)


@pytest.mark.anyio
async def test_elements_are_what_is_counted(running, repository):
    async with running(public_quota="10/minute;100/day") as server:
        answer = await server.evaluate(count=4)
        assert answer.headers["ratelimit-policy"] == '"60s";q=10;w=60, "86400s";q=100;w=86400'
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
    async with running(public_quota="10/minute") as server:
        body = problem(await server.evaluate(count=11), 429, "rate-limited")
        assert "whole quota" in body["detail"]
        assert (await server.evaluate(count=10)).status_code == 200


@pytest.mark.anyio
async def test_a_refused_or_malformed_call_does_not_count_in_the_daily_window(running, repository):
    async with running(public_quota="5/minute;6/day") as server:
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
    async with running(public_quota="3/minute", trusted_proxies="192.0.2.0/24") as server:
        assert (await server.evaluate(count=3, headers=one)).status_code == 200
        problem(await server.evaluate(headers=near), 429, "rate-limited")
        assert (await server.evaluate(headers=far)).status_code == 200


@pytest.mark.anyio
async def test_an_untrusted_caller_cannot_choose_its_address(running, repository):
    async with running(public_quota="3/minute", trusted_proxies="10.0.0.0/8") as server:
        for n in range(3):
            assert (await server.evaluate(headers={"x-forwarded-for": f"203.0.113.{n}"})).status_code == 200
        problem(await server.evaluate(headers={"x-forwarded-for": "203.0.113.99"}), 429, "rate-limited")


@pytest.mark.anyio
async def test_platforms_are_counted_by_token(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    first, second = ({"authorization": f"Bearer {TOKEN}{n}"} for n in (1, 2))
    async with running(
        platform_tokens=f"{TOKEN}1,{TOKEN}2", platform_quota="3/minute", public_quota="2/minute"
    ) as server:
        assert (await server.evaluate(count=3, channel="platform", headers=first)).status_code == 200
        problem(await server.evaluate(channel="platform", headers=first), 429, "rate-limited")
        assert (await server.evaluate(count=3, channel="platform", headers=second)).status_code == 200
        assert (await server.evaluate(count=2)).status_code == 200


@pytest.mark.anyio
async def test_other_requests_have_a_separate_quota(running, repository):
    async with running(request_quota="4/minute") as server:
        for _ in range(2):
            assert (await server.get(f"{PUBLIC}/metadata/root.json")).status_code == 200
            assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/0")).status_code == 200
        for path in ("metadata/root.json", "targets/x", "snapshots/1/buckets/0"):
            problem(await server.get(f"{PUBLIC}/{path}"), 429, "rate-limited")
        assert (await server.evaluate()).status_code == 200
        assert (await server.get("/readyz")).status_code == 200


class Time:
    def __init__(self, now):
        self.now = now

    def time(self):
        return self.now


@pytest.mark.anyio
@pytest.mark.parametrize("cost", [1, 3, 10])
async def test_after_retry_after_it_fits_and_not_much_before(monkeypatch, cost):
    clock = Time(1_000_020.0)
    monkeypatch.setattr(counters, "time", clock)
    quota = Quota("q", quota_items("10/minute"), WindowCounters())
    await quota.take("k", 10)
    clock.now += 45
    with pytest.raises(ProblemError) as refused:
        await quota.take("k", cost)
    wait = int(refused.value.headers["retry-after"])
    clock.now += wait - 1.5
    with pytest.raises(ProblemError):
        await quota.take("k", cost)
    clock.now += 1.5
    await quota.take("k", cost)


@pytest.mark.anyio
async def test_no_window_of_a_minute_lets_twice_the_quota_pass(monkeypatch):
    clock = Time(1_000_050.0)
    monkeypatch.setattr(counters, "time", clock)
    quota = Quota("q", quota_items("60/minute"), WindowCounters())
    taken = []
    for _ in range(2400):
        try:
            await quota.take("k", 1)
            taken.append(clock.now)
        except ProblemError:
            pass
        clock.now += 0.1
    for start in taken:
        assert sum(start <= moment < start + 60 for moment in taken) < 120
    assert len(taken) >= 200


@pytest.mark.anyio
async def test_counters_do_not_grow_without_bound():
    storage = WindowCounters(max_keys=100)
    for n in range(1000):
        assert await storage.acquire_sliding_window_entry(f"key-{n}", 5, 60)
    assert len(storage._windows) == 100
    assert not await storage.acquire_sliding_window_entry("key-999", 5, 60, amount=5)


@pytest.fixture
def redis_url(tmp_path):
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is on PATH")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the counters' server did not start")


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["redis", "valkey"])
async def test_workers_count_together_in_redis(running, repository, redis_url, scheme):
    url = redis_url.replace("redis", scheme, 1)
    async with (
        running(public_quota="10/minute;100/day", quota_storage=url, workers=4) as one,
        running(public_quota="10/minute;100/day", quota_storage=url, workers=4) as two,
    ):
        assert (await one.evaluate(count=6)).status_code == 200
        answer = await two.evaluate(count=3)
        assert answer.headers["ratelimit"].startswith('"60s";r=1;')
        refused = await one.evaluate(count=2)
        problem(refused, 429, "rate-limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert (await two.evaluate(count=1)).status_code == 200


@pytest.mark.anyio
async def test_without_its_counters_the_server_evaluates_nothing(running, repository):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with running(quota_storage=f"redis://127.0.0.1:{port}") as server:
        answer = await server.evaluate()
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await server.get("/readyz")).status_code == 200
