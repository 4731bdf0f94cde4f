import pytest

from pilookup.checking import retries
from tests.support.checking.server import Host
from tests.support.checking.static_channel import StaticChannel
from tests.support.screening.platform import Platform


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)


@pytest.fixture
def publisher():
    return StaticChannel(channel="platform")


@pytest.fixture
def host(publisher):
    host = Host(publisher)
    yield host
    host.close()


@pytest.fixture
def platform(host, tmp_path):
    return Platform(host, tmp_path)
