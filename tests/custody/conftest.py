from contextlib import ExitStack

import pytest

from pilookup.custody import Custody
from tests.support.custody import channel
from tests.support.custody.databases import PostgresqlDatabase, SqliteFile
from tests.support.custody.home import SECRET, make_home, opened
from tests.support.custody.postgresql import Cluster


@pytest.fixture(scope="session")
def postgresql():
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, monkeypatch):
    """The database of the control data, SQLite or PostgreSQL; the environment names it."""
    monkeypatch.delenv("PILOOKUP_DATABASE_URL", raising=False)
    if request.param == "sqlite":
        return SqliteFile()
    return PostgresqlDatabase(request.getfixturevalue("postgresql"), monkeypatch)


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


@pytest.fixture
def custody(home):
    with Custody.open(home.path, passphrase=SECRET) as custody:
        yield custody


@pytest.fixture
def session(home):
    with opened(home.path) as session:
        yield session


@pytest.fixture
def at(database):
    """Opens sessions of a HOME at a given time, on both kinds of database; closes them after the test."""
    with ExitStack() as opened_here:

        def open_at(path, now=channel.NOW):
            session = channel.at(path, now)
            opened_here.callback(session.control.close)
            return session

        yield open_at
