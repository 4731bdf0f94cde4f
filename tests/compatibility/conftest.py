import pytest

from tests.support.compatibility.homes import index, unpack


@pytest.fixture(params=sorted(index()))
def name(request):
    return request.param


@pytest.fixture
def facts(name, monkeypatch):
    """What homes.json tells of the HOME; its control data are its own SQLite file."""
    monkeypatch.delenv("PILOOKUP_DATABASE_URL", raising=False)
    return index()[name]


@pytest.fixture
def home(name, facts, tmp_path):
    """The HOME as its archive has it."""
    return unpack(name, tmp_path)
