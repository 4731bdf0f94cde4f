"""Set-up of every run: the header names the backend of the core, and passphrases cost little."""

import pytest

from pilookup import _core
from tests.support.passphrase_cost import install_cheap_profile, remove_cheap_profile


def pytest_report_header():
    return f"pilookup core: {_core.backend()} backend, {_core.threads()} threads"


@pytest.fixture(autouse=True, scope="session")
def cheap_passphrases():
    """New keyrings of this process use the cheap profile, except within `shipped_profile`."""
    install_cheap_profile()
    yield
    remove_cheap_profile()
