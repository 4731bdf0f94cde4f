import json
import os
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import KeyringError
from pilookup.keyring.key_file import FILE_BYTES, KeyKind, open_key, seal_key
from pilookup.keyring.master_key import Half, MasterKeyFile, checked_line

CIPHER = AESGCMSIV(bytes(range(32)))
KEYS = st.binary(min_size=32, max_size=32)
SEALED = seal_key(CIPHER, Half.CUSTODY, "vault", KeyKind.SCALAR, bytes(range(32)))
MASTER = os.urandom(32)
LOCK = MasterKeyFile.create(Half.CUSTODY, b"passphrase", MASTER)
LOCK_BYTES = LOCK.to_bytes()


def flipped(data, bit):
    altered = bytearray(data)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)


@given(KEYS, st.sampled_from(Half), st.sampled_from(KeyKind))
def test_opening_what_was_sealed_gives_the_key(key, half, kind):
    sealed = seal_key(CIPHER, half, "root-public-1", kind, key)
    assert len(sealed) == FILE_BYTES
    assert open_key(CIPHER, half, "root-public-1", kind, sealed) == key


@pytest.mark.parametrize("bit", range(FILE_BYTES * 8))
def test_any_flipped_bit_of_a_key_file_is_refused(bit):
    with pytest.raises(KeyringError):
        open_key(CIPHER, Half.CUSTODY, "vault", KeyKind.SCALAR, flipped(SEALED, bit))


@pytest.mark.parametrize("size", [*range(FILE_BYTES), FILE_BYTES + 1])
def test_a_key_file_of_another_length_is_refused(size):
    with pytest.raises(KeyringError, match="damaged"):
        open_key(CIPHER, Half.CUSTODY, "vault", KeyKind.SCALAR, (SEALED + b"\x00")[:size])


def test_a_key_file_is_bound_to_its_half_and_its_id():
    for half, key_id in [(Half.ONLINE, "vault"), (Half.CUSTODY, "vault-storage")]:
        with pytest.raises(KeyringError, match="made for another key id or half"):
            open_key(CIPHER, half, key_id, KeyKind.SCALAR, SEALED)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_not_a_key_file(data):
    with pytest.raises(KeyringError):
        open_key(CIPHER, Half.CUSTODY, "vault", KeyKind.SCALAR, data)


def test_a_master_key_file_round_trips_and_opens():
    parsed = MasterKeyFile.from_bytes(LOCK_BYTES)
    assert parsed == LOCK
    assert parsed.to_bytes() == LOCK_BYTES
    assert parsed.open(b"passphrase") == MASTER


@given(st.integers(0, len(LOCK_BYTES) * 8 - 1))
def test_any_flipped_bit_of_the_master_key_file_is_refused_before_the_passphrase_is_tried(bit):
    with pytest.raises(KeyringError, match=r"damaged|unknown key derivation profile"):
        MasterKeyFile.from_bytes(flipped(LOCK_BYTES, bit))


@given(st.integers(0, len(LOCK_BYTES) - 1))
def test_a_truncated_master_key_file_is_refused(size):
    with pytest.raises(KeyringError, match="damaged"):
        MasterKeyFile.from_bytes(LOCK_BYTES[:size])


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(st.sampled_from(sorted(json.loads(LOCK_BYTES))), JSON)
def test_a_master_key_file_with_another_value_raises_only_our_error(name, value):
    fields = json.loads(LOCK_BYTES)
    if fields[name] == value:
        return
    with pytest.raises(KeyringError):
        MasterKeyFile.from_bytes(json.dumps(fields | {name: value}).encode() + b"\n")


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_only_our_error(data):
    with suppress(KeyringError):
        MasterKeyFile.from_bytes(data)


def test_the_file_cannot_choose_what_opening_it_costs():
    fields = json.loads(LOCK_BYTES) | {"memory_kib": 1 << 30, "iterations": 1 << 20}
    with pytest.raises(KeyringError, match="damaged"):
        MasterKeyFile.from_bytes(json.dumps(fields).encode() + b"\n")


def test_the_repr_of_a_master_key_file_has_no_key():
    assert LOCK.wrapped.hex() not in repr(LOCK)
    assert repr(LOCK.wrapped) not in repr(LOCK)


STATING = LOCK.stating_log_keys(b"passphrase")


def with_fields(lock, **fields):
    """The file with other fields, and the check sum of these."""
    found = {name: value for name, value in json.loads(lock.to_bytes()).items() if name != "check"}
    return checked_line(found | fields)


def test_a_file_that_states_the_keys_of_the_logs_has_the_same_master_key_passphrase_and_salt():
    assert (LOCK.states_log_keys, STATING.states_log_keys) == (False, True)
    assert MasterKeyFile.from_bytes(STATING.to_bytes()) == STATING
    assert STATING.open(b"passphrase") == MASTER
    assert (STATING.salt, STATING.nonce != LOCK.nonce) == (LOCK.salt, True)
    with pytest.raises(KeyringError, match="does not open"):
        LOCK.stating_log_keys(b"another")


@pytest.mark.parametrize("lock", [LOCK, STATING])
def test_a_statement_is_neither_added_nor_removed_without_the_passphrase(lock):
    other = MasterKeyFile.from_bytes(with_fields(lock, version=3 - lock.version))
    with pytest.raises(KeyringError, match="does not open"):
        other.open(b"passphrase")


@pytest.mark.parametrize("version", [0, 3, -1, True, 1.0, 2.0, "1", None, [], 1 << 70])
def test_another_version_is_refused(version):
    with pytest.raises(KeyringError, match="damaged"):
        MasterKeyFile.from_bytes(with_fields(LOCK, version=version))


def test_the_online_half_states_no_keys_of_logs():
    online = MasterKeyFile.create(Half.ONLINE, b"passphrase", MASTER)
    with pytest.raises(KeyringError, match="not one of this half"):
        MasterKeyFile.from_bytes(with_fields(online, version=2))


@given(st.integers(0, len(STATING.to_bytes()) * 8 - 1))
def test_any_flipped_bit_of_a_stating_file_is_refused(bit):
    with pytest.raises(KeyringError, match=r"damaged|unknown key derivation profile"):
        MasterKeyFile.from_bytes(flipped(STATING.to_bytes(), bit))
