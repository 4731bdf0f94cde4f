"""An AsyncClient uses no thread of its event loop's default executor, whatever becomes of its checks."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pilookup import AsyncClient
from pilookup.checking.async_client import OFFLOAD_FROM
from pilookup.protocol.proof_of_work import Challenge
from tests.support.checking.asking import on
from tests.support.checking.challenges import demand
from tests.support.checking.names import Names
from tests.support.checking.numbers import HIT, MISS
from tests.support.checking.server import Answer

HANG = 20.0


class Refusing(ThreadPoolExecutor):
    """A default executor that notes what is submitted to it."""

    def __init__(self):
        super().__init__(1)
        self.submitted = []

    def submit(self, work, /, *args, **options):
        self.submitted.append(work)
        return super().submit(work, *args, **options)


def run(host, tmp_path, body, url=None, **options):
    """Run `body(client)` on an event loop whose default executor has one thread; returns what was submitted to that."""
    executor = Refusing()

    async def main():
        asyncio.get_running_loop().set_default_executor(executor)
        options_ = {"trust": host.publisher.pin, "state_dir": tmp_path, "timeout": HANG} | options
        async with AsyncClient(url or host.url, **options_) as client:
            await body(client)

    asyncio.run(main())
    return executor.submitted


def test_a_check_uses_no_thread_of_the_application(host, tmp_path):
    async def body(client):
        assert (await client.check(HIT)).status == "found"
        texts = [f"1360000{n:04}" for n in range(OFFLOAD_FROM)]
        assert {result.status for result in await client.check_many(texts)} == {"not_found"}
        demand(host)
        assert (await client.check(MISS)).status == "not_found"

    assert run(host, tmp_path, body, host.url.replace("127.0.0.1", "localhost")) == []


async def until(condition):
    """Wait until something that happens in a thread has happened."""
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 - an asyncio.Event would need the thread to know the loop
            await asyncio.sleep(0.01)


HANGING = ["root.json", "timestamp.json", "/evaluate", "/buckets/", "name"]


@pytest.mark.parametrize("part", HANGING)
def test_cancelled_checks_leave_the_application_its_threads_and_names(part, host, tmp_path, monkeypatch):
    """Eight checks hang and are cancelled. Then the loop's own threads and name look-ups, and another check, go on."""
    names = Names(monkeypatch)
    asked, answered = threading.Event(), threading.Event()

    def hold(request, answer):
        asked.set()
        answered.wait(HANG)
        return Answer(503)

    host.twist = on(part, hold)

    async def body(client):
        checks = [asyncio.create_task(client.check(f"1360000{n:04}")) for n in range(8)]
        await until(lambda: names.asked if part == "name" else asked.is_set())
        for check in checks:
            check.cancel()
        ended = await asyncio.gather(*checks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended)
        async with asyncio.timeout(HANG):
            assert await asyncio.to_thread(lambda: 7) == 7
            assert await asyncio.get_running_loop().getaddrinfo("localhost", 80)
        answered.set()
        names.go.set()
        host.twist = lambda asked, answer: answer
        while (await client.check(HIT)).status != "found":  # noqa: ASYNC110 - the refresh under way ends first
            await asyncio.sleep(0.05)

    url = host.url.replace("127.0.0.1", "check.slow") if part == "name" else None
    submitted = run(host, tmp_path, body, url, insecure=True)
    assert len(submitted) == 2  # the test's own


def test_a_cancelled_check_gives_up_its_proof_of_work(host, tmp_path, monkeypatch):
    solving, ended = threading.Event(), threading.Event()

    def solve(challenge, give_up=lambda: False):
        solving.set()
        while not give_up():
            assert not ended.wait(0.001)
        ended.set()

    monkeypatch.setattr(Challenge, "solve", solve)
    demand(host)

    async def body(client):
        check = asyncio.create_task(client.check(HIT))
        await until(solving.is_set)
        check.cancel()
        await asyncio.wait([check])
        await until(ended.is_set)

    assert run(host, tmp_path, body) == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_proof_of_work_ends_at_the_deadline(kind, client_at, host, monkeypatch):
    def solve(challenge, give_up=lambda: False):
        while not give_up():
            threading.Event().wait(0.001)

    monkeypatch.setattr(Challenge, "solve", solve)
    demand(host)
    result = client_at(timeout=0.3).check(HIT)
    assert (result.status, result.reason) == ("unknown", "rate_limited")
    assert "proof of work" in result.detail
