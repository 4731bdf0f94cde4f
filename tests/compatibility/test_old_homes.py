"""HOMEs made by earlier code open, recover, load, publish and rotate with the same results as under that code."""

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.custody.publish.publish import publish
from pilookup.custody.status import read_status
from pilookup.errors import KeyringError, PublishError
from pilookup.keyring import Half
from pilookup.keyring.key_ids import AUDIT_KEY_ID
from pilookup.release_files.verify import verify_directory
from tests.support.compatibility.homes import (
    ABSENT,
    ARCHIVES,
    CHANNELS,
    DATABASE,
    answers,
    archive,
    channel_files,
    date_of,
    digest,
    expanded,
    index,
    key_contents,
    manifests,
    newest_revision,
    opened,
    quiet,
    recovered_database,
    revision,
    served,
    stage,
    status_without_later_keys,
    tree,
    unpack,
    without_ends,
    without_later_keys,
    without_later_metadata,
    without_new_keys,
    without_platform,
    write_files,
)

LEFT_TO_REMOVE = {
    "killed_load",
    "killed_load_adopted",
    "killed_load_committed",
    "killed_publish",
    "killed_publish_adopting",
}
"""HOMEs in which recovery removes files. In the others the next publish or rotate handles what was left."""

PRIVATE = 0o077
VAULT = "custody/vault/"
ONCE = ("custody/keyring.json", "online/keyring.json", "trust-")
KEYS = ("custody/keys/", "online/keys/")


def pinned(home, channel):
    return (home / f"trust-{channel}.json").read_bytes()


def verified(home, facts, channel):
    directory = home / "online" / "channels" / channel
    return [each.to_json() for each in verify_directory(directory, pinned(home, channel), date_of(facts))]


def plain(value):
    """The value after it is written as JSON and read again."""
    return json.loads(json.dumps(value))


def test_every_archive_has_an_entry():
    assert {path.name for path in ARCHIVES.iterdir()} == {archive(name).name for name in index()}


def test_every_archive_has_the_recorded_digest(name, facts):
    assert digest(archive(name)) == facts["sha256"]


def test_modes_are_unpacked(name, home):
    modes = {str(Path("home") / each): mode for each, (mode, _) in tree(home).items()}
    with tarfile.open(archive(name), "r:xz") as tar:
        assert modes == {member.name: member.mode for member in tar if member.name != "home"}
    open_to_others = {each for each, mode in modes.items() if mode & PRIVATE}
    assert all(each.startswith(("home/online/channels/", f"home/{VAULT}.staging")) for each in open_to_others)


def test_status_needs_no_passphrase(home, facts):
    with ControlDatabase.open(Home(home)) as control:
        status = plain(read_status(Home(home), control, date_of(facts)).to_json())
    assert status_without_later_keys(status) == facts["expected"]["status"]


def test_served_files_verify_from_the_pinned_root(home, facts):
    for channel in CHANNELS:
        expected = facts["expected"]["verified"][channel]
        found = verified(home, facts, channel)
        assert all(each["buckets"] > 0 and not each["absent"] for each in found), "what later versions say too"
        assert [{name: each[name] for name in ("channel", "epoch", "serial", "entries")} for each in found] == expected


def test_a_home_opens_and_recovery_removes_only_what_was_left(name, home, facts, tmp_path):
    """The control database changes in every HOME, because its tables are brought to those of this version."""
    expected, before = facts["expected"], tree(home)
    restored = dict(expected["restored"])
    assert revision(home) == facts["alembic"]
    _, database = restored.pop(DATABASE, before[DATABASE])
    assert recovered_database(home, tmp_path / "copy") == database
    assert bool(expected["removed"]) == (name in LEFT_TO_REMOVE)
    with opened(home, facts) as session:
        assert key_contents(session.keyring) == expected["keys"]["custody"]
        assert key_contents(session.online_keyring()) == expected["keys"]["online"]
        session.recover()
        after = tree(home)
        assert sorted(set(before) - set(after)) == expected["removed"]
        changed = {name: list(now) for name, now in after.items() if before.get(name) != now}
        assert changed.pop(DATABASE)[0] == 0o600
        assert changed == restored
        session.recover()
        assert tree(home) == after
    assert revision(home) == newest_revision()
    assert tree(home) == after


def test_answers_and_further_commands_equal_those_of_the_old_code(home, facts, tmp_path):
    """Repeats the killed command (or publishes), then loads and publishes both channels, then rotates both."""
    expected, work = facts["expected"], tmp_path / "work"
    numbers = expanded(expected["numbers"])
    alike = without_platform if len(expected["opened"]["served"]["platform"]) > 1 else dict
    with opened(home, facts) as session:
        session.recover()
        archived, before = channel_files(home), tree(home)
        results = plain(stage(session, [], work, numbers))
        assert results.pop("channels") == archived
        assert results == expected["opened"]
        for each in ("retry", "more"):
            results = plain(stage(session, facts[each], work, numbers))
            if facts["new_key"]:
                assert without_new_keys(results) == without_new_keys(expected[each])
            else:
                kept, recorded = without_later_metadata(results), without_later_metadata(expected[each])
                assert alike(kept) == alike(recorded)
            _assert_kept(before, tree(home), facts)
        later = session
        if expected["rotate"]["served"]["public"][0]["epoch"] == 3:
            with pytest.raises(PublishError, match="rotate again after"):
                stage(session, facts["rotate"], work, numbers)
            # Earlier versions ended the former epoch for a third one; this one rotates once its 72 hours are over.
            later = replace(session, now=session.now + timedelta(hours=72))
        results = without_new_keys(plain(stage(later, facts["rotate"], work, numbers)))
        assert without_ends(alike(results)) == without_ends(alike(expected["rotate"]))
        for channel in CHANNELS:
            end = (later.now + timedelta(days=180)).isoformat()
            assert results["served"][channel][0]["serves_until"] == end
        _assert_keys_are_complete(session)
        _assert_kept(before, tree(home), facts)
    assert revision(home) == newest_revision()
    for channel in CHANNELS:
        [newest, *_] = verified(home, facts, channel)
        assert newest["epoch"] == results["served"][channel][0]["epoch"]


def _assert_kept(before, after, facts):
    """Assert that shards, keys and trust files are unchanged (but replaced loads); only channel keys may be missing."""
    kept = {name: told for name, told in before.items() if _is_to_stay(name, facts)}
    assert len(kept) > 20
    assert {name: told for name, told in after.items() if name in kept} == {
        name: told for name, told in kept.items() if name in after
    }
    gone = [name for name in kept if name not in after]
    assert all(name.startswith(KEYS) and "/channel-" in name for name in gone), gone


def _is_to_stay(name, facts):
    """Whether no later command may change the file. False in a replaced dataset and for the key in one half only."""
    replaced = [f"{VAULT}{command['dataset']}" for command in facts["retry"] if command.get("replace")]
    if facts["new_key"] and name.endswith("/channel-public-2.key"):
        return False
    return name.startswith((*KEYS, VAULT, *ONCE)) and not name.startswith(tuple(replaced))


def _assert_keys_are_complete(session):
    """Assert that both halves have the same key for every served epoch, and that its manifest names that key."""
    custody, online = key_contents(session.keyring), key_contents(session.online_keyring())
    for channel in CHANNELS:
        for manifest in manifests(session, channel):
            key = f"channel-{channel}-{manifest.epoch}"
            assert custody[key] == online[key] == manifest.public_key.hex()


@pytest.mark.parametrize("name", ["retired_epoch"], indirect=True)
def test_a_former_epoch_is_served_until_its_end_and_then_destroyed(home, facts):
    with opened(home, facts) as session:
        session.recover()
        newest, former = (epoch["epoch"] for epoch in served(session, "public"))
        said = answers(session, ["13812340000"])["public"]
        assert said == {str(epoch): {"030000020130000200010000": ["13812340000+1"]} for epoch in (newest, former)}
        end = date_of(facts) + timedelta(hours=62)
        assert served(session, "public")[1]["serves_until"] == end.isoformat()
        for now, epochs in ((end - timedelta(seconds=1), [newest, former]), (end, [newest])):
            publish(replace(session, now=now), "public", quiet)
            assert [epoch["epoch"] for epoch in served(session, "public")] == epochs
            for keyring in (session.keyring, session.online_keyring()):
                kept = {key for key in keyring.ids() if key.startswith("channel-public-")}
                assert kept == {f"channel-public-{epoch}" for epoch in epochs}


@pytest.mark.parametrize("name", ["published"], indirect=True)
def test_listed_numbers_are_found_and_others_are_not(home, facts):
    with opened(home, facts) as session:
        inside, outside = expanded(facts["in"]), expanded(facts["out"])
        assert len(inside) == 523
        assert ABSENT not in answers(session, inside)["platform"]["1"]
        assert list(answers(session, outside)["platform"]["1"]) == [ABSENT]


@pytest.mark.parametrize("name", ["published"], indirect=True)
def test_another_passphrase_does_not_open_a_home(home, facts):
    wrong = facts | {"passphrases": {**facts["passphrases"], "custody": "another"}}
    with pytest.raises(KeyringError), opened(home, wrong):
        pass


@pytest.mark.parametrize("name", ["published"], indirect=True)
def test_its_passphrases_are_replaced(home, facts):
    former, new = facts["passphrases"], {str(half): f"a new one of the {half} half" for half in Half}
    has = dict(former)
    for half in Half:
        change_passphrase(Home(home), half, lambda asked: has[asked].encode(), new[half].encode)
        has[half] = new[half]
    with pytest.raises(KeyringError, match="does not open"), opened(home, facts):
        pass
    with opened(home, facts | {"passphrases": new}) as session:
        keys = key_contents(session.keyring)
        assert len(keys.pop(AUDIT_KEY_ID)) == len(facts["expected"]["keys"]["custody"]["vault-digest"])
        assert keys == facts["expected"]["keys"]["custody"]
        assert key_contents(session.online_keyring()) == facts["expected"]["keys"]["online"]


@pytest.mark.parametrize("name", ["killed_load"], indirect=True)
def test_the_load_command_recovers_and_loads(home, facts, tmp_path):
    """Runs `pilookup load` in a separate process; a load does not depend on the date."""
    [command], [expected] = facts["retry"], facts["expected"]["retry"]["outcomes"]
    files = write_files(command["files"], tmp_path / "work")
    options = [f"--{option}={command[option.replace('-', '_')]}" for option in ("dataset", "kind", "seized-on")]
    done = subprocess.run(
        [sys.executable, "-m", "pilookup.cli", "load", *files, *options, "--json", "--home", home],
        env=os.environ | {"PILOOKUP_PASSPHRASE": facts["passphrases"]["custody"]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert without_later_keys(json.loads(done.stdout)) == expected
    assert not (home / "custody" / "vault" / ".staging").exists()


def test_two_unpackings_are_the_same(tmp_path):
    assert tree(unpack("killed_publish", tmp_path / "a")) == tree(unpack("killed_publish", tmp_path / "b"))
