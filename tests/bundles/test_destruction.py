"""No key file is deleted, or replaced, before it was overwritten: whoever deletes one, and for whatever reason.

A hook looks at every file that this process deletes or replaces, in the instant before, and remembers those whose
content is still that of a key.
"""

import ast
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pilookup import destruction, durable
from pilookup.bundles import take_up as taking_up
from pilookup.bundles.completion import finish
from pilookup.custody import Custody
from pilookup.custody.backup import restore as restoring
from pilookup.custody.home import Home
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from tests.support.bundles.machines import LATER, PASSPHRASES, carried, export, import_bundle, opened, published
from tests.support.custody.channel import NOW

MARKS = (b"PLKEY\x00", b'"wrapped"', b'"pilookup-signing-key"', b'{"version":2,"key":')
"""What key files, keyring.json, sealed key files and the key of a serving machine begin with, or have in them."""

_watchers = []


class Watcher:
    """What was deleted or replaced: how many files in all, and the paths of those that were keys still."""

    def __init__(self):
        self.seen, self.found = 0, []

    def look(self, path):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                self.seen += 1
                content = file.read(8192)
                if os.fstat(descriptor).st_nlink == 1 and any(mark in content for mark in MARKS):
                    self.found.append(str(path))


def _hook(event, arguments):
    if not _watchers or event not in ("os.remove", "os.rename"):
        return
    watcher = _watchers.pop()  # what it does itself is not looked at
    try:
        if event == "os.remove":
            path, folder = arguments
            watcher.look(Path(f"/proc/self/fd/{folder}", os.fsdecode(path)) if folder not in (None, -1) else path)
        elif os.path.lexists(arguments[1]) and os.path.lexists(arguments[0]):
            watcher.look(arguments[1])
    finally:
        _watchers.append(watcher)


sys.addaudithook(_hook)


@pytest.fixture
def watcher():
    made = Watcher()
    _watchers.append(made)
    yield made
    _watchers.remove(made)


def replaced_by_rename(watcher):
    """Paths that a rename replaced while they were keys: these are overwritten after it, by their descriptor."""
    return [path for path in watcher.found if path.endswith("keyring.json")]


def _stop(*_, **__):
    raise KeyboardInterrupt


@pytest.fixture
def machines(tmp_path):
    return carried(tmp_path)


def test_the_watcher_sees_a_key_that_is_only_unlinked(tmp_path, watcher):
    for at, mark in enumerate(MARKS):
        (tmp_path / f"{at}").write_bytes(mark + b"rest")
        (tmp_path / f"{at}").unlink()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(MARKS[0])
    import shutil

    shutil.rmtree(tmp_path / "folder")
    (tmp_path / "a").write_bytes(MARKS[0])
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "b").rename(tmp_path / "a")
    assert len(watcher.found) == len(MARKS) + 2


@pytest.mark.parametrize("step", ["receive", "verify", "decide"])
def test_an_import_that_is_refused(machines, monkeypatch, watcher, step):
    custody, bundle, serving = machines
    original = getattr(taking_up.Incoming, step)

    def fail(self, *arguments):
        original(self, *arguments) if step != "decide" else None
        raise KeyboardInterrupt

    monkeypatch.setattr(taking_up.Incoming, step, fail)
    with pytest.raises(KeyboardInterrupt):
        import_bundle(bundle, serving, custody)
    assert not serving.exists()
    assert watcher.seen > 5
    assert watcher.found == []


def test_an_import_that_was_killed_before_it_was_decided(machines, monkeypatch, watcher):
    custody, bundle, serving = machines
    import_bundle(bundle, serving, custody)
    with monkeypatch.context() as patched:
        patched.setattr(taking_up.Incoming, "decide", _stop)
        patched.setattr(destruction, "destroy_tree", lambda _: None)
        patched.setattr("pilookup.bundles.completion.destruction.destroy_tree", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            import_bundle(bundle, serving)
    assert list((serving / "online" / "incoming" / "keys").iterdir())
    finish(serving / "online")
    assert not (serving / "online" / "incoming").exists()
    assert watcher.found == []


def test_an_import_that_is_repeated_and_one_with_a_new_passphrase(machines, tmp_path, watcher):
    custody, bundle, serving = machines
    import_bundle(bundle, serving, custody)
    import_bundle(bundle, serving)
    assert watcher.found == []
    given = {Half.CUSTODY: PASSPHRASES["passphrase"], Half.ONLINE: PASSPHRASES["online_passphrase"]}
    change_passphrase(Home(custody), Half.ONLINE, given.__getitem__, lambda: b"another passphrase of the online half")
    export(custody, tmp_path / "second", LATER)
    before = os.open(serving / "online" / "keyring.json", os.O_RDONLY)
    import_bundle(tmp_path / "second", serving, now=LATER)
    Keyring.unlock(serving / "online", Half.ONLINE, b"another passphrase of the online half").destroy_former()
    assert watcher.found == replaced_by_rename(watcher)
    assert MARKS[1] not in os.pread(before, 8192, 0)
    os.close(before)


def test_a_home_that_cannot_be_made(tmp_path, monkeypatch, watcher):
    monkeypatch.setattr("pilookup.custody.initialise.epochs.begin", _stop)
    with pytest.raises(KeyboardInterrupt):
        Custody.initialise(tmp_path / "home", **PASSPHRASES, clock=lambda: NOW)
    assert not (tmp_path / "home").exists()
    assert watcher.seen > 5
    assert watcher.found == []


@pytest.mark.parametrize("killed", [False, True], ids=["refused", "killed"])
def test_a_restore_that_fails(tmp_path, monkeypatch, watcher, killed):
    custody = published(tmp_path / "custody")
    with opened(custody) as home:
        home.back_up(tmp_path / "backup", backup_passphrase=b"passphrase of the backup")
    export(custody, tmp_path / "bundle")

    def restore():
        given = (LATER, lambda: b"passphrase of the backup", lambda: PASSPHRASES["passphrase"])
        restoring.restore(tmp_path / "backup", tmp_path / "home", tmp_path / "bundle", *given)

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "_give_its_name", _stop)
        if killed:
            patched.setattr("pilookup.custody.backup.restore.destruction.destroy_tree", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            restore()
    assert (tmp_path / ".home.restoring").exists() == killed
    restore()
    assert watcher.seen > 5
    assert watcher.found == []


@pytest.mark.parametrize("half", Half)
def test_a_change_of_the_passphrase(tmp_path, monkeypatch, watcher, half):
    custody = published(tmp_path / "custody")
    given = {Half.CUSTODY: PASSPHRASES["passphrase"], Half.ONLINE: PASSPHRASES["online_passphrase"]}

    def change():
        change_passphrase(Home(custody), half, given.__getitem__, lambda: b"another passphrase, long enough")

    with monkeypatch.context() as patched:
        patched.setattr("pilookup.keyring.change.durable.replace_key_file", _stop)
        with pytest.raises(KeyboardInterrupt):
            change()
    assert watcher.found == []
    before = os.open(custody / half / "keyring.json", os.O_RDONLY)
    change()
    assert watcher.found == replaced_by_rename(watcher)
    assert MARKS[1] not in os.pread(before, 8192, 0)
    os.close(before)


def test_keys_that_are_moved_replaced_and_left_by_kills(tmp_path, watcher):
    custody = published(tmp_path / "custody")
    with opened(custody) as home:
        session = home._session()
        keyring = session.keyring
        for key_id in ("journal-seal", "extra-key"):
            temporary = durable.temporary(custody / "custody" / "keys" / f"{key_id}.key")
            temporary.write_bytes(b"PLKEY\x00 left by a kill")
            with suppress(KeyringError):
                keyring.add_bytes(key_id, bytes(32))
            assert not temporary.exists()
        keyring.destroy("extra-key")
        (tmp_path / "medium").mkdir()
        durable.temporary(tmp_path / "medium" / "key").write_bytes(b'"pilookup-signing-key" left by a kill')
        home.move_key("root-public-1", tmp_path / "medium" / "key", passphrase=b"passphrase of a holder")
        home.replace_key("public", "timestamp")
        home.rotate("public", compromised=True)
    assert watcher.seen > 5
    assert watcher.found == []


ALLOWED = {
    "pilookup/destruction.py": "overwrites",
    "pilookup/durable.py": "second names, and files of somebody else",
    "pilookup/overwriting.py": "overwrites",
    "pilookup/bundles/pieces.py": "bundles that were not written whole: their keys are in HOME",
    "pilookup/bundles/take_up.py": "locks of a half that was not made",
    "pilookup/bundles/unlisted.py": "published files",
    "pilookup/bundles/write.py": "bundles that were not written whole: their keys are in HOME",
    "pilookup/checking/mirror/directory.py": "published files",
    "pilookup/checking/mirror/ranges.py": "published files",
    "pilookup/checking/mirror/sync.py": "published files",
    "pilookup/checking/state.py": "published metadata",
    "pilookup/cli/rejects.py": "rejected cells",
    "pilookup/custody/backup/archive.py": "backups that were not written whole, sealed",
    "pilookup/custody/backup/restore.py": "the control data of a backup",
    "pilookup/custody/initialise.py": "trust files",
    "pilookup/custody/load/staging.py": "the vault",
    "pilookup/custody/publish/assemble.py": "published files and spill files",
    "pilookup/custody/repository.py": "published files",
    "pilookup/custody/vault/vault.py": "the vault",
    "pilookup/release_files/delta_file.py": "published files",
    "pilookup/release_files/serving_state.py": "what a server remembers",
    "pilookup/screening/directory.py": "join tables, and tokens that are sealed under the key of the platform",
    "pilookup/screening/rejects.py": "row ids of what was rejected",
    "pilookup/screening/results.py": "results that were not written whole",
}
"""The modules that delete files by themselves, and what: none of it is a key."""


def test_only_these_modules_delete_files():
    """A new one either uses `overwriting.discard` or `destruction.destroy_tree`, or says here why it need not."""
    found = set()
    for path in Path("pilookup").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in ("unlink", "rmtree"):
                found.add(str(path))
    assert found == set(ALLOWED)
