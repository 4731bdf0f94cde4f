import pytest

from tests.support.kit import serve


@pytest.fixture(scope="session")
def kit():
    yield from serve()
