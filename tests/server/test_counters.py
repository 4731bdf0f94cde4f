"""Counters whose levels fall evenly: in memory that workers share, and in Redis."""

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.limits import shared_lock
from pilookup_server.limits.counters import Charge, CountersError
from pilookup_server.limits.redis_counters import RedisCounters
from pilookup_server.limits.shared_counters import WAYS, SharedCounters
from pilookup_server.limits.shared_lock import SharedLock

from tests.support.server.stepped import Stepped
from tests.support.server.valkey import valkey


def shared(elapsed, **more):
    return SharedCounters(SharedLock(), elapsed=elapsed, **more)


def level(counters, key, rate=1.0):
    return asyncio.run(counters.states([Charge(key, 0, rate, 0)]))[0].level


class Model:
    """What the counters must say."""

    def __init__(self):
        self.states = {}

    def level(self, charge, now):
        level, at = self.states.get(charge.key, (0.0, now))
        return max(0.0, level - (now - at) * charge.rate)


CHARGES = st.lists(
    st.builds(
        lambda key, rate, limit, amount: Charge(f"{key}/{rate}", limit, rate, amount),
        st.sampled_from("abc"), st.sampled_from([0.25, 2.0]), st.integers(1, 40), st.integers(0, 20),
    ),
    min_size=1, max_size=4, unique_by=lambda charge: charge.key,
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 64).map(lambda n: n / 2), CHARGES), max_size=40))
@settings(deadline=None)
def test_all_charges_of_a_call_are_counted_or_none(calls):
    clock, model = Stepped(1_000.0), Model()
    counters = shared(clock)
    for pause, charges in calls:
        clock.now += pause
        after = [model.level(one, clock.now) + one.amount for one in charges]
        fits = [not one.amount or level <= one.limit for level, one in zip(after, charges, strict=True)]
        full = None if all(fits) else fits.index(False)
        assert asyncio.run(counters.charge(charges)) == (full, after if full is None else ())
        if full is None:
            counted = zip(after, charges, strict=True)
            model.states |= {one.key: (level, clock.now) for level, one in counted if one.amount}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), max_size=20), st.integers(0, 100))
@settings(deadline=None)
def test_a_refund_leaves_what_was_there_before(calls, pause):
    clock = Stepped(1_000.0)
    counters = shared(clock)
    for step, amount in calls:
        clock.now += step
        asyncio.run(counters.charge([Charge("k", 1000, 1.0, amount)]))
    before = level(counters, "k")
    charge = Charge("k", 10_000, 1.0, 7)
    assert asyncio.run(counters.charge([charge])).full is None
    asyncio.run(counters.refund([charge]))
    assert level(counters, "k") == before
    asyncio.run(counters.charge([charge]))
    clock.now += pause
    asyncio.run(counters.refund([charge]))
    assert level(counters, "k") >= 0


def test_idle_is_the_time_since_the_last_charge():
    clock = Stepped(1_000.0)
    counters = shared(clock)
    charge = Charge("k", 9, 1.0, 1)
    assert asyncio.run(counters.states([charge]))[0].idle == float("inf")
    asyncio.run(counters.charge([charge]))
    clock.now += 90
    assert asyncio.run(counters.states([charge]))[0] == (0.0, 90.0)
    assert asyncio.run(counters.charge([charge._replace(amount=0)])) == (None, [0.0])
    assert asyncio.run(counters.states([charge]))[0].idle == 90.0


def test_a_full_set_drops_the_key_whose_level_is_the_first_to_reach_0():
    clock = Stepped(1_000.0)
    counters, slow = shared(clock, sets=1), 1e-9
    for n in range(WAYS):
        asyncio.run(counters.charge([Charge(f"k{n}", 9, slow, 9 - n)]))
        clock.now += 1
    last, before = f"k{WAYS - 1}", f"k{WAYS - 2}"
    asyncio.run(counters.charge([Charge(last, 99, slow, 9), Charge("new", 9, slow, 1)]))
    found = {key: round(level(counters, key, slow)) for key in ("k0", before, last, "new")}
    assert found == {"k0": 9, before: 0, last: 11, "new": 1}


def test_many_keys_that_used_little_do_not_make_a_full_one_forgotten():
    """A key that is full is not charged any more, so it is the one whose last use is the longest ago."""
    clock = Stepped(1_000.0)
    counters, full = shared(clock, sets=1), Charge("all", 1_000, 1_000 / 86_400, 1_000)
    assert asyncio.run(counters.charge([full])).full is None
    for n in range(50 * WAYS):
        clock.now += 1
        asyncio.run(counters.charge([Charge(f"reserve/{n}", 5_000, 5_000 / 86_400, 2), Charge(f"x/{n}", 30, 0.5, 1)]))
    assert asyncio.run(counters.charge([full._replace(amount=10)])).full == 0


def test_processes_count_together_and_lose_nothing():
    """Four processes charge one key until it is full, and none counts beyond its limit."""
    counters, children = SharedCounters(SharedLock()), []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            done = 0
            while done < 400:
                with suppress(CountersError):  # on a loaded machine the others may hold the lock for a second
                    asyncio.run(counters.charge([Charge("k", 1000, 1e-9, 1)]))
                    done += 1
            os._exit(0)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
    assert round(level(counters, "k", 1e-9)) == 1000


def holding_process(lock):
    """Fork a process that holds the lock until it is killed; returns its id once it has the lock."""
    held, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        with lock:
            os.write(ready, b"x")
            signal.pause()
    os.read(held, 1)
    return pid


def test_a_killed_process_does_not_keep_the_lock():
    lock = SharedLock()
    pid = holding_process(lock)
    counters = SharedCounters(lock)
    with pytest.raises(CountersError):
        asyncio.run(counters.charge([Charge("k", 9, 1.0, 1)]))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert asyncio.run(counters.charge([Charge("k", 9, 1.0, 1)])).full is None


def test_a_lock_that_is_not_released_is_waited_for_once(monkeypatch):
    lock, clock = SharedLock(), Stepped(50.0)
    pid = holding_process(lock)
    monkeypatch.setattr(shared_lock.time, "monotonic", clock)
    monkeypatch.setattr(shared_lock.time, "sleep", lambda _: setattr(clock, "now", clock.now + 0.1))
    waited = []
    for _ in range(3):
        before = clock.now
        with pytest.raises(CountersError), lock:
            pass
        waited.append(round(clock.now - before))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert waited == [1, 0, 0]
    for _ in range(2):
        with lock:
            pass


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with valkey(tmp_path_factory.mktemp("redis")) as port:
        yield f"redis://127.0.0.1:{port}"


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_servers_count_together_in_redis(redis_url, scheme):
    async def count():
        one, two = (RedisCounters(redis_url.replace("redis", scheme, 1)) for _ in range(2))
        wide, narrow = Charge(f"{scheme}/wide", 100, 1e-6, 6), Charge(f"{scheme}/narrow", 10, 1e-6, 6)
        fast = Charge(f"{scheme}/fast", 10, 1e6, 6)
        try:
            assert [state.idle for state in await one.states([wide, narrow])] == [float("inf")] * 2
            full, levels = await one.charge([wide, narrow, wide._replace(key=f"{scheme}/read", amount=0)])
            assert (full, [round(level, 2) for level in levels]) == (None, [6, 6, 0])
            assert (await one.states([wide._replace(key=f"{scheme}/read")]))[0].idle == float("inf")
            assert await two.charge([wide, narrow]) == (1, ())
            assert [round(state.level, 2) for state in await one.states([wide, narrow])] == [6, 6]
            assert (await one.charge([fast])).full is None
            assert (await two.charge([fast])).full is None
            await two.refund([wide, narrow])
            (state,) = await one.states([narrow])
            assert (state.level, 0 <= state.idle < 600) == (0, True)
            assert [await one.count_once(f"{scheme}/name", 60), await two.count_once(f"{scheme}/name", 60)] == [1, 0]
        finally:
            await one.close()
            await two.close()

    asyncio.run(count())


def test_a_clock_of_redis_that_is_set_back_fills_nothing(redis_url):
    async def count():
        counters, charge = RedisCounters(redis_url), Charge("back", 10, 0.1, 1)
        try:
            assert (await counters.charge([charge])).full is None
            await counters._client.hset("pilookup:back", "at", str(time.time() + 86_400))
            assert await counters.states([charge]) == [(1.0, 0.0)]
            assert (await counters.charge([charge])).full is None
            assert round((await counters.states([charge]))[0].level) == 2
        finally:
            await counters.close()

    asyncio.run(count())


def test_without_redis_nothing_is_counted():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    counters = RedisCounters(f"redis://127.0.0.1:{port}")
    with pytest.raises(CountersError):
        asyncio.run(counters.charge([Charge("k", 9, 1.0, 1)]))
