"""The program has one cost of opening a half, and refuses every other; only the tests' own process has a second."""

import json
import subprocess
import sys

import pytest

from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring, master_key
from pilookup.keyring.master_key import MasterKeyFile
from tests.support.custody.command import assert_refused, load_of, run
from tests.support.custody.home import SECRET, make_home, numbers, write_csv
from tests.support.passphrase_cost import (
    CHEAP,
    SHIPPED,
    SHIPPED_TABLE,
    open_to_commands,
    shipped_profile,
    shipped_table,
)

PROBE = """
import dataclasses, json
from pilookup.keyring import master_key
costs = {name: dataclasses.asdict(cost) for name, cost in master_key._PROFILES.items()}
print(json.dumps([master_key.PROFILE, costs]))
"""
RFC_9106 = {"argon2id-rfc9106-second": {"iterations": 3, "lanes": 4, "memory_kib": 65_536}}
"""The second recommended option of RFC 9106 section 4."""


def profile_of(directory):
    return json.loads((directory / "keyring.json").read_bytes())["profile"]


def test_the_program_has_one_profile_and_its_cost_is_the_rfcs():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True)
    assert json.loads(done.stdout) == ["argon2id-rfc9106-second", RFC_9106]


def test_a_keyring_is_made_with_the_programs_profile(tmp_path):
    with shipped_table():
        Keyring.create(tmp_path / "custody", Half.CUSTODY, SECRET)
        Keyring.unlock(tmp_path / "custody", Half.CUSTODY, SECRET)
    assert profile_of(tmp_path / "custody") == "argon2id-rfc9106-second"


@pytest.mark.parametrize("profile", [CHEAP, "argon2id-rfc9106-first", "", None, "argon2id-rfc9106-second ", 3, []])
def test_a_keyring_of_any_other_profile_is_refused_before_the_passphrase_is_tried(tmp_path, profile):
    with shipped_profile():
        lock = MasterKeyFile.create(Half.CUSTODY, SECRET, bytes(32))
    other = MasterKeyFile(lock.half, profile, lock.salt, lock.nonce, lock.wrapped)
    with shipped_table():
        assert MasterKeyFile.from_bytes(lock.to_bytes()) == lock
        with pytest.raises(KeyringError, match="unknown key derivation profile"):
            MasterKeyFile.from_bytes(other.to_bytes())


def test_a_keyring_of_the_tests_profile_is_of_no_use_to_a_command_until_it_is_wrapped_again(tmp_path):
    home = make_home(tmp_path / "home")
    given = load_of(write_csv(tmp_path / "a.csv", numbers(3)))
    secret = {"PILOOKUP_PASSPHRASE": SECRET.decode()}
    assert profile_of(home.custody) == CHEAP
    assert_refused(run(home.path, *given, **secret), "unknown key derivation profile")
    before = Keyring.unlock(home.custody, Half.CUSTODY, SECRET)
    open_to_commands(home.custody, Half.CUSTODY, SECRET)
    assert profile_of(home.custody) == SHIPPED
    assert run(home.path, *given, **secret).returncode == 0
    after = Keyring.unlock(home.custody, Half.CUSTODY, SECRET)
    assert after.symmetric("vault-storage") == before.symmetric("vault-storage")


def test_the_tests_own_process_has_the_programs_profile_as_well():
    assert master_key.PROFILE == CHEAP
    assert {name: cost for name, cost in master_key._PROFILES.items() if name != CHEAP} == SHIPPED_TABLE
