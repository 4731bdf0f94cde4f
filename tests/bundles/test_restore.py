"""Backups of the custody half, and restoring them with the newest journal and release."""

import os
import random
import shutil
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.custody import Custody, epochs
from pilookup.custody.audit import AuditLog
from pilookup.custody.audit import start as audit_start
from pilookup.custody.audit.check import check_audit, entries_of
from pilookup.custody.audit.entry import check_details
from pilookup.custody.audit.gap import Gap
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.released import released_heads
from pilookup.custody.backup import sealed_stream
from pilookup.custody.backup.backup import check_backup
from pilookup.custody.backup.restore import UNKNOWN, UNKNOWN_EPOCHS, restore
from pilookup.custody.backup.sealed_stream import SealedReader, sealed
from pilookup.custody.home import Home
from pilookup.custody.prepared import read_prepared
from pilookup.errors import BundleError, HomeError, KeyringError, PilookupError, PublishError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_directory import key_directory
from pilookup.keyring.master_key import read_master_key
from pilookup.protocol.release import read_release
from pilookup.signing.request import read_request
from tests.support.bundles.machines import LATER, PASSPHRASES, export, import_bundle, opened, published, serve
from tests.support.custody.channel import NOW, NUMBERS, look_up, manifests
from tests.support.custody.full_disk import Disk, next_write
from tests.support.custody.home import files_under, write_csv
from tests.support.custody.killed_steps import run_killed
from tests.support.home_templates import home_like

BACKUP = b"passphrase of the backup"
KILLS = int(os.environ.get("KILLS", "5"))
"""How many times a restore is killed; `KILLS=50` takes minutes."""

DAY = timedelta(days=1)
AFTER = LATER + DAY


def backed_up(path):
    """A directory with a custody HOME, its backup, and a serving HOME with all that happened after the backup."""
    return home_like(_make, path)


def _make(path):
    path.mkdir(parents=True, exist_ok=True)
    custody = published(path / "custody")
    with opened(custody) as open_home:
        open_home.erase(NUMBERS[5])
        open_home.load(write_csv(path / "b.csv", NUMBERS[:20]), dataset="case-2", kind="malicious-registration")
        open_home.publish("public")
        open_home.back_up(path / "backup", backup_passphrase=BACKUP)
    export(custody, path / "first")
    import_bundle(path / "first", path / "serving", custody)
    serve(path / "serving")
    with opened(custody, LATER) as open_home:
        open_home.load(write_csv(path / "c.csv", NUMBERS[200:220]), dataset="case-3", kind="exposure")
        open_home.load(write_csv(path / "d.csv", NUMBERS[220:240]), dataset="case-4", kind="exposure")
        open_home.erase(NUMBERS[0])
        open_home.withdraw("case-2")
        open_home.withdraw("case-4")
        open_home.publish("public")
        open_home.rotate("public")
    export(custody, path / "second", LATER)
    import_bundle(path / "second", path / "serving", now=LATER)
    serve(path / "serving", LATER)


@pytest.fixture
def lost(tmp_path):
    """What is left when the custody machine is lost: the backup, the serving machine, and the holders' keys."""
    path = backed_up(tmp_path / "machines")
    holders = tmp_path / "holders"
    holders.mkdir()
    folder = key_directory(path / "custody" / "custody", read_master_key(path / "custody" / "custody"))
    for name in check_backup(path / "backup", BACKUP).contents.left_out:
        shutil.copy(folder / f"{name}.key", holders)
    return path


def restored(path, home, newest=None, now=AFTER):
    newest = path / "serving" / "online" if newest is None else newest
    return restore(path / "backup", home, newest, now, lambda: BACKUP, lambda: PASSPHRASES["passphrase"], "tests")


def commands_after(path, number):
    """The entries after a number in the log of the custody machine that was lost, and how many."""
    entries = entries_of(read_lines(Home(path / "custody").audit_log).lines)
    return [entry for entry in entries if entry.number > number]


def checked(home, releases=()):
    layout = Home(home)
    keyring = Keyring.unlock(layout.custody, Half.CUSTODY, PASSPHRASES["passphrase"])
    return check_audit(layout, keyring, releases)


@pytest.mark.parametrize("source", ["online half", "bundle"])
def test_the_audit_log_of_a_backup_says_what_it_lacks(lost, tmp_path, source):
    """The second bundle was exported after everything else, so that its entry is the last that is known to be lost."""
    home = tmp_path / "restored"
    shutil.copytree(lost / "custody" / "online" / "channels" / "public", tmp_path / "kept")
    gap = restored(lost, home, None if source == "online half" else lost / "second").audit
    entry = next(
        each
        for each in commands_after(lost, gap.ends)
        if each.command == "bundle export" and each.number > gap.ends + 5
    )
    assert gap.lost_until == entry.number
    assert set(gap.releases) == {"public", "platform"}
    assert (
        f"entries {gap.ends + 1:,} to {entry.number:,} ({entry.number - gap.ends:,}), and any later ones" in gap.text()
    )
    found = checked(home)
    [declared] = found.gaps
    assert (declared.gap, declared.entry) == (gap, gap.ends + 1)
    unsigned = source == "bundle"  # it has no timestamp, so that nothing is served until the channels are rotated
    assert len(found.found) == (0 if unsigned else 2)
    assert all(f"entry {declared.entry:,} says that a restore lost it" in text for text in found.found)
    bring_keys(lost, home)
    with opened(home, AFTER) as custody:
        for channel in ("public", "platform"):
            custody.rotate(channel)
    found = checked(home)
    assert (found.found, found.gaps) == ((), (declared,))
    assert gap.text() in str(found.gaps[0])
    [text] = checked(home, [tmp_path / "kept"]).found
    assert "is not in it: entries were changed or removed" in text


def test_a_restore_of_the_newest_backup_says_that_nothing_shows_a_loss(tmp_path):
    custody = published(tmp_path / "custody")
    export(custody, tmp_path / "bundle")
    with opened(custody, LATER) as home:
        home.back_up(tmp_path / "backup", backup_passphrase=BACKUP)
    gap = restore(
        tmp_path / "backup",
        tmp_path / "home",
        tmp_path / "bundle",
        AFTER,
        lambda: BACKUP,
        lambda: PASSPHRASES["passphrase"],
    ).audit
    assert (gap.lost_until, dict(gap.releases), gap.bundle) == (None, {}, False)
    assert gap.text().endswith("nothing that was given shows later ones, except the outcome of the backup itself")
    found = checked(tmp_path / "home")
    assert [each.gap for each in found.gaps] == [gap]
    assert found.found == ()


def test_an_invented_restore_does_not_excuse_a_release(tmp_path):
    """Whoever has the passphrase can write that a release was lost. `audit verify` reports it all the same."""
    path = published(tmp_path / "custody")
    home = Home(path)
    keyring = Keyring.unlock(home.custody, Half.CUSTODY, PASSPHRASES["passphrase"])
    audit_start.restart(home, keyring, "tests", lambda: LATER)
    log = AuditLog.open(home, keyring, "tests", lambda: LATER)
    heads = tuple(sorted(each.head for each in released_heads(home) if each.head))
    with log.recorded("restore", **Gap(1, None, {"public": 1, "platform": 1}, heads, bundle=False).details()):
        pass
    opened(path, LATER).close()
    assert len(checked(path).found) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**53 - 1) | st.sampled_from(["public", "x" * 64, "0" * 64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["public", "x"]), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["log_ends", "log_lost_until", "log_bundle", "releases", "released"]), JSON))
def test_whatever_an_entry_says_of_a_gap_can_be_printed(details):
    gap = Gap.from_details(details)
    assert gap is None or (gap.text() and gap.to_json()["ends"] == details["log_ends"])


@given(
    st.integers(1, 2**40),
    st.none() | st.integers(1, 2**40),
    st.dictionaries(st.sampled_from(["public", "platform"]), st.integers(1, 2**40)),
    st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=4).map(tuple),
    st.booleans(),
)
def test_a_gap_is_read_as_it_was_logged(ends, until, releases, heads, bundle):
    gap = Gap(ends, until, releases, heads, bundle)
    assert Gap.from_details(check_details(gap.details())) == gap


def bring_keys(path, home):
    """The holders of the keys that the backup does not have put them into HOME again."""
    folder = key_directory(home / "custody", read_master_key(home / "custody"))
    for key in (path.parent / "holders").iterdir():
        shutil.copy(key, folder)


def versions(home, channel="public"):
    """Whatever a client refuses to see lower: the versions of targets and snapshot metadata, the epoch and serial."""
    directory = home / "online" / "channels" / channel
    release = read_release(lambda name: (directory / "metadata" / name).read_bytes(), NOW, timestamp=False)
    with opened(home, AFTER) as custody:
        serial = manifests(custody._session(), channel)[0].serial
    return release.targets_version, release.snapshot_version, release.epochs[0].epoch, serial


@pytest.mark.parametrize("source", ["online half", "bundle"])
def test_what_was_removed_later_is_removed_and_nothing_is_used_twice(lost, tmp_path, source):
    before = versions(lost / "custody"), versions(lost / "custody", "platform")
    home = tmp_path / "restored"
    outcome = restored(lost, home, None if source == "online half" else lost / "second")
    assert outcome.erased == 1
    assert outcome.withdrawn == ("case-2",)
    assert outcome.missing == ("case-3",)
    assert outcome.channels == ("platform", "public")
    bring_keys(lost, home)
    with opened(home, AFTER) as custody:
        for channel in outcome.channels:
            with pytest.raises(PublishError, match="run: pilookup rotate"):
                custody.publish(channel)
            custody.rotate(channel)
        outcome = custody.load(write_csv(tmp_path / "e.csv", NUMBERS[240:260]), dataset="case-5", kind="exposure")
        custody.publish("public")
        session = custody._session()
        assert [each.id for each in session.control.datasets(active_only=True)] == [1, 5]
        assert look_up(session, NUMBERS[0])[0] == (None, False)
        assert look_up(session, NUMBERS[5])[0] == (None, False)
        assert look_up(session, NUMBERS[7])[0][0] is not None
    for former, channel in zip(before, ("public", "platform"), strict=True):
        assert all(new > old for new, old in zip(versions(home, channel), former, strict=True)), channel
    exported = export(home, tmp_path / "third", AFTER)
    imported = import_bundle(tmp_path / "third", lost / "serving", now=AFTER)
    assert imported.number == exported.number
    assert imported.journal == 4
    assert {channel: epochs[-1] for channel, epochs in serve(lost / "serving", AFTER).items()} == {
        "public": before[0][2] + 1 + UNKNOWN_EPOCHS,
        "platform": before[1][2] + 1 + UNKNOWN_EPOCHS,
    }


def test_the_journal_is_continued(lost, tmp_path):
    home = tmp_path / "restored"
    restored(lost, home)
    assert (lost / "serving" / "online" / "bundle-machine").exists()
    assert not (home / "online" / "bundle-machine").exists(), "the key of a machine stays on it"
    for half in ("custody", "online"):
        assert (home / half / "journal").read_bytes() == (lost / "custody" / "custody" / "journal").read_bytes()
    bring_keys(lost, home)
    with opened(home, AFTER) as custody:
        custody.rotate("platform")
        custody.rotate("public")
        custody.erase(NUMBERS[1])
    journal = (home / "custody" / "journal").read_bytes()
    assert journal.startswith((lost / "custody" / "custody" / "journal").read_bytes())
    assert journal.count(b"\n") == 5


def test_a_backup_has_no_channel_key_and_too_few_signing_keys(lost):
    contents = check_backup(lost / "backup", BACKUP).contents
    assert contents.left_out == tuple(
        name
        for channel in ("platform", "public")
        for name in (*(f"{role}-{channel}-{n}" for role in ("root", "targets") for n in (2, 3)), f"snapshot-{channel}")
    )
    with sealed_archive(lost / "backup") as names:
        keys = {name.rpartition("/")[2] for name in names if name.endswith(".key")}
    assert {key for key in keys if key.startswith(("root", "targets", "snapshot", "channel", "timestamp"))} == {
        f"{role}-{channel}-1.key" for role in ("root", "targets") for channel in ("public", "platform")
    }
    assert {"vault.key", "vault-storage.key", "journal.key", "journal-seal.key", "audit.key"} <= keys


def sealed_archive(path):
    import contextlib

    from pilookup.custody.backup.archive import opened_archive

    @contextlib.contextmanager
    def names():
        with opened_archive(path, BACKUP) as files:
            yield [name for name, _ in files]

    return names()


def test_nothing_of_home_is_in_clear_in_a_backup(lost):
    data = (lost / "backup").read_bytes()
    for content in files_under(lost / "custody" / "custody").values():
        assert len(content) < 40 or content[:40] not in data
    for word in (b"case-1", b"keyring", b"ustar", b"journal"):
        assert word not in data


def test_a_wrong_passphrase_or_another_home_restores_nothing(lost, tmp_path):
    home = tmp_path / "restored"

    def refused(error, match, backup=BACKUP, custody=PASSPHRASES["passphrase"], newest=lost / "serving" / "online"):
        with pytest.raises(error, match=match):
            restore(lost / "backup", home, newest, AFTER, lambda: backup, lambda: custody)
        assert not home.exists()
        assert not list(tmp_path.glob(".*"))

    refused(BundleError, "passphrase does not open the backup", backup=b"another passphrase!")
    refused(KeyringError, "does not open the custody half", custody=b"another passphrase!")
    Custody.initialise(tmp_path / "other", **PASSPHRASES, clock=lambda: NOW)
    with opened(tmp_path / "other") as other:
        other.publish("public")
        other.erase(NUMBERS[0])
    refused(PilookupError, "not signed|not those|root", newest=tmp_path / "other" / "online")
    home.mkdir()
    (home / "something").touch()
    with pytest.raises(HomeError, match="not empty"):
        restored(lost, home)


def test_a_backup_gets_a_strong_passphrase_of_its_own(lost, tmp_path):
    with opened(lost / "custody", LATER) as custody:
        for passphrase, told in ((b"short", "too short"), (PASSPHRASES["passphrase"], "that of the custody half")):
            with pytest.raises(KeyringError, match=told):
                custody.back_up(tmp_path / "out", backup_passphrase=passphrase)
        (tmp_path / "out").touch()
        with pytest.raises(BundleError, match="exists; choose another name"):
            custody.back_up(tmp_path / "out", backup_passphrase=BACKUP)


def test_no_changed_byte_and_no_other_length_of_a_backup_is_accepted(lost, tmp_path):
    data, rng = (lost / "backup").read_bytes(), random.Random(5)
    changed = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in (0, 8, 9, 30, len(data) - 1)]
    changed += [data[: rng.randrange(len(data))] for _ in range(10)]
    changed += [data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :] for at in rng.sample(range(len(data)), 10)]
    for other in [*changed, data + b"\0", data + data, b""]:
        (tmp_path / "changed").write_bytes(other)
        with pytest.raises(BundleError, match="changed"):
            check_backup(tmp_path / "changed", BACKUP)


@given(st.lists(st.binary(max_size=90), max_size=8), st.integers(0, 5), st.data())
@settings(max_examples=60, deadline=None)
def test_a_sealed_stream_is_read_as_written_or_refused(chunks, moved, data):
    """With blocks of 64 bytes, so that there are many."""
    import io

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_stream, "BLOCK_BYTES", 64)
        patch.setattr(sealed_stream, "_SEALED_BYTES", 80)
        whole = b"".join(sealed(chunks, BACKUP))
        assert SealedReader(io.BytesIO(whole), BACKUP).read() == b"".join(chunks)
        head = len(whole) - len(b"".join(chunks)) - 16 * max(1, -(-len(b"".join(chunks)) // 64))
        blocks = [whole[at : at + 80] for at in range(head, len(whole), 80)]
        for other in (
            whole[:-1],
            whole[: head + 80 * data.draw(st.integers(0, max(0, len(blocks) - 1)))],
            whole[:head] + b"".join(blocks[1:]),
            whole[:head] + b"".join([blocks[moved % len(blocks)], *blocks]),
        ):
            with pytest.raises(BundleError):
                SealedReader(io.BytesIO(other), BACKUP).read()


PROGRAM = """
from datetime import datetime
from pathlib import Path
from pilookup.custody.backup.restore import UNKNOWN, UNKNOWN_EPOCHS, restore
restore(Path({backup!r}), Path({home!r}), Path({newest!r}), datetime.fromisoformat({now!r}),
        lambda: {passphrase!r}, lambda: {custody!r}, "tests")
"""


def program(path, home):
    newest, custody = str(path / "serving" / "online"), PASSPHRASES["passphrase"]
    given = {"home": str(home), "newest": newest, "now": AFTER.isoformat(), "passphrase": BACKUP, "custody": custody}
    return PROGRAM.format(backup=str(path / "backup"), **given)


def test_a_restore_killed_at_random_steps_is_whole_or_as_before(lost, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    total = run_killed(program(lost, folder / "first"), folder)
    whole = sorted(str(name) for name in files_under(folder / "first"))
    for steps in random.Random(14).sample(range(total), KILLS):
        home = folder / f"home-{steps}"
        assert run_killed(program(lost, home), folder, steps) is None
        if not home.exists() or not any(home.iterdir()):  # the directory alone, which is the lock of its making
            assert run_killed(program(lost, home), folder) is not None
        assert sorted(str(name) for name in files_under(home)) == whole
        assert not list(folder.glob(".*"))
        shutil.rmtree(home)


def test_a_full_disk_at_any_write_of_a_restore_leaves_nothing(lost, tmp_path, monkeypatch):
    disk, writes = Disk(monkeypatch, tmp_path / "here"), 0
    (tmp_path / "here").mkdir()
    while True:
        disk.writes, disk.failed_on = writes, None
        try:
            restored(lost, tmp_path / "here" / "home")
        except PilookupError:
            whole = disk.failed_on is not None and (tmp_path / "here" / "home").exists()  # the last flush failed
            assert list((tmp_path / "here").iterdir()) == ([tmp_path / "here" / "home"] if whole else [])
            shutil.rmtree(tmp_path / "here" / "home", ignore_errors=True)
        if disk.failed_on is None:
            break
        writes = next_write(writes, 5)
    assert writes > 20
    assert (tmp_path / "here" / "home" / "custody" / "vault").is_dir()


def test_a_full_disk_at_any_write_of_a_backup_leaves_nothing(lost, tmp_path, monkeypatch):
    disk, writes = Disk(monkeypatch, tmp_path / "out"), 0
    (tmp_path / "out").mkdir()
    with opened(lost / "custody", LATER) as custody:
        while True:
            disk.writes, disk.failed_on = writes, None
            try:
                custody.back_up(tmp_path / "out" / "backup", backup_passphrase=BACKUP)
            except BundleError:
                assert list((tmp_path / "out").iterdir()) == []
            if disk.failed_on is None:
                break
            writes += 1
    assert writes > 2
    assert check_backup(tmp_path / "out" / "backup", BACKUP).contents.journal == 4


@pytest.mark.parametrize("kept", [0, 1])
def test_a_journal_that_was_cut_is_refused(tmp_path, kept):
    path = backed_up(tmp_path / "machines")
    journal = path / "serving" / "online" / "journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(BundleError, match="entries are missing"):
        restored(path, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_what_is_older_than_the_backup_is_refused(tmp_path):
    custody = published(tmp_path / "custody")
    export(custody, tmp_path / "old")
    with opened(custody, LATER) as home:
        home.erase(NUMBERS[0])
    export(custody, tmp_path / "new", LATER)
    with opened(custody, LATER) as home:
        home.back_up(tmp_path / "backup", backup_passphrase=BACKUP)
    given = (AFTER, lambda: BACKUP, lambda: PASSPHRASES["passphrase"])
    with pytest.raises(BundleError, match="it is older; give the newest one"):
        restore(tmp_path / "backup", tmp_path / "home", tmp_path / "old", *given)
    assert restore(tmp_path / "backup", tmp_path / "home", tmp_path / "new", *given).erased == 0


def test_a_release_that_was_prepared_is_given_up_by_a_restore(tmp_path, monkeypatch):
    """Signed and not served when the backup was made: a newer one was served since, and keys were replaced."""
    custody = published(tmp_path / "custody")
    with opened(custody, LATER) as home:
        home.replace_key("public", "targets", "targets-public-1", prepare=True)
        with monkeypatch.context() as patched:
            patched.setattr("pilookup.custody.publish.finish._serve", _killed)
            with pytest.raises(KeyboardInterrupt):
                home.finish("public", ())
        home.back_up(tmp_path / "backup", backup_passphrase=BACKUP)
        home.publish("public")
        home.replace_key("public", "timestamp")
    export(custody, tmp_path / "bundle", LATER)
    import_bundle([tmp_path / "bundle"], tmp_path / "serving", custody, LATER)
    serve(tmp_path / "serving", LATER)
    new = tmp_path / "home"
    given = (AFTER, lambda: BACKUP, lambda: PASSPHRASES["passphrase"])
    restore(tmp_path / "backup", new, tmp_path / "serving" / "online", *given)
    directory = new / "online" / "channels" / "public" / "metadata"
    before = (directory / "root.json").read_bytes()
    with opened(new, AFTER) as home:
        assert read_prepared(home._session(), "public").release is None
        held = set(home._session().online_keyring().ids())
        with pytest.raises(PublishError):
            home.publish("public")
        assert set(home._session().online_keyring().ids()) == held
    assert (directory / "root.json").read_bytes() == before


@pytest.mark.parametrize("carried", [True, False], ids=["before the last bundle", "after it"])
def test_nothing_that_holders_were_given_to_sign_is_used_again(tmp_path, carried):
    """A rotation is prepared and never served: its serial, epoch and versions are on requests and signatures."""
    custody = published(tmp_path / "custody")
    with opened(custody, LATER) as home:
        home.back_up(tmp_path / "backup", backup_passphrase=BACKUP)
    if not carried:
        export(custody, tmp_path / "bundle", LATER)
    given = []
    with opened(custody, LATER) as home:
        epochs.begin(home._session(), "public", compromised=True)
        for _ in range(3):
            request = read_request(home.prepare("public").request)
            given.append(used_by(request.unsigned.targets, request.unsigned.snapshot, request.release.manifests[0]))
    if carried:
        export(custody, tmp_path / "bundle", LATER)
    new = tmp_path / "home"
    restore(tmp_path / "backup", new, tmp_path / "bundle", AFTER, lambda: BACKUP, lambda: PASSPHRASES["passphrase"])
    with opened(new, AFTER) as home:
        session = home._session()
        known = session.repository("public").highest_versions(read_prepared(session, "public").used)
        found = (known["targets"], known["snapshot"], session.control.last_serial("public"))
        epoch = session.control.epochs("public")[-1].number
    least = UNKNOWN if carried else 0
    assert all(after - most >= least for after, most in zip(found, map(max, zip(*given, strict=True)), strict=False))
    assert epoch >= max(each[3] for each in given) + (UNKNOWN_EPOCHS if carried else 0)


def used_by(targets, snapshot, manifest):
    return targets.signed.version, snapshot.signed.version, manifest.serial, manifest.epoch


def _killed(*_, **__):
    raise KeyboardInterrupt
