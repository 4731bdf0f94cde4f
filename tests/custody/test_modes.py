"""Every file and directory that custody and the server write is private, whatever the caller's umask is."""

import os
import stat

import pytest
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.timestamp import take_over
from pilookup_server.trusted_clock import TrustedClock

from pilookup.clock import seconds_since_boot, utc_now
from pilookup.custody import Custody
from pilookup.keyring import Half, Keyring
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup.release_files.serving_state import write_refused
from tests.support.custody.home import numbers, write_csv

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
PUBLIC = {"trust-public.json", "trust-platform.json"}
"""What is handed out to clients. HOME itself is private."""


@pytest.fixture(autouse=True)
def umask():
    """The umask that hides nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def wrong_modes(home):
    found = {}
    for path in [home, *home.rglob("*")]:
        status = path.lstat()
        wanted = 0o700 if stat.S_ISDIR(status.st_mode) else 0o600
        if stat.S_IMODE(status.st_mode) != wanted and path.name not in PUBLIC:
            found[str(path.relative_to(home))] = oct(stat.S_IMODE(status.st_mode))
    return found


def test_after_every_command_all_of_home_is_private(tmp_path):
    home = tmp_path / "home"
    Custody.initialise(home, **BOTH)
    assert not wrong_modes(home)
    with Custody.open(home, **BOTH) as custody:
        for act in (
            lambda: custody.load(write_csv(tmp_path / "a.csv", numbers(400)), dataset="leak", kind="exposure"),
            lambda: custody.publish("public", bloom=True),
            lambda: custody.publish("platform"),
            lambda: custody.rotate("public"),
            lambda: custody.load(
                write_csv(tmp_path / "b.csv", numbers(40, start=900)), dataset="more", kind="exposure"
            ),
            lambda: custody.publish("public"),
            lambda: custody.erase(numbers(1)[0]),
            lambda: custody.withdraw("more"),
            lambda: custody.rotate("platform", compromised=True),
        ):
            act()
            assert not wrong_modes(home)
    directory = home / "online" / "channels" / "public"
    keys = KeyringKeys(Keyring.unlock(home / "online", Half.ONLINE, b"online passphrase of the tests"))
    TrustedClock(utc_now, seconds_since_boot, "boot", home / "online").save()
    DestroyedEpochs(directory).add([99])
    take_over(directory, "public", keys, utc_now())
    write_refused(directory, utc_now(), "a release that was refused")
    assert not wrong_modes(home)


def test_files_of_control_data_and_staging_are_private_while_a_command_runs(tmp_path):
    home = tmp_path / "home"
    Custody.initialise(home, **BOTH)
    seen = []

    def look(*_):
        seen.append(wrong_modes(home))

    with Custody.open(home, **BOTH) as custody:
        path = write_csv(tmp_path / "a.csv", numbers(3000))
        custody.load(path, dataset="leak", kind="exposure", on_progress=look)
        custody.publish("public", on_progress=look)
    assert len(seen) >= 3
    assert not any(seen)
