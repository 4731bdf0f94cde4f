"""A new passphrase for a half: the keys stay, the former files go, and a kill or a full disk leaves one of the two states."""

import os
import shutil
import signal
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup._core import SecretKey
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.change import change_master_key
from pilookup.keyring.master_key import read_master_key
from tests.support.custody.forks import Fork
from tests.support.custody.full_disk import Disk

OLD, NEW = b"the former passphrase", b"the passphrase after it"
IDS = ["channel-public-1", "root-public-1", "vault-storage"]


@pytest.fixture
def half(tmp_path):
    keyring = Keyring.create(tmp_path / "custody", Half.CUSTODY, OLD)
    keyring.add_scalar("channel-public-1", SecretKey.generate())
    keyring.add_signing("root-public-1", Ed25519PrivateKey.generate())
    keyring.add_bytes("vault-storage", os.urandom(32))
    return keyring.directory


def change(directory, old=OLD, new=NEW):
    change_master_key(directory, read_master_key(directory), old, new)


def keys_of(directory, passphrase):
    """All keys of a half, or None if the passphrase does not open it."""
    if not read_master_key(directory).opens(passphrase):
        return None
    keyring = Keyring.unlock(directory, Half.CUSTODY, passphrase)
    assert keyring.ids() == IDS
    scalar, signing, symmetric = IDS
    return keyring.scalar(scalar).export(), keyring.signing(signing).private_bytes_raw(), keyring.symmetric(symmetric)


def files(directory):
    return {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def key_directories(directory):
    return [path for path in directory.iterdir() if path.is_dir()]


def test_the_keys_stay_and_only_the_new_passphrase_opens_them(half):
    keys, before = keys_of(half, OLD), files(half)
    copy = shutil.copytree(half, half.with_name("copy"))
    for old, new in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        change(half, old, new)
        assert keys_of(half, old) is None
        assert keys_of(half, new) == keys
        assert len(key_directories(half)) == 1
    assert not set(before.values()) & set(files(half).values())
    # The former master key opens nothing any more, even for one who has the former `keyring.json`.
    shutil.copy(copy / "keyring.json", half)
    with pytest.raises(KeyringError, match=r"missing|damaged"):
        Keyring.unlock(half, Half.CUSTODY, OLD).symmetric("vault-storage")


def test_keys_are_added_and_destroyed_after_a_change(half):
    change(half)
    keyring = Keyring.unlock(half, Half.CUSTODY, NEW)
    keyring.add_bytes("vault-digest", b"d" * 32)
    keyring.destroy("channel-public-1")
    assert Keyring.unlock(half, Half.CUSTODY, NEW).ids() == ["root-public-1", "vault-digest", "vault-storage"]


def test_the_former_files_are_overwritten_before_they_are_deleted(half):
    kept = half.with_name("kept")
    kept.mkdir()
    for path in (half / "keys").iterdir():
        os.link(path, kept / path.name)
    before = files(kept)
    change(half)
    assert not set(before.values()) & set(files(kept).values())


@pytest.mark.parametrize("wrong", ["passphrase", "key"])
def test_a_wrong_passphrase_or_a_damaged_key_changes_nothing(half, wrong):
    path = half / "keys" / "root-public-1.key"
    if wrong == "key":
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    before = files(half)
    with pytest.raises(KeyringError, match="does not open" if wrong == "passphrase" else str(path)):
        change(half, NEW if wrong == "passphrase" else OLD)
    assert files(half) == before
    assert [each.name for each in key_directories(half)] == ["keys"]


PROGRAM = """
import os, signal, sys
from pathlib import Path
from pilookup.keyring.change import change_master_key
from pilookup.keyring.master_key import read_master_key

left = {steps}

def step():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
    changes = event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")
    if (writes or changes) and str(arguments[0]).startswith({folder!r}):
        step()

flush = os.fsync
os.fsync = lambda handle: (step(), flush(handle))
sys.addaudithook(hook)
change_master_key(Path({folder!r}), read_master_key(Path({folder!r})), {old!r}, {new!r})
"""


def test_killed_before_any_step_the_half_opens_with_exactly_one_passphrase(half, tmp_path):
    keys, seen = keys_of(half, OLD), []
    for steps in count():
        here = shutil.copytree(half, tmp_path / f"after-{steps}")
        with Fork(PROGRAM.format(steps=steps, folder=str(here), old=OLD, new=NEW)) as process:
            ended = process.wait()
        assert ended in (0, -signal.SIGKILL)
        opened = [passphrase for passphrase in (OLD, NEW) if (found := keys_of(here, passphrase)) and found == keys]
        assert len(opened) == 1, f"killed at step {steps}"
        seen.append(opened[0])
        Keyring.unlock(here, Half.CUSTODY, opened[0]).destroy_former()
        assert len(key_directories(here)) == 1
        assert keys_of(here, opened[0]) == keys
        if opened[0] == OLD:
            change(here)
            assert keys_of(here, NEW) == keys
        shutil.rmtree(here)
        if ended == 0:
            break
    assert seen == sorted(seen, key=[OLD, NEW].index)
    assert min(seen.count(OLD), seen.count(NEW)) > 8


def test_a_full_disk_at_any_write_leaves_one_of_the_two(half, tmp_path, monkeypatch):
    keys, disk, changed = keys_of(half, OLD), Disk(monkeypatch, tmp_path), 0
    for writes in count():
        here = shutil.copytree(half, tmp_path / f"after-{writes}")
        before = files(here)
        disk.writes, disk.failed_on = writes, None
        try:
            change(here)
        except KeyringError as error:
            told = str(error)
            assert disk.failed_on is not None
        else:
            told = str(here)
            assert disk.writes is not None
        assert str(here) in told
        disk.writes = None
        if keys_of(here, NEW) is None:
            assert files(here) == before
            assert keys_of(here, OLD) == keys
            change(here)
        else:
            changed += 1
            Keyring.unlock(here, Half.CUSTODY, NEW).destroy_former()
        assert keys_of(here, NEW) == keys
        assert len(key_directories(here)) == 1
        shutil.rmtree(here)
        if disk.failed_on is None:
            break
    assert 1 <= changed < writes
