import os
from contextlib import contextmanager

import pytest

from pilookup.checking import retries
from tests.support.attacks.asking import Async, Sync
from tests.support.attacks.home import Held
from tests.support.attacks.server import Proxy, Served
from tests.support.server.platform_keys import KEY


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("PILOOKUP_")]:
        patch.delenv(name)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)


@pytest.fixture(scope="session")
def original(tmp_path_factory, no_settings_from_outside):
    """One published HOME; tests that change a HOME change a copy."""
    return Held.make(tmp_path_factory.mktemp("attacks") / "home")


@pytest.fixture(scope="session")
def server(original):
    """The real server over `original`, whose files no test changes."""
    server = Served(original.path)
    yield server
    server.close()


@pytest.fixture
def held(original, tmp_path):
    """A copy of the HOME for one test."""
    return original.copy(tmp_path / "home")


@pytest.fixture
def serve():
    """Start servers over other HOMEs."""
    made = []

    def start(path, **given):
        made.append(Served(path, **given))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def front():
    """Starts proxies in front of servers; closes them after the test."""
    made = []

    def start(served):
        made.append(Proxy(served.url))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def proxy(server, front):
    return front(server)


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.sampled("client_at")) for kind in (Sync, Async)])
def client_at(request, original, tmp_path):
    """Makes clients of either kind. The clients of a test share a state directory."""
    with clients(request.param, original, tmp_path) as make:
        yield make


@pytest.fixture
def plain_client_at(original, tmp_path):
    """Makes only blocking clients, for attacks that take long to prepare."""
    with clients(Sync, original, tmp_path) as make:
        yield make


@contextmanager
def clients(kind, original, tmp_path):
    made = []

    def make(url, channel="public", **options):
        options = {"trust": original.trust(channel), "state_dir": tmp_path / "state", "timeout": 5.0} | options
        options = ({"token": KEY} if channel == "platform" else {}) | options
        made.append(kind(url, channel, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(client_at, proxy):
    return client_at(proxy.url)
