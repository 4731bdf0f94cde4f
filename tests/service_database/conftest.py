import pytest
from pilookup_server.settings import Settings

from tests.support.custody.postgresql import Cluster
from tests.support.server.service_databases import Postgresql, Server, Sqlite


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for field in Settings.model_fields:
        monkeypatch.delenv(f"PILOOKUP_{field.upper()}", raising=False)


@pytest.fixture(scope="session")
def postgresql():
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "online").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request, home):
    """A new database of each kind."""
    if request.param == "sqlite":
        return Sqlite(home / "online")
    return Postgresql(request.getfixturevalue("postgresql"))


@pytest.fixture
def server(home, kind):
    """Makes servers on the home and its database; they are killed after the test."""
    made = []

    def make(*, at=home, **given):
        made.append(Server(at, kind.url, **given))
        return made[-1]

    yield make
    for one in made:
        one.kill()
