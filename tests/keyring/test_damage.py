"""Files of a keyring that are damaged or exchanged on disk are refused, with an error that names the file."""

import os
import shutil
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_file import KeyKind, seal_key
from pilookup.keyring.master_key import MasterKeyFile

SECRET = b"correct horse"
KEY = bytes(range(32))
FEW = settings(max_examples=40, deadline=None)


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


@pytest.mark.parametrize("name", ["salt", "nonce", "wrapped"])
def test_a_master_key_file_with_a_field_of_the_wrong_size_is_refused(name):
    whole = MasterKeyFile.create(Half.ONLINE, SECRET, KEY)
    assert MasterKeyFile.from_bytes(whole.to_bytes()) == whole
    wrong = replace(whole, **{name: getattr(whole, name)[:-1]})
    with pytest.raises(KeyringError, match="a field has the wrong size"):
        MasterKeyFile.from_bytes(wrong.to_bytes())


@pytest.mark.parametrize("data", [bytes(32), b"\xff" * 32])
def test_a_key_that_is_not_a_scalar_is_named(keyring, data):
    path = key_file(keyring, "vault")
    path.write_bytes(seal_key(keyring._cipher, keyring.half, "vault", KeyKind.SCALAR, data))
    path.chmod(0o600)
    with pytest.raises(KeyringError, match=f"^{path}: not a scalar"):
        keyring.scalar("vault")


def test_a_keyring_or_key_that_cannot_be_written_or_destroyed_is_named(keyring, tmp_path):
    with pytest.raises(KeyringError, match=f"^{tmp_path / 'none' / 'deep'}: cannot be written"):
        Keyring.create(tmp_path / "none" / "deep", Half.ONLINE, SECRET)
    key_file(keyring, "vault").mkdir()
    with pytest.raises(KeyringError, match=r"vault\.key\.new: cannot be destroyed"):
        keyring.destroy("vault")
    shutil.rmtree(keyring.directory / "keys")
    with pytest.raises(KeyringError, match=r"vault\.key(\.new)?: cannot be written"):
        keyring.add_bytes("vault", KEY)
