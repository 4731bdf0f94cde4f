import pytest

from tests.support.sandbox import running


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A sandbox in a temporary directory, which ends by Ctrl-C and cleans up."""
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made
