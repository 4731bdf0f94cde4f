"""A publish that is killed at a random instant leaves the old or the new snapshot complete.

Run again, it writes the same bytes as a publish that was never killed.
"""

import os
import random
import shutil
from datetime import UTC, datetime

import pytest

from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.publish.publish import publish
from pilookup.custody.repository import ChannelRepository
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import at, quiet
from tests.support.custody.home import numbers, run_load, write_csv
from tests.support.custody.kill import duration_of, kill_at_random

ROWS = 20_000

WORK = """
from pilookup.custody import Custody
with Custody.open({home!r}, passphrase="custody passphrase of the tests", online_passphrase="online passphrase of the tests") as custody:
    print("ready", flush=True)
    custody.publish("public")
"""


def command(home):
    return WORK.format(home=str(home))


def prepare(path, work, rows):
    """Make a HOME with a published dataset and one that is loaded but not yet published."""
    initialise_home(path, b"custody passphrase of the tests", b"online passphrase of the tests", datetime.now(UTC))
    session = at(path, datetime.now(UTC))
    run_load(session, [write_csv(work / "old.csv", numbers(rows * 9 // 10))], "old")
    publish(session, "public", quiet)
    more = numbers(rows // 10, start=5_000_000)
    run_load(session, [write_csv(work / "new.csv", more)], "new")
    session.control.close()


def served(path):
    """Verify the whole directory; return the current snapshot's serial, and its buckets and tree."""
    channel = path / "online/channels/public"
    (verified,) = verify_directory(channel, (path / "trust-public.json").read_bytes(), datetime.now(UTC))
    (epoch,) = ChannelRepository(Home(path).channel("public")).listed()
    files = [(channel / "targets" / epoch.path(name)).read_bytes() for name in ("buckets.bin", "tree.bin")]
    return verified.serial, files


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
        session = at(home, datetime.now(UTC))
        publish(session, "public", quiet)
        session.control.close()
        again, files = served(home)
        assert files == after
        assert again > before[0]
        assert not (home / "online/channels/public/staging").exists()

    return kill_at_random(fresh, kills, longest, random.Random(seed), check, ready=True)


@pytest.mark.slow
def test_a_publish_killed_at_any_instant_leaves_one_complete_snapshot(tmp_path):
    assert publishes_killed(tmp_path, ROWS, 12, seed=1) > 3


@pytest.mark.long
def test_many_killed_publishes(tmp_path):
    kills = int(os.environ.get("PILOOKUP_TEST_KILLS", "500"))
    assert publishes_killed(tmp_path, ROWS, kills, seed=2) > kills // 3
