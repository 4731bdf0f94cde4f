"""Signing keys that move to media: which do and where to, on a full disk too, and how they are listed."""

import shutil
from datetime import timedelta
from itertools import count

import pytest

from pilookup.custody.signing_keys import Place
from pilookup.errors import CustodyError, KeyringError
from tests.support.custody.channel import NOW
from tests.support.custody.full_disk import Disk
from tests.support.custody.signing_keys import HOLDER, listed_role, move_all, opened, signer


def test_keys_of_a_home_are_listed_with_their_places(home, media):
    move_all(home, media, ["targets-public-2"])
    with opened(home) as custody:
        found = {(each.channel, each.role): each for each in custody.signing_keys()}
    assert {key: (each.threshold, len(each.keys)) for key, each in found.items() if key[0] == "public"} == {
        ("public", "root"): (2, 3),
        ("public", "targets"): (2, 3),
        ("public", "snapshot"): (1, 1),
        ("public", "timestamp"): (1, 1),
    }
    places = {key.name: key.place for key in found["public", "targets"].keys}
    assert places == {
        "targets-public-1": Place.CUSTODY,
        "targets-public-2": Place.FILE,
        "targets-public-3": Place.CUSTODY,
    }
    assert found["public", "timestamp"].keys[0].place is Place.ONLINE
    assert found["public", "timestamp"].expires == NOW + timedelta(hours=48)


@pytest.mark.parametrize("name", ["timestamp-public", "vault", "channel-public-1", "root-public-9", "root-elsewhere-1"])
def test_a_key_that_does_not_move(home, media, name):
    with opened(home) as custody, pytest.raises(CustodyError):
        custody.move_key(name, media[0] / "a.key", passphrase=HOLDER)
    assert list(media[0].iterdir()) == []


def test_a_key_does_not_move_into_home_nor_under_a_short_passphrase_nor_over_another_file(home, media):
    with opened(home) as custody:
        with pytest.raises(CustodyError, match="inside HOME"):
            custody.move_key("root-public-1", home / "custody" / "a.key", passphrase=HOLDER)
        with pytest.raises(KeyringError, match="too short"):
            custody.move_key("root-public-1", media[0] / "a.key", passphrase=b"short")
        custody.move_key("root-public-2", media[0] / "a.key", passphrase=HOLDER)
        with pytest.raises(KeyringError, match="a file of another key"):
            custody.move_key("root-public-1", media[0] / "a.key", passphrase=HOLDER)
        assert [key.place for key in listed_role(custody, "root").keys].count(Place.CUSTODY) == 2


def test_a_full_disk_at_any_write_of_a_move_leaves_the_key_in_one_place_at_least(published, media, monkeypatch):
    disk, told = Disk(monkeypatch, media[0].parent), []
    for writes in count():
        home = shutil.copytree(published / "home", media[0].parent / f"home-{writes}")
        path = media[0] / f"{writes}.key"
        with opened(home) as custody:
            disk.writes, disk.failed_on = writes, None
            try:
                custody.move_key("root-public-1", path, passphrase=HOLDER)
            except CustodyError as error:
                told.append(str(error))
            disk.writes = None
            names = custody._session().keyring.ids()
            assert "root-public-1" in names or signer(path).sign(b"x")
            custody.move_key("root-public-1", path, passphrase=HOLDER)
            assert "root-public-1" not in custody._session().keyring.ids()
            assert signer(path).sign(b"x")
        shutil.rmtree(home)
        if disk.failed_on is None:
            break
    assert len(told) == writes
    assert all(str(media[0].parent) in text for text in told)
    assert writes > 4
