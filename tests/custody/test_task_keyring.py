"""Where tasks find their keyring: lent by the session of this process, or opened with the worker's own passphrase."""

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


def test_the_lent_keyring_is_the_one_given(home):
    with opened(home.path) as session:
        task_keyring.register_keyring(home, session.keyring)
        assert task_keyring.keyring_for(home.real) is session.keyring


def test_one_path_has_many_spellings(home, tmp_path):
    (tmp_path / "link").symlink_to(home.path)
    with opened(home.path) as session:
        task_keyring.register_keyring(Home(tmp_path / "link"), session.keyring)
        assert task_keyring.keyring_for(Home(home.path / ".." / "home").real) is session.keyring


def test_what_was_lent_goes_with_its_lender(home):
    with opened(home.path) as session:
        task_keyring.register_keyring(home, session.keyring)
    del session
    gc.collect()
    with pytest.raises(KeyringError, match="PILOOKUP_PASSPHRASE_FILE"):
        task_keyring.keyring_for(home.real)


def test_a_worker_opens_the_keyring_once(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", os.fsdecode(SECRET))
    keyring = task_keyring.keyring_for(home.real)
    assert keyring.scalar("vault").public()
    monkeypatch.delenv("PILOOKUP_PASSPHRASE")
    assert task_keyring.keyring_for(home.real) is keyring


def test_a_keyring_put_in_the_place_of_another_is_opened_anew(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", os.fsdecode(SECRET))
    keyring = task_keyring.keyring_for(home.real)
    (home.custody / "keyring.json").unlink()
    Keyring.create(home.custody, Half.CUSTODY, SECRET)
    assert task_keyring.keyring_for(home.real) is not keyring


def test_a_worker_with_a_wrong_passphrase_is_told(home, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "another")
    with pytest.raises(KeyringError, match="does not open"):
        task_keyring.keyring_for(home.real)


def test_where_there_is_no_home_the_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "any")
    with pytest.raises(KeyringError, match=r"keyring\.json"):
        task_keyring.keyring_for(str(tmp_path))
