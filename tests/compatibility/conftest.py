import pytest

from tests.support.compatibility.homes import index, unpack


@pytest.fixture(params=sorted(index()))
def name(request):
    return request.param


@pytest.fixture
def facts(name, monkeypatch):
    """The entry of the HOME in homes.json. The control data are in the HOME's own SQLite file."""
    monkeypatch.delenv("PILOOKUP_DATABASE_URL", raising=False)
    return index()[name]


@pytest.fixture
def home(name, facts, tmp_path):
    """The HOME, unpacked from its archive."""
    return unpack(name, tmp_path)
