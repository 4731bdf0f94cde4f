"""Files of a keyring that are damaged or exchanged on disk are refused, with an error that names the file."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring

SECRET = b"correct horse"
KEY = bytes(range(32))
FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


@pytest.fixture
def keyring(tmp_path):
    keyring = Keyring.create(tmp_path / "custody", Half.CUSTODY, SECRET)
    keyring.add_bytes("vault-storage", KEY)
    return keyring


def key_file(keyring, key_id="vault-storage"):
    return keyring.directory / "keys" / f"{key_id}.key"


def damaged(data, draw):
    """Data with one bit flipped, truncated, or lengthened by some bytes."""
    how = draw(st.sampled_from(["flip", "cut", "longer"]))
    if how == "flip":
        bit = draw(st.integers(0, len(data) * 8 - 1))
        return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]
    return data[: draw(st.integers(0, len(data) - 1))] if how == "cut" else data + draw(st.binary(min_size=1))


@given(st.data())
@FEW
def test_a_damaged_key_file_is_named(keyring, data):
    path = key_file(keyring)
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, data.draw))
    with pytest.raises(KeyringError, match=f"{path}: "):
        keyring.symmetric("vault-storage")
    path.write_bytes(whole)
    assert keyring.symmetric("vault-storage") == KEY


@given(st.data())
@FEW
def test_a_damaged_master_key_file_is_named_and_not_reported_as_a_wrong_passphrase(keyring, data):
    path = keyring.directory / "keyring.json"
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, data.draw))
    with pytest.raises(KeyringError, match=f"{path}: ") as told:
        Keyring.unlock(keyring.directory, Half.CUSTODY, SECRET)
    assert "does not open" not in str(told.value)
    path.write_bytes(whole)


def test_a_key_file_of_the_other_half_does_not_open(keyring, tmp_path):
    online = Keyring.create(tmp_path / "online", Half.ONLINE, SECRET)
    online.add_bytes("vault-digest", os.urandom(32))
    shutil.copy(key_file(online, "vault-digest"), key_file(keyring, "vault-digest"))
    with pytest.raises(KeyringError, match=r"vault-digest\.key: damaged, altered, or made for another"):
        keyring.symmetric("vault-digest")


def test_the_master_key_file_of_another_keyring_does_not_open_these_keys(keyring, tmp_path):
    another = Keyring.create(tmp_path / "another", Half.CUSTODY, SECRET)
    shutil.copy(another.directory / "keyring.json", keyring.directory / "keyring.json")
    with pytest.raises(KeyringError, match=r"vault-storage\.key: damaged, altered, or made for another"):
        Keyring.unlock(keyring.directory, Half.CUSTODY, SECRET).symmetric("vault-storage")


def test_two_files_of_one_key_have_nothing_in_common_but_the_header(keyring):
    keyring.add_bytes("vault-digest", KEY)
    one, two = (key_file(keyring, key_id).read_bytes() for key_id in ("vault-storage", "vault-digest"))
    assert one[:8] == two[:8]
    assert one[8:20] != two[8:20]
    assert one[20:] != two[20:]
