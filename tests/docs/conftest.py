"""One small served HOME for every test of this room."""

import pytest

from tests.support.docs.home import Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("demo"))
    made.make()
    with made.served():
        yield made
