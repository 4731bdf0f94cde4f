"""The Python client, blocking and asynchronous, gives the answer of the kit's list in every case."""

import asyncio

import pytest

from pilookup import AsyncClient, Client
from pilookup.checking import retries
from tests.support.kit import all_cases, run_case, state_folder


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)


def check(numbers, *client):
    with Client(*client) as client:
        return [result.to_json() for result in client.check_many(numbers)]


def check_asynchronously(numbers, *client):
    async def run():
        async with AsyncClient(*client) as client_:
            return [result.to_json() for result in await client_.check_many(numbers)]

    return asyncio.run(run())


@pytest.fixture(scope="module")
def states():
    yield from state_folder()


@pytest.mark.sampled("check")
@pytest.mark.parametrize("check", [check, check_asynchronously], ids=["blocking", "asynchronous"])
@pytest.mark.parametrize("case", all_cases())
def test_case(kit, case, check, states):
    trust, state = kit.trust(case.name), states / f"{case.name}-{check.__name__}"
    run_case(kit, case, "python", lambda _, numbers: check(numbers, kit.url(case.name), case.channel, trust, state))
