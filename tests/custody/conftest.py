import pytest
from custody_home import found, opened


@pytest.fixture
def home(tmp_path):
    return found(tmp_path / "home")


@pytest.fixture
def session(home):
    with opened(home.path) as session:
        yield session
