import pytest

from pilookup import Mirror
from pilookup.checking import retries
from pilookup.checking.mirror import ranges
from tests.support.checking.numbers import LABEL
from tests.support.checking.server import Host
from tests.support.checking.static_channel import StaticChannel

NUMBER = b"tel:+8613800138000"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(ranges, "PART_BYTES", 2048)  # buckets.bin has 8,192 bytes: four parts


@pytest.fixture
def publisher():
    publisher = StaticChannel()
    publisher.publish({NUMBER: LABEL})
    return publisher


@pytest.fixture
def host(publisher):
    host = Host(publisher)
    yield host
    host.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mirror"


@pytest.fixture
def sync(host, folder):
    """Syncs the mirror with the host."""

    def run(**options):
        options = {"channel": host.publisher.channel, "trust": host.publisher.pin, "timeout": 20.0} | options
        return Mirror(folder).sync(options.pop("url", host.url), **options)

    return run
