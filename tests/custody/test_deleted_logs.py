"""Files of the audit log and of the journal that were deleted, cut, or put back from an older copy.

Whoever can write to HOME, and does not have the passphrase, cannot make custody begin a new log or a new journal.
"""

import itertools
import json
import os
import shutil
import signal
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import durable
from pilookup.bundles.records import TRUST_FILE
from pilookup.custody import Custody
from pilookup.custody.audit.entry import Entry
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.released import released_heads
from pilookup.custody.audit.start import restart
from pilookup.custody.home import Home
from pilookup.custody.journal import make_keys
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import AuditError, BundleError, CustodyError, HomeError, KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.master_key import FIRST_VERSION, MASTER_KEY_NAME, MasterKeyFile, read_master_key
from tests.support.bundles.machines import LATER, PASSPHRASES, export, opened, published
from tests.support.custody.channel import NOW, NUMBERS, at
from tests.support.custody.home import SECRET, files_under, make_home
from tests.support.home_templates import home_like

AUDIT = ("custody/keys/audit.key", "custody/audit.jsonl", "custody/audit-head.json")
KEYS = ("custody/keys/journal.key", "custody/keys/journal-seal.key")
JOURNALS = ("custody/journal", "online/journal")
RECORDS = ("custody/bundles.json", TRUST_FILE)
FILES = (*AUDIT, *KEYS, *JOURNALS, *RECORDS)
NAMES = {Half.CUSTODY: "passphrase", Half.ONLINE: "online_passphrase"}
RECOVERABLE = {"online/journal", *RECORDS}
"""What may be missing: a copy, what is computed from a key, and a record that the next export begins again."""


def history(path):
    """A HOME with two removals, an export between them, and releases; the HOME after each command, below `path`."""
    return home_like(_make, path)


def _make(path):
    path.mkdir(parents=True, exist_ok=True)
    published(path / "home")
    for number, act in enumerate(
        [
            lambda custody: custody.erase(NUMBERS[0]),
            lambda custody: custody.publish("platform"),
            lambda custody: custody.export_bundle(path / "bundle"),
            lambda custody: custody.erase(NUMBERS[1]),
        ]
    ):
        shutil.copytree(path / "home", path / f"before-{number}")
        with opened(path / "home", NOW + timedelta(minutes=number)) as custody:
            act(custody)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    return history(tmp_path_factory.mktemp("past") / "history")


@pytest.fixture
def home(past, tmp_path):
    return Home(shutil.copytree(past / "home", tmp_path / "home"))


def everything(home):
    """Every file of HOME but locks."""
    return {str(path): data for path, data in files_under(home.path, audit=True).items() if path.name != "lock"}


def keyring(home, passphrase=PASSPHRASES["passphrase"]):
    return Keyring.unlock(home.custody, Half.CUSTODY, passphrase)


def commands(home):
    return [Entry.from_line(line).command for line in read_lines(home.audit_log).lines]


def refused(home, gone):
    """Open HOME without some files, which must be refused, naming a file and the way back, with nothing changed."""
    before = everything(home)
    with pytest.raises(CustodyError) as told:
        opened(home.path, LATER).close()
    assert any(str(home.path / each) in str(told.value) for each in (*gone, *FILES))
    assert any(
        way in str(told.value) for way in ("pilookup restore", "pilookup audit restart", "the copy of HOME/online")
    )
    made = set(everything(home)) - set(before)
    assert made <= {TRUST_FILE}  # computed from the key
    assert {name: data for name, data in everything(home).items() if name not in made} == before


def deletions():
    """Each file, each pair that belongs together, and all of them."""
    groups = [(each,) for each in FILES]
    groups += itertools.combinations(AUDIT, 2)
    groups += [AUDIT, KEYS, JOURNALS, (*KEYS, *JOURNALS), (*KEYS, *JOURNALS, *RECORDS), FILES]
    return groups


@pytest.mark.parametrize("gone", deletions(), ids=lambda gone: "+".join(each.rpartition("/")[2] for each in gone))
def test_what_was_deleted_is_not_made_again(home, gone):
    for each in gone:
        (home.path / each).unlink()
    if set(gone) <= RECOVERABLE:
        opened(home.path, LATER).close()
        return
    refused(home, gone)


@given(gone=st.sets(st.sampled_from(FILES), min_size=1))
@settings(max_examples=40, deadline=None)
def test_no_set_of_deleted_files_begins_a_new_log_or_journal(home, gone):
    kept = {each: (home.path / each).read_bytes() for each in gone}
    try:
        for each in gone:
            (home.path / each).unlink()
        if not gone <= RECOVERABLE:
            refused(home, gone)
    finally:
        for each, data in kept.items():
            durable.replace(home.path / each, data)


def test_an_older_master_key_file_does_not_bring_the_first_start_back(home):
    """It states nothing of the keys, as in a HOME of an earlier version; then the releases and files show it."""
    former = read_master_key(home.custody)
    master = former.open(PASSPHRASES["passphrase"])
    wrapped = MasterKeyFile._wrap(
        former.half, former.profile, former.salt, PASSPHRASES["passphrase"], master, FIRST_VERSION
    )
    durable.replace(home.custody / MASTER_KEY_NAME, wrapped.to_bytes())
    assert not keyring(home).states_log_keys
    for each in AUDIT:
        (home.path / each).unlink()
    before = everything(home)
    with pytest.raises(AuditError, match=r"targets\.json, which is signed with its head, shows that"):
        opened(home.path, LATER)
    assert everything(home) == before
    for left in (*KEYS, *JOURNALS, *RECORDS):
        session, kept = at(home.path), {each: (home.path / each).read_bytes() for each in (*KEYS, *JOURNALS, *RECORDS)}
        for each in kept:
            if each != left:
                (home.path / each).unlink()
        if left != "custody/keys/journal-seal.key":  # made first, and left alone by a kill
            with pytest.raises(CustodyError, match="shows that this HOME had a journal of removals"):
                make_keys(session)
        session.control.close()
        for each, data in kept.items():
            durable.replace(home.path / each, data)


def test_a_prepared_release_shows_that_there_was_a_log(tmp_path):
    path = published(tmp_path / "home")
    with opened(path, LATER) as custody:
        custody.prepare("public")
    home = Home(path)
    for metadata in home.channels.glob("*/metadata/*.targets.json"):
        metadata.unlink()
    (home.custody / MASTER_KEY_NAME).write_bytes(first_version(home))
    for each in AUDIT:
        (home.path / each).unlink()
    with pytest.raises(AuditError, match=r"prepared-public\.json, which is signed with its head, shows that"):
        opened(path, LATER)


def first_version(home):
    former, passphrase = read_master_key(home.custody), PASSPHRASES["passphrase"]
    wrapped = MasterKeyFile._wrap(
        former.half, former.profile, former.salt, passphrase, former.open(passphrase), FIRST_VERSION
    )
    return wrapped.to_bytes()


@pytest.mark.parametrize("number", range(4))
def test_an_older_audit_log_that_is_put_back_is_found(past, home, number):
    """By a release that was made since; after the last release, by the journal, which the log then knows again."""
    for each in AUDIT[1:]:
        shutil.copy(past / f"before-{number}" / each, home.path / each)
    if number == 3:  # the erasure published `public` again
        with pytest.raises(AuditError, match="has not the entry that release 4 of p"):
            opened(home.path, LATER)
        for metadata in home.channels.glob("*/metadata/*.targets.json"):
            metadata.unlink()
        with Custody.open(home.path, passphrase=PASSPHRASES["passphrase"], clock=lambda: LATER):
            pass
        assert commands(home)[-2:] == ["recover removals"] * 2
        return
    refused(home, AUDIT[1:2])
    with pytest.raises(AuditError, match="is signed with"):
        change_passphrase(home, Half.ONLINE, lambda half: PASSPHRASES[NAMES[half]], lambda: b"a new passphrase!")


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize("empty", [False, True])
def test_a_journal_that_is_cut_in_both_halves_is_refused(home, kept, empty):
    for each in JOURNALS:
        lines = (home.path / each).read_bytes().splitlines(keepends=True)
        (home.path / each).write_bytes(b"".join(lines[:kept]))
        if empty and not kept:
            (home.path / each).unlink()
    with pytest.raises(
        CustodyError, match="the audit log knows of entry 2: entries were removed; put the copy of HOME"
    ):
        opened(home.path, LATER)


def test_a_damaged_journal_is_named_with_the_half_that_it_is_in(home):
    for each, remedy in zip(JOURNALS, ("put the copy of HOME/online", "delete it; the next removal"), strict=True):
        data = (home.path / each).read_bytes()
        (home.path / each).write_bytes(data[:-2] + b"\n")
        with pytest.raises(CustodyError, match=f"{home.path / each}: .*{remedy}"):
            opened(home.path, LATER)
        (home.path / each).write_bytes(data)
    (home.path / JOURNALS[1]).unlink()
    with opened(home.path, LATER) as custody:
        custody.erase(NUMBERS[2])
    assert (home.path / JOURNALS[1]).read_bytes() == (home.path / JOURNALS[0]).read_bytes()


def test_an_export_knows_the_journal_even_after_the_audit_log_was_restarted(home):
    restart(home, keyring(home), "Li", lambda: LATER)
    for each in JOURNALS:
        (home.path / each).unlink()
    with pytest.raises(CustodyError, match=r"missing, and .*bundles\.json knows of entry 1"):
        opened(home.path, LATER)
    (home.custody / "bundles.json").write_bytes(b"{}")
    with pytest.raises(CustodyError, match=r"bundles\.json: .*delete it, and export a bundle again"):
        opened(home.path, LATER)


def test_another_trust_file_is_not_overwritten_in_silence(home, tmp_path):
    other = published(tmp_path / "other")
    with opened(other, LATER) as custody:
        assert custody.status()
    data = bytearray((other / TRUST_FILE).read_bytes())
    data[-5] ^= 1
    (home.path / TRUST_FILE).write_bytes(data)
    with pytest.raises(HomeError, match="somebody put another file there"):
        opened(home.path, LATER)
    assert (home.path / TRUST_FILE).read_bytes() == data
    (home.path / TRUST_FILE).unlink()
    opened(home.path, LATER).close()


def test_a_restart_makes_a_new_key_only_on_request_and_says_so(home):
    for each in AUDIT:
        (home.path / each).unlink()
    assert restart(home, keyring(home), "Li", lambda: LATER) is None
    with opened(home.path, LATER) as custody:
        custody.publish("public")
    first = Entry.from_line(read_lines(home.audit_log).lines[0])
    assert (first.command, first.details["new_key"], first.details["former_lines"]) == ("audit restart", True, None)
    assert first.details["released"]
    (home.custody / "keys/audit.key").unlink()
    refused(home, AUDIT[:1])


def test_the_statement_is_bound_to_the_passphrase_and_kept_with_a_new_one(home):
    stated = read_master_key(home.custody)
    assert stated.states_log_keys
    lowered = MasterKeyFile(stated.half, stated.profile, stated.salt, stated.nonce, stated.wrapped, FIRST_VERSION)
    durable.replace(home.custody / MASTER_KEY_NAME, lowered.to_bytes())
    with pytest.raises(KeyringError, match="does not open"):
        opened(home.path, LATER)
    durable.replace(home.custody / MASTER_KEY_NAME, stated.to_bytes())
    new = b"a new passphrase of custody"
    change_passphrase(home, Half.CUSTODY, lambda _: PASSPHRASES["passphrase"], lambda: new, clock=lambda: LATER)
    assert keyring(home, new).states_log_keys


def killed(act, n):
    """Run `act` in a child that is killed before its n-th step on the disk; whether it was."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    left = [n]

    def counted(real):
        def step(*args, **options):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return step

    try:
        for name in ("fsync", "link", "rename", "unlink", "mkdir"):
            setattr(os, name, counted(getattr(os, name)))
        durable.write_flushed = counted(durable.write_flushed)
        act()
    finally:
        os._exit(0)


def log_keys(path):
    folder = path / "custody" / "keys"
    return {
        name: (folder / f"{name}.key").read_bytes()
        for name in ("audit", "journal", "journal-seal")
        if (folder / f"{name}.key").exists()
    }


def test_an_old_home_gets_its_keys_once_whenever_it_is_killed(tmp_path):
    old, steps = make_home(tmp_path / "old"), 0
    assert not log_keys(old.path)
    while True:
        steps += 1
        path = shutil.copytree(old.path, tmp_path / f"home-{steps}")
        ended = not killed(lambda path=path: Custody.open(path, passphrase=SECRET).close(), steps)
        kept = log_keys(path)
        stated = read_master_key(path / "custody").states_log_keys
        assert len(kept) == 3 or not stated
        Custody.open(path, passphrase=SECRET).close()
        now = log_keys(path)
        assert len(now) == 3
        assert {name: now[name] for name in kept} == kept
        assert read_master_key(path / "custody").states_log_keys
        Custody.open(path, passphrase=SECRET).close()
        assert log_keys(path) == now
        if ended:
            break
        shutil.rmtree(path)
    assert steps > 15
    for name in ("audit.key", "journal.key", "journal-seal.key"):
        data = (path / "custody" / "keys" / name).read_bytes()
        (path / "custody" / "keys" / name).unlink()
        with pytest.raises(CustodyError, match=f"{name}: missing, and custody/keyring.json shows"):
            Custody.open(path, passphrase=SECRET)
        durable.replace(path / "custody" / "keys" / name, data)


def test_a_bundle_cannot_be_exported_with_a_new_key(home, tmp_path):
    for each in (*KEYS, *JOURNALS, TRUST_FILE):
        (home.path / each).unlink()
    with pytest.raises((CustodyError, BundleError), match="journal"):
        export(home.path, tmp_path / "bundle", LATER)
    assert not (tmp_path / "bundle").exists()


def test_status_says_that_the_record_of_exports_is_missing_or_older(past, home):
    def warned():
        return [text for text in Custody.status_of(home.path, clock=lambda: LATER).warnings if "bundles.json" in text]

    assert warned() == []
    (home.custody / "bundles.json").unlink()
    [text] = warned()
    assert "missing or an older copy: the audit log has the export of bundle" in text
    export(home.path, home.path / "again", LATER)
    assert warned() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["signed", "targets", "custom", "audit", "version", "release", "x"]), inner)
    ),
    max_leaves=8,
)


@given(body=JSON, data=st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_release_of_any_bytes_is_read_or_called_unreadable(tmp_path, body, data):
    made = Home(tmp_path / "home")
    metadata = made.channels / "public" / "metadata"
    metadata.mkdir(parents=True, exist_ok=True)
    made.custody.mkdir(exist_ok=True)
    nested = {"release": {"metadata": {"targets": json.dumps({"signed": body})}}}
    for content in (
        data,
        json.dumps(body).encode(),
        json.dumps({"signed": body}).encode(),
        json.dumps(nested).encode(),
    ):
        (metadata / "1.targets.json").write_bytes(content)
        (made.custody / "prepared-public.json").write_bytes(content)
        for each in released_heads(made):
            assert each.readable or each.head is None
            assert each.head is None or len(each.head) == 64
