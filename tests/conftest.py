"""Set-up of every run: the header names the backend of the core, passphrases cost little, nothing is flushed, and no
property has a deadline or must be fast, since other work may run beside the tests.
"""

import gc
import signal

import pytest
from hypothesis import HealthCheck, settings

from pilookup import _core
from tests.support.flushing import without_flushing
from tests.support.passphrase_cost import install_cheap_profile, remove_cheap_profile
from tests.support.sampling import EVERY_CASE, description, sampled
from tests.support.sandbox import running

settings.register_profile(
    "any-speed",
    deadline=None,
    # Each example overwrites what the one before has written into a folder of the test.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any-speed")


# A shell starts background jobs with SIGINT ignored. The programs that tests start and stop would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header():
    return [f"pilookup core: {_core.backend()} backend, {_core.threads()} threads", description()]


def pytest_collection_modifyitems(config, items):
    """Leave out what is not in the sample. Files with tests that are marked slow come first.

    Otherwise one process would end the run with them alone. The tests of a file stay together, because they share what
    it sets up.
    """
    if not EVERY_CASE:
        items[:], left_out = sampled(items)
        config.hook.pytest_deselected(items=left_out)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish():
    """Leave what is imported and collected, which stays to the end, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def cheap_passphrases():
    """New keyrings of this process use the cheap profile, except within `shipped_profile`."""
    install_cheap_profile()
    yield
    remove_cheap_profile()


@pytest.fixture(autouse=True, scope="session")
def no_flushing():
    """This process does not wait for the disk."""
    with without_flushing():
        yield


@pytest.fixture(autouse=True, scope="session")
def no_bytecode_of_temporary_files():
    """Programs that tests start read the compiled modules of earlier runs, and write none of their own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A sandbox in a temporary directory, which ends by Ctrl-C and must clean up. Made for the first test that asks."""
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made
