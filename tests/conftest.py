"""What holds for every test: the run says which arithmetic it has, and passphrases cost little."""

import pytest

from pilookup import _core
from tests.support.passphrase_cost import install_cheap_profile, remove_cheap_profile


def pytest_report_header():
    return f"pilookup core: {_core.backend()} backend, {_core.threads()} threads"


@pytest.fixture(autouse=True, scope="session")
def cheap_passphrases():
    """Keyrings made in this process are of the cheap profile, but for those made within `shipped_profile`."""
    install_cheap_profile()
    yield
    remove_cheap_profile()
