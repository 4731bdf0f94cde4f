"""Secrets cannot be copied, pickled or printed, and the module matches its stub."""

import copy
import pickle
import subprocess
import sys
import threading
import time

import pytest

from pilookup import _core


@pytest.fixture(params=["key", "blinds"])
def secret(request):
    return _core.SecretKey.generate() if request.param == "key" else _core.blind([b"a"])[0]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secrets_are_not_pickled(secret, protocol):
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        pickle.dumps(secret, protocol)


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_secrets_are_not_copied(secret, copier):
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        copier(secret)


def test_secrets_are_not_printed(secret):
    assert repr(secret) == str(secret) == f"<{type(secret).__name__}>"


def test_secrets_are_made_by_their_functions_alone_and_frozen(secret):
    with pytest.raises(TypeError):
        type(secret)()
    with pytest.raises(AttributeError):
        secret.note = 1
    with pytest.raises(TypeError):
        type("Heir", (type(secret),), {})


def test_equality_is_identity():
    key = _core.SecretKey.generate()
    assert key == key
    assert key != _core.SecretKey.from_bytes(key.export())


def test_the_interpreter_lock_is_released():
    """Another thread runs Python while one thread is in a long call."""
    key = _core.SecretKey.generate()
    inputs = [b"tel:+861380000%04d" % (i % 10_000) for i in range(20_000)]
    entered, done = threading.Event(), threading.Event()

    def work():
        entered.set()
        _core.tokenise(inputs, key)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    entered.wait()
    ticks = 0
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    worker.join()
    assert ticks >= 5  # with the lock held, threads switch only before and after the call


def test_the_stub_matches_the_module():
    check = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "pilookup._core"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_public_surface_is_sorted():
    assert sorted(_core.__all__) == list(_core.__all__)
    assert set(_core.__all__) == {name for name in vars(_core) if not name.startswith("_")}
