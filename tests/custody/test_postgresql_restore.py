"""A HOME whose making is killed, with control data in PostgreSQL: the next command clears what was left, and says so."""

import signal

import pytest

from pilookup.custody import Custody
from pilookup.custody.backup.restore import restore
from pilookup.custody.control import ControlDatabase
from pilookup.custody.control.making import MADE_FILE
from pilookup.custody.home import Home
from pilookup.errors import CustodyError
from tests.support.bundles.machines import LATER, PASSPHRASES, export, opened, published
from tests.support.custody.channel import NOW
from tests.support.custody.forks import Fork

BACKUP = b"passphrase of the backup"

PROGRAM = """
import os, signal
from datetime import datetime
from pathlib import Path
from pilookup.custody import Custody, initialise
from pilookup.custody.backup import restore as restoring
from pilookup.custody.control import control_database

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{patch}
{command}
"""
RESTORE = """restoring.restore(Path({backup!r}), Path({home!r}), Path({bundle!r}), datetime.fromisoformat({now!r}),
    lambda: {passphrase!r}, lambda: {custody!r}, "tests")"""
INIT = "Custody.initialise({home!r}, passphrase={custody!r}, online_passphrase=b'online passphrase of the tests')"
IN_PART = {
    "rows": "control_database.ControlDatabase.restore = killed",
    "whole rows": "restoring._catch_up = killed",
    "before its name": "restoring._give_its_name = killed",
}
WHOLE = {
    "after its name": "control_database.ControlDatabase.end_making = killed",
    "before the file": "control_database.forget_made = killed",
}


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A backup and a bundle, made where the control data are in SQLite."""
    monkeypatch.delenv("PILOOKUP_DATABASE_URL", raising=False)
    custody = published(tmp_path / "custody")
    with opened(custody) as home:
        home.back_up(tmp_path / "backup", backup_passphrase=BACKUP)
    export(custody, tmp_path / "bundle")
    return tmp_path


@pytest.fixture
def url(source, postgresql, monkeypatch):
    url = postgresql.database()
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", url)
    return url


def kill(source, home, patch, command=RESTORE):
    given = {
        "backup": str(source / "backup"), "home": str(home), "bundle": str(source / "bundle"),
        "now": LATER.isoformat(), "passphrase": BACKUP, "custody": PASSPHRASES["passphrase"],
    }  # fmt: skip
    with Fork(PROGRAM.format(patch=patch, command=command.format(**given))) as process:
        process.stdout.read()
        assert process.wait() == -signal.SIGKILL


def restored(source, home):
    given = (LATER, lambda: BACKUP, lambda: PASSPHRASES["passphrase"])
    return restore(source / "backup", home, source / "bundle", *given)


def works(home):
    with opened(home, LATER) as custody:
        assert [each.slug for each in custody._session().control.datasets(active_only=True)] == ["case-1"]
    assert not (home / "custody" / MADE_FILE).exists()


@pytest.mark.parametrize("place", ["same", "other"])
@pytest.mark.parametrize("step", IN_PART)
def test_the_next_restore_clears_the_rows_of_a_killed_one(source, url, step, place):
    home = source / "home"
    kill(source, home, IN_PART[step])
    assert not home.exists() or not any(home.iterdir())
    following = home if place == "same" else source / "other"
    assert restored(source, following).cleared == str(home)
    works(following)
    with pytest.raises(CustodyError, match="holds control data already"):
        restored(source, source / "third")
    works(following)


@pytest.mark.parametrize("step", WHOLE)
def test_a_home_that_is_whole_is_never_cleared(source, url, step):
    home = source / "home"
    kill(source, home, WHOLE[step])
    assert (home / "custody" / MADE_FILE).exists()
    with pytest.raises(CustodyError, match=r"is that of|holds control data already"):
        restored(source, source / "other")
    assert not (source / "other").exists()
    works(home) if step == "after its name" else Custody.status_of(home)
    with pytest.raises(CustodyError, match="holds control data already"):
        restored(source, source / "other")


def test_a_killed_init_is_cleared_by_the_next_command(source, url):
    kill(source, source / "home", "initialise._create_channel = killed", INIT)
    with pytest.raises(CustodyError, match="was killed, or still runs; run that command again"):
        Custody.status_of(source / "home")
    told = []
    Custody.initialise(source / "second", **PASSPHRASES, clock=lambda: NOW, on_note=told.append)
    assert told == [
        f"the control database had what a killed command left that was making {source / 'home'}; it was dropped"
    ]
    with opened(source / "second", LATER) as custody:
        assert custody.status().datasets == ()


def test_a_command_that_still_runs_is_not_cleared(source, url):
    """On another machine, such as one that shares the server of the database."""
    running = Home(source / "running")
    running.path.mkdir()
    with (
        ControlDatabase.create(running),
        pytest.raises(CustodyError, match="another command is making a HOME from this control database"),
    ):
        restored(source, source / "home")
    assert restored(source, source / "home").cleared == str(running.path)


def test_an_error_leaves_no_row(source, url, monkeypatch):
    for name in ("_catch_up", "_give_its_name"):
        with monkeypatch.context() as patched:
            patched.setattr(f"pilookup.custody.backup.restore.{name}", _fail)
            with pytest.raises(CustodyError, match="of the test"):
                restored(source, source / "home")
        assert not (source / "home").exists()
    assert restored(source, source / "home").cleared is None
    works(source / "home")


def _fail(*_, **__):
    raise CustodyError("of the test")
