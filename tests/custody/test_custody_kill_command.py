"""`pilookup load` and `pilookup publish`, killed at any instant from the start of the interpreter, and run again."""

import os
import random
import shutil
import sys

import pytest
from custody_channel import NOW, at, manifests
from custody_home import content, numbers, run_load, write_csv
from custody_kill import duration_of, kill_at_random

from pilookup.custody.founding import found
from pilookup.custody.publish import publish
from pilookup.custody.verify import verify_directory

ROWS = 20_000
CHANNEL = "online/channels/public"


@pytest.fixture(autouse=True)
def passphrases(monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "custody")
    monkeypatch.setenv("PILOOKUP_ONLINE_PASSPHRASE", "online")


def prepare(folder, rows, command):
    """A HOME with a published dataset, and what the command will add: a file to load, or one that is loaded."""
    path = folder / "prepared"
    found(path, b"custody", b"online", NOW)
    session = at(path)
    run_load(session, [write_csv(folder / "old.csv", numbers(rows))], "old")
    publish(session, "public", lambda *_: None)
    more = write_csv(folder / "new.csv", numbers(rows, start=rows // 2))
    if command == "publish":
        run_load(session, [more], "new")
    session.control.close()
    return path


def words(folder, home, command):
    said = {
        "load": ["load", str(folder / "new.csv"), "--dataset", "new", "--kind", "exposure", "--json"],
        "publish": ["publish", "public", "--json"],
    }
    return [sys.executable, "-m", "pilookup.cli", *said[command], "--home", str(home)]


def vault_of(home, slug):
    """The decrypted rows of a dataset, and in how many loads they are."""
    session = at(home)
    session.settle()
    loads = session.control.loads(slug)
    rows = content(session, loads)
    session.control.close()
    return rows, len(loads)


def served(home):
    """Serial and bytes of what is served, newest epoch first; every byte of it verifies."""
    found_whole = verify_directory(home / CHANNEL, (home / "trust-public.json").read_bytes(), NOW)
    session = at(home)
    repository = session.repository("public")
    files = [
        (repository.targets / epoch.path(name)).read_bytes()
        for epoch in repository.listed()
        for name in ("buckets.bin", "tree.bin")
    ]
    assert [snapshot.serial for snapshot in found_whole] == [manifest.serial for manifest in manifests(session)]
    session.control.close()
    return [snapshot.serial for snapshot in found_whole], files


def run_killed(folder, rows, kills, command, seed):
    """Kill the command so many times, each on a copy of one HOME; returns how many kills came before its end.

    After each the vault holds all of the load or nothing of it, and the old release or the new one is served. Run
    again to its end, the command gives what a run never killed gives, once.
    """
    prepared, home, reference = prepare(folder, rows, command), folder / "home", folder / "reference"
    before = vault_of(prepared, "new"), served(prepared)
    shutil.copytree(prepared, reference)
    longest = duration_of(words(folder, reference, command))
    after = vault_of(reference, "new"), served(reference)
    assert after != before
    assert after[0][1] == 1

    def fresh(_):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(prepared, home)
        return words(folder, home, command)

    def check(_, cut):
        assert vault_of(home, "new") in (before[0], after[0])
        serials, files = served(home)
        assert (serials, files) == before[1] or files == after[1][1]
        if command == "publish" or vault_of(home, "new") == before[0]:
            duration_of(words(folder, home, command))
        assert vault_of(home, "new") == after[0]
        assert served(home)[1] == after[1][1]
        assert served(home)[0] >= after[1][0]
        assert not (home / "custody/vault/.staging").exists()
        assert not (home / CHANNEL / "staging").exists()
        assert cut or served(home)[0] == after[1][0]

    return kill_at_random(fresh, kills, longest, random.Random(seed), check)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["load", "publish"])
def test_a_command_killed_from_its_start_on_ends_well_when_run_again(tmp_path, command):
    assert run_killed(tmp_path, ROWS, 6, command, seed=5) >= 2


@pytest.mark.long
@pytest.mark.parametrize("command", ["load", "publish"])
def test_a_command_killed_many_times(tmp_path, command):
    kills = int(os.environ.get("PILOOKUP_TEST_KILLS", "500"))
    assert run_killed(tmp_path, ROWS, kills, command, seed=6) >= kills // 3
