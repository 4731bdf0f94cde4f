import os
import pickle
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pilookup import durable
from pilookup._core import SecretKey
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring

SECRET = b"correct horse"


@pytest.fixture
def keyring(tmp_path):
    return Keyring.create(tmp_path / "custody", Half.CUSTODY, SECRET)


def key_file(keyring, key_id):
    return keyring.directory / "keys" / f"{key_id}.key"


def raw(key):
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def test_keys_are_the_same_after_unlocking(keyring):
    scalar, signing, data = SecretKey.generate(), Ed25519PrivateKey.generate(), os.urandom(32)
    keyring.add_scalar("channel-public-1", scalar)
    keyring.add_signing("root-public-1", signing)
    keyring.add_bytes("vault-storage", data)
    again = Keyring.unlock(keyring.directory, Half.CUSTODY, SECRET)
    assert again.ids() == ["channel-public-1", "root-public-1", "vault-storage"]
    assert again.scalar("channel-public-1").export() == scalar.export()
    assert raw(again.signing("root-public-1")) == raw(signing)
    assert again.symmetric("vault-storage") == data


def test_only_the_owner_can_read_what_is_written(keyring):
    keyring.add_bytes("vault-storage", os.urandom(32))
    for path in [keyring.directory, *keyring.directory.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path.name


def test_no_file_contains_a_key_in_clear(keyring):
    scalar, data = SecretKey.generate(), os.urandom(32)
    keyring.add_scalar("vault", scalar)
    keyring.add_bytes("vault-storage", data)
    written = b"".join(path.read_bytes() for path in keyring.directory.rglob("*") if path.is_file())
    for secret in (scalar.export(), data, SECRET):
        assert secret not in written
        assert secret.hex().encode() not in written


@pytest.mark.parametrize("secret", [b"correct horse ", b"Correct horse", b"\x00"])
def test_a_wrong_passphrase_is_reported_as_such(keyring, secret):
    with pytest.raises(KeyringError, match="the passphrase does not open the custody half"):
        Keyring.unlock(keyring.directory, Half.CUSTODY, secret)


def test_an_empty_passphrase_is_refused(tmp_path, keyring):
    with pytest.raises(KeyringError, match="empty passphrase"):
        Keyring.create(tmp_path / "online", Half.ONLINE, b"")
    assert not (tmp_path / "online").exists()
    with pytest.raises(KeyringError, match="empty passphrase"):
        Keyring.unlock(keyring.directory, Half.CUSTODY, b"")


def test_one_half_does_not_open_as_the_other(keyring):
    with pytest.raises(KeyringError, match="belongs to the custody half"):
        Keyring.unlock(keyring.directory, Half.ONLINE, SECRET)


def test_a_second_keyring_leaves_the_first_alone(keyring):
    keyring.add_bytes("vault-storage", bytes(range(32)))
    with pytest.raises(KeyringError, match="there is a keyring already"):
        Keyring.create(keyring.directory, Half.CUSTODY, b"another")
    assert Keyring.unlock(keyring.directory, Half.CUSTODY, SECRET).symmetric("vault-storage") == bytes(range(32))


def test_a_second_key_with_an_id_is_refused(keyring):
    keyring.add_bytes("vault-storage", bytes(range(32)))
    with pytest.raises(KeyringError, match=r"vault-storage\.key: there is already a key with that id"):
        keyring.add_bytes("vault-storage", os.urandom(32))
    assert keyring.symmetric("vault-storage") == bytes(range(32))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(keyring, size):
    with pytest.raises(KeyringError, match="32 bytes"):
        keyring.add_bytes("vault-storage", bytes(size))
    assert keyring.ids() == []


@pytest.mark.parametrize("key_id", ["", ".", "../vault", "a/b", "Vault", "a--b", "-a", "a-", "a" * 97, "a\n", "a\x00"])
def test_a_key_id_cannot_leave_the_directory(keyring, key_id):
    for act in (keyring.symmetric, keyring.destroy, lambda name: keyring.add_bytes(name, bytes(32))):
        with pytest.raises(KeyringError, match="a key id is"):
            act(key_id)


def test_a_key_of_one_kind_is_not_read_as_another(keyring):
    keyring.add_bytes("vault-storage", os.urandom(32))
    with pytest.raises(KeyringError, match="not a scalar key"):
        keyring.scalar("vault-storage")
    with pytest.raises(KeyringError, match="not a signing key"):
        keyring.signing("vault-storage")


def test_a_key_file_moved_to_another_id_does_not_open(keyring):
    keyring.add_bytes("vault-storage", os.urandom(32))
    key_file(keyring, "vault-storage").rename(key_file(keyring, "vault-digest"))
    with pytest.raises(KeyringError, match=r"vault-digest\.key: damaged, altered, or made for another"):
        keyring.symmetric("vault-digest")


def test_a_missing_key_is_named(keyring):
    with pytest.raises(KeyringError, match=r"vault\.key: missing"):
        keyring.scalar("vault")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
@pytest.mark.parametrize("name", ["keyring.json", "keys/vault-storage.key"])
def test_a_file_open_to_others_is_refused(keyring, name, mode):
    keyring.add_bytes("vault-storage", os.urandom(32))
    (keyring.directory / name).chmod(mode)
    with pytest.raises(KeyringError, match=f"{name}: group or others"):
        Keyring.unlock(keyring.directory, Half.CUSTODY, SECRET).symmetric("vault-storage")


def test_a_link_or_a_pipe_is_not_a_key_file(keyring):
    keyring.add_bytes("vault-storage", os.urandom(32))
    key_file(keyring, "vault-digest").symlink_to(key_file(keyring, "vault-storage"))
    with pytest.raises(KeyringError, match="cannot be opened"):
        keyring.symmetric("vault-digest")
    os.mkfifo(key_file(keyring, "vault"), 0o600)
    with pytest.raises(KeyringError, match="not a plain file"):
        keyring.scalar("vault")


def test_destroying_overwrites_the_bytes_and_may_be_repeated(keyring, tmp_path):
    keyring.add_scalar("channel-public-1", SecretKey.generate())
    path, witness = key_file(keyring, "channel-public-1"), tmp_path / "witness"
    os.link(path, witness)
    before = witness.read_bytes()
    keyring.destroy("channel-public-1")
    keyring.destroy("channel-public-1")
    after = witness.read_bytes()
    assert not path.exists()
    assert len(after) == len(before)
    assert after[8:] != before[8:]
    assert keyring.ids() == []


def test_destroying_also_removes_what_a_killed_writer_left(keyring):
    leftover = durable.temporary(key_file(keyring, "channel-public-1"))
    leftover.write_bytes(b"sealed key of a writer that was killed")
    keyring.destroy("channel-public-1")
    assert not leftover.exists()


def test_what_a_killed_writer_left_does_not_stop_the_next_one_and_is_not_listed(keyring):
    durable.temporary(key_file(keyring, "vault-storage")).write_bytes(b"half")
    assert keyring.ids() == []
    keyring.add_bytes("vault-storage", bytes(range(32)))
    assert keyring.symmetric("vault-storage") == bytes(range(32))
    assert [path.name for path in (keyring.directory / "keys").iterdir()] == ["vault-storage.key"]


def test_an_unlocked_keyring_is_neither_printed_nor_pickled(keyring):
    keyring.add_bytes("vault-storage", os.urandom(32))
    assert repr(keyring) == "<Keyring of the custody half>"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(keyring)
