"""Signing keys that are replaced: the old one is destroyed, a lost one by two holders, and what a thief signed is left."""

import shutil
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.metadata import Metadata, Targets, Timestamp

from pilookup.checking.trust import read_root
from pilookup.custody.prepared import read_prepared
from pilookup.custody.signing_keys import Place
from pilookup.errors import CustodyError
from pilookup.keyring import Half, Keyring
from pilookup.signing.sealed_key import SealedKey
from pilookup.signing.signer import HeldKey, sign_metadata, tuf_key_id
from tests.support.custody.full_disk import EVERY_WRITE, Disk
from tests.support.custody.signing_keys import (
    BOTH,
    HOLDER,
    check,
    listed_role,
    move_all,
    opened,
    root_of,
    signed,
    signer,
)


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_key_is_replaced_and_the_old_one_destroyed(home, role):
    old = f"{role}-public-2" if role in ("root", "targets") else f"{role}-public"
    new = {"root": "root-public-4", "targets": "targets-public-4"}.get(role, f"{role}-public-2")
    keys = set(root_of(home).roles[role].keyids)
    with opened(home) as custody:
        custody.replace_key("public", role, None if role in ("snapshot", "timestamp") else old)
        listed = {(each.channel, each.role): {key.name for key in each.keys} for each in custody.signing_keys()}
    assert old not in listed["public", role]
    assert new in listed["public", role]
    assert listed["platform", role].isdisjoint({new})
    assert len(keys ^ set(root_of(home).roles[role].keyids)) == 2
    half = Half.ONLINE if role == "timestamp" else Half.CUSTODY
    ids = Keyring.unlock(
        home / half, half, BOTH["online_passphrase" if role == "timestamp" else "passphrase"].encode()
    ).ids()
    assert (old in ids, new in ids) == (False, True)
    check(home)
    with opened(home) as custody:
        custody.publish("public")
        custody.replace_key("public", role, new)
    assert root_of(home).version == 3
    check(home)


def test_a_lost_root_key_is_replaced_by_two_holders(home, media):
    move_all(home, media)
    shutil.rmtree(media[2])
    with opened(home) as custody:
        prepared = custody.replace_key("public", "root", "root-public-3", prepare=True)
        assert any("root: the key" in line and "loses its right" in line for line in prepared.summary)
        custody.finish("public", signed(prepared.request, *media[:2]))
        assert {key.name for key in listed_role(custody, "root").keys} == {
            "root-public-1",
            "root-public-2",
            "root-public-4",
        }
        media[2].mkdir()
        custody.move_key("root-public-4", media[2] / "root-public-4.key", passphrase=HOLDER)
        prepared = custody.replace_key("public", "targets", "targets-public-3", prepare=True)
        custody.finish("public", signed(prepared.request, media[0], media[1]))
    check(home)


def test_a_new_key_may_be_made_elsewhere(home, media):
    key = Ed25519PrivateKey.generate()
    made = media[0] / "new.key"
    made.write_bytes(SealedKey.create("of-a-holder", key, HOLDER).to_bytes())
    with opened(home, signers=[signer(made)]) as custody:
        custody.replace_key("public", "root", "root-public-1", new=signer(made), new_name="of a holder")
        (found,) = (each for each in listed_role(custody, "root").keys if each.place is Place.FILE)
        assert (found.key_id, found.name) == (tuf_key_id(HeldKey(key)), "of a holder")
        with pytest.raises(CustodyError, match="in use already"):
            custody.replace_key("public", "targets", "targets-public-1", new=signer(made))
    check(home)


def test_the_pinned_root_still_reads(home):
    with opened(home) as custody:
        custody.replace_key("public", "targets", "targets-public-1")
    assert read_root(home / "trust-public.json")
    metadata = home / "online/channels/public/metadata"
    newest = max(metadata.glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
    assert len(Metadata[Targets].from_bytes(newest.read_bytes()).signatures) == 4


@pytest.mark.parametrize("stolen", [2**31 - 1, 2**53 - 1])
def test_a_version_that_a_thief_of_the_timestamp_key_signed_is_left_behind(home, stolen):
    path = home / "online/channels/public/metadata/timestamp.json"
    stamp = Metadata[Timestamp].from_bytes(path.read_bytes())
    keyring = Keyring.unlock(home / "online", Half.ONLINE, BOTH["online_passphrase"].encode())
    stamp.signed.version = stolen
    sign_metadata(stamp, [HeldKey(keyring.signing("timestamp-public"))])
    path.write_bytes(stamp.to_bytes())
    with opened(home) as custody:
        custody.replace_key("public", "timestamp")
    assert Metadata[Timestamp].from_bytes(path.read_bytes()).signed.version == 1
    check(home)


def test_a_full_disk_at_a_write_of_a_replacement_leaves_a_whole_release(published, tmp_path, monkeypatch):
    """At every third write; test_kill_signing_keys stops before each step."""
    disk = Disk(monkeypatch, tmp_path)
    for writes in count(step=1 if EVERY_WRITE else 3):
        home = shutil.copytree(published / "home", tmp_path / "home")
        with opened(home) as custody:
            disk.writes, disk.failed_on = writes, None
            try:
                custody.replace_key("public", "timestamp")
            except CustodyError:
                assert disk.failed_on is not None
                check(home)
                disk.writes = None
                custody.publish("public")
                if root_of(home).version == 1:
                    custody.replace_key("public", "timestamp")
            disk.writes = None
            assert root_of(home).version == 2
            assert read_prepared(custody._session(), "public").release is None
        check(home)
        shutil.rmtree(home)
        if disk.failed_on is None:
            break
    assert writes > 15
