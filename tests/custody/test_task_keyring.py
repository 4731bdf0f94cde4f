"""The keyring of tasks: registered by the session of this process, or unlocked with the worker's passphrase."""

import gc
import os

import pytest

from pilookup.custody import task_keyring
from pilookup.custody.home import Home
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from tests.support.custody.home import SECRET, opened


@pytest.fixture(autouse=True)
def _no_passphrase(monkeypatch):
    monkeypatch.delenv("PILOOKUP_PASSPHRASE", raising=False)
    monkeypatch.delenv("PILOOKUP_PASSPHRASE_FILE", raising=False)


def test_a_task_gets_the_registered_keyring(home):
    with opened(home.path) as session:
        task_keyring.register_keyring(home, session.keyring)
        assert task_keyring.keyring_for(home.real) is session.keyring


def test_every_spelling_of_the_path_gives_the_registered_keyring(home, tmp_path):
    (tmp_path / "link").symlink_to(home.path)
    with opened(home.path) as session:
        task_keyring.register_keyring(Home(tmp_path / "link"), session.keyring)
        assert task_keyring.keyring_for(Home(home.path / ".." / "home").real) is session.keyring


def test_a_registered_keyring_is_dropped_with_its_session(home):
    with opened(home.path) as session:
        task_keyring.register_keyring(home, session.keyring)
    del session
    gc.collect()
    with pytest.raises(KeyringError, match="PILOOKUP_PASSPHRASE_FILE"):
        task_keyring.keyring_for(home.real)


def test_a_worker_unlocks_the_keyring_once(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", os.fsdecode(SECRET))
    keyring = task_keyring.keyring_for(home.real)
    assert keyring.scalar("vault").public()
    monkeypatch.delenv("PILOOKUP_PASSPHRASE")
    assert task_keyring.keyring_for(home.real) is keyring


def test_a_replaced_keyring_is_unlocked_again(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", os.fsdecode(SECRET))
    keyring = task_keyring.keyring_for(home.real)
    (home.custody / "keyring.json").unlink()
    Keyring.create(home.custody, Half.CUSTODY, SECRET)
    assert task_keyring.keyring_for(home.real) is not keyring


def test_a_wrong_passphrase_of_a_worker_is_an_error(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "another")
    with pytest.raises(KeyringError, match="does not open"):
        task_keyring.keyring_for(home.real)


def test_without_a_home_the_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "any")
    with pytest.raises(KeyringError, match=r"keyring\.json"):
        task_keyring.keyring_for(str(tmp_path))
