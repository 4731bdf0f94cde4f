"""One small served HOME that all tests of the documents share."""

import pytest

from tests.support.docs.home import Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("demo"))
    made.make()
    with made.served():
        yield made
