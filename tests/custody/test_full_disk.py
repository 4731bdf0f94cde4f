"""A full disk at any write of any command is an error of pilookup that names the file, and repeating the command works."""

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from pilookup.custody import Custody
from pilookup.custody.journal import journal_key
from pilookup.errors import CustodyError
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW
from tests.support.custody.full_disk import Disk, next_write
from tests.support.custody.home import files_under, numbers, write_csv
from tests.support.custody.startable import start

FIRST = 8
"""The first writes, each of which is tried: they are the command's own. Publishing follows, which is the same in all."""

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a HOME whose datasets are published in both channels, and two files, of which one is loaded."""
    folder = tmp_path_factory.mktemp("published")
    write_csv(folder / "a.csv", numbers(2))
    write_csv(folder / "b.csv", [f"{number},x" for number in numbers(2, start=1)], "phone,account")
    Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    with Custody.open(folder / "home", **BOTH, clock=lambda: NOW) as custody:
        custody.load(folder / "a.csv", dataset="leak", kind="exposure")
        custody.publish("public")
        custody.publish("platform")
        custody.load(folder / "b.csv", dataset="farm", kind="malicious-registration")
        journal_key(custody._session())  # made once for every HOME
    return folder


def load(custody, folder):
    done = custody.load([folder / "a.csv", folder / "b.csv"], dataset="more", kind="exposure")
    assert done.total.distinct == 3


def replace(custody, folder):
    assert custody.load(folder / "a.csv", dataset="leak", kind="exposure", replace=True).total.distinct == 2


def publish(custody, _):
    custody.publish("public")


def rotate(custody, _):
    assert custody.rotate("public").epoch >= 2


def end(custody, _):
    assert custody.rotate("public", compromised=True).epoch >= 2


def withdraw(custody, _):
    assert [each.channel for each in custody.withdraw("leak").published] == ["platform", "public"]


def erase(custody, _):
    assert [each.channel for each in custody.erase(numbers(1, start=1)[0]).published] == ["platform", "public"]


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.long)], ids=["fewer-and-fewer", "every"])
def tried(request):
    """The writes at which the disk becomes full: each of the first ones, then each or fewer and fewer."""

    def writes():
        number = 0
        while True:
            yield number
            number = number + 1 if request.param or number < FIRST else next_write(number, 4)

    return writes()


@pytest.mark.parametrize("act", [load, replace, publish, rotate, end, withdraw, erase], ids=lambda act: act.__name__)
def test_a_full_disk_is_named_and_the_command_succeeds_when_repeated(published, tmp_path, monkeypatch, act, tried):
    disk = Disk(monkeypatch, tmp_path)
    for writes in tried:
        home = shutil.copytree(published / "home", tmp_path / "home")
        with Custody.open(home, **BOTH, clock=lambda: NOW) as custody:
            disk.writes, disk.failed_on = writes, None
            try:
                act(custody, published)
            except CustodyError as error:
                assert disk.failed_on is not None
                assert start(home), "what is served cannot be started from"
                assert_names_a_file(error, home)
                if "which is done" not in str(error):
                    act(custody, published)
            else:
                assert disk.writes is not None, f"the failure on {disk.failed_on} was not reported"
            disk.writes = None
            custody.publish("public")
        assert verify_directory(home / "online" / "channels" / "public", (home / "trust-public.json").read_bytes(), NOW)
        shutil.rmtree(home)
        if disk.failed_on is None:
            break
    assert writes > 8


def assert_names_a_file(error, home):
    """The text is one line that begins with a path in HOME and ends with the reason; the cause is the system's error."""
    named, reason = re.fullmatch(r"(/\S+): cannot be [a-z ]+: (.+)", str(error)).groups()
    assert Path(named).is_relative_to(home)
    assert reason == os.strerror(errno.ENOSPC)
    assert isinstance(error.__cause__, OSError)


@pytest.mark.parametrize("made_before", [True, False])
def test_an_init_on_a_full_disk_leaves_nothing_and_succeeds_when_repeated(tmp_path, monkeypatch, made_before, tried):
    disk = Disk(monkeypatch, tmp_path)
    for writes in tried:
        folder = tmp_path / str(writes)
        home = folder / "deep" / "home"
        (home if made_before else folder).mkdir(parents=True)
        disk.writes, disk.failed_on = writes, None
        try:
            Custody.initialise(home, **BOTH)
        except CustodyError as error:
            assert_names_a_file(error, folder)
            assert list(folder.rglob("*")) == ([folder / "deep", home] if made_before else [])
            assert len(Custody.initialise(home, **BOTH)) == 2
        assert Custody.status_of(home).datasets == ()
        if disk.failed_on is None:
            break
    assert writes > 50
    assert not [path for path in files_under(tmp_path) if path.suffix == ".new"]
