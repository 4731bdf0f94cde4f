"""Publish killed at random instants: the old snapshot or the new one, whole; run again, the same bytes as never killed."""

import os
import random
import shutil
import sys
from datetime import UTC, datetime

import pytest
from custody_home import numbers, run_load, write_csv
from custody_kill import duration_of, kill_at_random

from pilookup.custody.control import Control
from pilookup.custody.founding import found
from pilookup.custody.home import Home
from pilookup.custody.publish import publish
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.session import Session
from pilookup.custody.vault import Vault
from pilookup.custody.verify import verify_directory
from pilookup.keyring import Half, Keyring

SECRETS = {Half.CUSTODY: b"custody", Half.ONLINE: b"online"}
ROWS = 20_000

WORK = """
import os, sys
os.environ["PILOOKUP_PASSPHRASE"] = "custody"
os.environ["PILOOKUP_ONLINE_PASSPHRASE"] = "online"
from pathlib import Path
from pilookup.cli.session import opened
from pilookup.custody.publish import publish
from pilookup.custody.repository import ChannelRepository
with opened(Path({home!r}), online=True) as session:
    print("ready", flush=True)
    publish(session, "public", lambda *_: None)
"""


def command(home):
    return [sys.executable, "-c", WORK.format(home=str(home))]


def session_of(path):
    home = Home(path)
    custody = Keyring.unlock(home.custody, Half.CUSTODY, SECRETS[Half.CUSTODY])
    online = Keyring.unlock(home.online, Half.ONLINE, SECRETS[Half.ONLINE])
    return Session(home, custody, Control.open(home), Vault(home, custody), online, datetime.now(UTC))


def prepare(path, work, rows):
    """A HOME with a published dataset, and one more that is loaded and waits."""
    found(path, *SECRETS.values(), datetime.now(UTC))
    session = session_of(path)
    run_load(session, [write_csv(work / "old.csv", numbers(rows * 9 // 10))], "old")
    publish(session, "public", lambda *_: None)
    more = numbers(rows // 10, start=5_000_000)
    run_load(session, [write_csv(work / "new.csv", more)], "new")
    session.control.close()


def served(path):
    """The current snapshot's serial, buckets and tree, once the whole directory verifies."""
    channel = path / "online/channels/public"
    (verified,) = verify_directory(channel, (path / "trust-public.json").read_bytes(), datetime.now(UTC))
    (epoch,) = session_repository(path).listed()
    files = [(channel / "targets" / epoch.path(name)).read_bytes() for name in ("buckets.bin", "tree.bin")]
    return verified.serial, files


def session_repository(path):

    return ChannelRepository(Home(path).channel("public"))


def publishes_killed(tmp_path, rows, kills, seed):
    prepared = tmp_path / "prepared"
    prepare(prepared, tmp_path, rows)
    before = served(prepared)
    reference = tmp_path / "reference"
    shutil.copytree(prepared, reference)
    longest = duration_of(command(reference), ready=True)
    after = served(reference)[1]
    assert after != before[1]
    home = tmp_path / "home"

    def fresh(_):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(prepared, home)
        return command(home)

    def check(_, _cut):
        serial, files = served(home)
        assert (serial, files) == before or files == after, "half a snapshot is served"
        session = session_of(home)
        publish(session, "public", lambda *_: None)
        session.control.close()
        again, files = served(home)
        assert files == after
        assert again > before[0]
        assert not (home / "online/channels/public/staging").exists()

    return kill_at_random(fresh, kills, longest, random.Random(seed), check, ready=True)


@pytest.mark.slow
def test_a_publish_killed_at_any_instant_leaves_one_snapshot_whole(tmp_path):
    assert publishes_killed(tmp_path, ROWS, 25, seed=1) > 10


@pytest.mark.long
def test_many_killed_publishes(tmp_path):
    kills = int(os.environ.get("PILOOKUP_TEST_KILLS", "500"))
    assert publishes_killed(tmp_path, ROWS, kills, seed=2) > kills // 3
