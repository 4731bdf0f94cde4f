"""A run that is killed, or whose disk becomes full, goes on where it was: evaluations may repeat, result rows never."""

import random
import shutil
from itertools import count

import pyarrow.parquet
import pytest

from pilookup.screening import screening
from tests.support.screening import killed_screen
from tests.support.screening.platform import listed, user_table

KILLS = 25


def written(platform):
    """The users of all results in order, each with its change."""
    results = sorted((platform.out / "results").glob("[0-9]*.parquet"))
    return [(row["change"], row["user"]) for path in results for row in pyarrow.parquet.read_table(path).to_pylist()]


def state(changes):
    """The users that are found after these changes; a change that cannot follow the ones before it fails."""
    found = set()
    for kind, user in changes:
        assert (user in found) == (kind != "new"), f"{kind} twice: {user}"
        found ^= {user}
    return found


def users_of(indices):
    return {f"u-{one}" for one in indices}


def kills(platform, publisher, monkeypatch, *, rows, part_rows, longest, full=False):
    """Screen `rows` users and then more, killed KILLS times, with a publish and new users after every second end."""
    monkeypatch.setattr(screening, "PART_ROWS", part_rows)
    source, hits, serial, ends = random.Random(7), set(range(0, rows, rows // 20)), 1, []
    publisher.publish(listed(sorted(hits)), serial=serial)
    platform.sync()
    while len(ends) - ends.count(killed_screen.DONE) < KILLS:
        users = user_table(range(rows + part_rows * serial))
        ended = killed_screen.run(platform, users, source.randrange(longest), full=full)
        assert ended in (killed_screen.DONE, killed_screen.REFUSED if full else killed_screen.KILLED)
        ends.append(ended)
        state(written(platform))
        if len(ends) % 2 == 0:
            serial += 1
            hits ^= set(source.sample(range(rows), 4))
            publisher.publish(listed(sorted(hits)), serial=serial)
            platform.sync()
    outcome = platform.run(users)
    assert (outcome.joined, outcome.remaining, outcome.found) == (len(users), 0, len(hits))
    assert state(written(platform)) == users_of(hits)
    assert [path for path in platform.out.rglob("*") if path.name.startswith(".")] == []
    parts = {(path.parent.name, path.stem) for path in (platform.out / "joins").rglob("*.parquet")}
    assert parts == {(path.parent.name, path.stem) for path in (platform.out / "tokens").rglob("*.tokens")}


@pytest.mark.parametrize("full", [False, True])
def test_a_run_that_is_killed_at_random_instants_or_meets_a_full_disk(platform, publisher, monkeypatch, full):
    kills(platform, publisher, monkeypatch, rows=500, part_rows=100, longest=40, full=full)


def test_each_change_of_a_run_that_writes_a_result(platform, publisher):
    users = user_table(range(30))
    publisher.publish(listed([1, 2]), serial=1)
    platform.run(users)
    publisher.publish(listed([2, 3]), serial=2)
    platform.sync()
    before, expected = platform.folder / "before", [("new", "u-1"), ("new", "u-2"), ("gone", "u-1"), ("new", "u-3")]
    platform.out.rename(before)
    for change in count():
        shutil.copytree(before, platform.out)
        ended = killed_screen.run(platform, users, change)
        assert written(platform) in (expected[:2], expected)
        platform.run(users)
        assert written(platform) == expected, change
        if ended == killed_screen.DONE:
            break
        shutil.rmtree(platform.out)
    assert change > 10


@pytest.mark.long
def test_two_hundred_thousand_users_and_kills(platform, publisher, monkeypatch):
    kills(platform, publisher, monkeypatch, rows=200_000, part_rows=5_000, longest=90)
