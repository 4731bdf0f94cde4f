"""A wall clock that is wrong: no key is lost, no timestamp is of the future, and the next release arrives."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tuf.api.metadata import Metadata, Timestamp

from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, START

pytestmark = pytest.mark.anyio
PUBLIC = "/v1/channels/public"
FORMER_END = START + timedelta(hours=72)


def stamp_of(repository):
    return Metadata[Timestamp].from_bytes((repository.metadata / "timestamp.json").read_bytes()).signed


@pytest.fixture
def rotated(repository):
    """The public channel with epoch 2, and epoch 1 served for 72 hours more."""
    repository.publish({2: (3, LATER), 1: (2, FORMER_END)})
    return repository


async def doubtful(server):
    answer = (await server.get("/readyz")).json()
    assert REGISTRY.get_sample_value("pilookup_clock_doubtful", {"channel": "public"}) == answer["clock_doubtful"]
    return answer["clock_doubtful"]


@pytest.mark.parametrize("days", [10, -10])
async def test_a_clock_that_is_wrong_for_seconds_changes_nothing_that_is_served(running, rotated, clock, keys, days):
    async with running() as server:
        clock.pass_(hours=2)
        await server.public.tick()
        before = stamp_of(rotated)
        clock.step(days=days)
        for _ in range(4):
            await server.public.tick()
            assert await doubtful(server)
            assert [(await server.evaluate(epoch)).status_code for epoch in (1, 2)] == [200, 200]
            clock.pass_(seconds=1)
        clock.step(days=-days)
        await server.public.tick()
        assert not await doubtful(server)
        assert stamp_of(rotated) == before
        assert keys.destroyed == []
        rotated.publish({2: (5, LATER), 1: (4, FORMER_END)}, clock.now)
        await server.public.tick()
        readiness = (await server.get("/readyz")).json()["channels"]["public"]
        assert (readiness["serials"], readiness["release_refused"]) == ([4, 5], False), (
            "the next release did not arrive"
        )


@pytest.mark.parametrize("days", [4, -4])
async def test_renewal_goes_on_from_the_last_good_time_and_the_elapsed(running, rotated, clock, keys, days):
    async with running() as server:
        before = stamp_of(rotated)
        clock.step(days=days)
        clock.pass_(hours=30)
        await server.public.tick()
        assert await doubtful(server)
        fresh = stamp_of(rotated)
        assert fresh.version == before.version + 1
        assert fresh.expires == START + timedelta(hours=30 + 48)
        assert (await server.evaluate(1)).status_code == 200
        clock.pass_(hours=42)
        await server.public.tick()
        problem(await server.evaluate(1), 410, "retired")
        clock.pass_(hours=2)
        await server.public.tick()
        assert keys.destroyed == [], "destroyed while the clock was in doubt"


async def test_a_step_that_counts_ends_the_epoch_whose_time_it_ends(running, rotated, clock, keys):
    """One of 40 hours, which is less than the 48 that need the operator's word."""
    async with running() as server:
        clock.pass_(hours=33)
        await server.public.tick()
        clock.step(hours=40)
        await server.public.tick()
        assert (await server.evaluate(1)).status_code == 200
        clock.pass_(minutes=10)
        await server.public.tick()
        problem(await server.evaluate(1), 410, "retired")
        assert keys.destroyed == [("public", 1)]


@pytest.mark.parametrize("machine", [False, True])
async def test_a_clock_four_days_ahead_and_a_restart_destroy_nothing(running, rotated, clock, keys, machine):
    async with running() as server:
        clock.pass_(hours=1)
        await server.public.tick()
    version = stamp_of(rotated).version
    clock.step(days=4)
    if machine:
        clock.start_machine()
    async with running() as server:
        assert await doubtful(server) == (not machine)
        clock.pass_(minutes=59)
        await server.public.tick()
        assert keys.destroyed == []
        assert stamp_of(rotated).version <= version + 1
        clock.step(days=-4)
        await server.public.tick()
        rotated.publish({2: (5, LATER), 1: (4, FORMER_END)}, clock.now)
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["release_refused"] is False
        assert [(await server.evaluate(epoch)).status_code for epoch in (1, 2)] == [410 if machine else 200, 200]
        assert keys.destroyed == []


async def test_after_suspension_the_timestamp_is_renewed_and_what_has_ended_is_not_served(
    running, rotated, clock, keys
):
    async with running() as server:
        clock.pass_(days=5)
        await server.public.tick()
        assert not await doubtful(server)
        assert stamp_of(rotated).expires == clock.now + timedelta(hours=48)
        problem(await server.evaluate(1), 410, "retired")
        assert (await server.evaluate(2)).status_code == 200
        assert keys.destroyed == [("public", 1)]
