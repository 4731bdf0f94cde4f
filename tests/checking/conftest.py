import asyncio

import pytest

from pilookup import AsyncClient, Client
from pilookup.checking import deadline, retries
from pilookup.checking.deadline import Deadline
from tests.support.checking.numbers import LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Host


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)


@pytest.fixture
def publisher():
    publisher = Publisher()
    publisher.publish({b"tel:+8613800138000": LABEL})
    return publisher


@pytest.fixture
def host(publisher):
    host = Host(publisher)
    yield host
    host.close()


class Sync:
    """Calls a Client by the methods that `Async` has too, so that a test runs on both clients."""

    def __init__(self, url, *args, **options):
        self.client = Client(url, *args, **options)

    def check(self, *args, **options):
        return self.client.check(*args, **options)

    def check_many(self, *args, **options):
        return self.client.check_many(*args, **options)

    def case_details(self):
        return self.client.case_details()

    def fetch(self, need):
        return self.client._fetch(need, Deadline.after(5.0))

    def close(self):
        self.client.close()

    def done(self):
        pass


class Async:
    def __init__(self, url, *args, **options):
        self.client = AsyncClient(url, *args, **options)
        self.loop = asyncio.new_event_loop()
        self.loop.time = lambda: deadline.now()  # noqa: PLW0108 - one clock for both, also where a test replaces it

    def check(self, *args, **options):
        return self.loop.run_until_complete(self.client.check(*args, **options))

    def check_many(self, *args, **options):
        return self.loop.run_until_complete(self.client.check_many(*args, **options))

    def case_details(self):
        return self.loop.run_until_complete(self.client.case_details())

    def fetch(self, need):
        return self.loop.run_until_complete(self.client._fetch(need, Deadline.after(5.0)))

    def close(self):
        self.loop.run_until_complete(self.client.close())

    def done(self):
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.sampled("client_at")) for kind in (Sync, Async)])
def client_at(request, host, tmp_path):
    """Makes clients of the host, blocking and asynchronous in turn. All clients of a test share one state directory."""
    made = []

    def make(url=None, **options):
        options = {"trust": host.publisher.pin, "state_dir": tmp_path / "state", "timeout": 2.0} | options
        made.append(request.param(url or host.url, host.publisher.channel, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
        client.done()


@pytest.fixture
def client(client_at):
    return client_at()
