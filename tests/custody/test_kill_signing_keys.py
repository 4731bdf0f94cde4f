"""Killed before any step of moving or replacing a key, or of finishing a release, everything is whole or as before.

A kill leaves the files as they are between two steps. Before each step, HOME and the medium are copied, and each copy is
what a kill would have left there.
"""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from tuf.api.metadata import Metadata, Root

from pilookup import destruction, durable
from pilookup.custody import Custody
from pilookup.custody.prepared import read_prepared
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signature_file import sign_request
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers, write_csv
from tests.support.custody.startable import start

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
HOLDER = b"passphrase of a holder"
STEPS = [
    (durable, "write_flushed"),
    (durable, "_locked_temporary"),
    (destruction, "destroy"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
]


def opened(home, **options):
    return Custody.open(home, **BOTH, clock=lambda: NOW, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a HOME, published and with more loaded, and an empty medium."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "medium").mkdir()
    Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    with opened(folder / "home") as custody:
        custody.load(write_csv(folder / "a.csv", numbers(4)), dataset="leak", kind="exposure")
        custody.publish("public")
        custody.load(write_csv(folder / "b.csv", numbers(3, start=100)), dataset="more", kind="exposure")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "now")


@contextmanager
def copied_before_each_step(folder, into, custody):
    """Yields the copies of `folder` before each step of the block that changes a file, and before each commit."""
    copies, busy = [], []

    def watch(*_):
        if not busy:
            busy.append(True)
            copies.append(shutil.copytree(folder, into / str(len(copies)), copy_function=shutil.copy))
            busy.clear()

    def before(act):
        def watched(*args, **options):
            watch()
            return act(*args, **options)

        return watched

    engine = custody._session().control._engine
    with pytest.MonkeyPatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, before(getattr(owner, name)))
        event.listen(engine, "commit", watch)
        try:
            yield copies
        finally:
            event.remove(engine, "commit", watch)


def root_version(folder):
    path = folder / "home/online/channels/public/metadata/root.json"
    return Metadata[Root].from_bytes(path.read_bytes()).signed.version


def entries(folder):
    pinned = (folder / "home/trust-public.json").read_bytes()
    return verify_directory(folder / "home/online/channels/public", pinned, NOW)[0].entries


def in_custody(folder, name):
    """Whether the custody half has the key, whole."""
    keyring = Keyring.unlock(folder / "home/custody", Half.CUSTODY, BOTH["passphrase"].encode())
    return name in keyring.ids() and bool(keyring.signing(name))


def on_medium(path):
    try:
        return bool(read_sealed_key(path).open(HOLDER).sign(b"data"))
    except KeyringError:
        return False


def test_a_key_that_moves_is_in_one_place_at_least(folder, tmp_path):
    name = "targets-public-2"
    with (
        opened(folder / "home") as custody,
        copied_before_each_step(folder, tmp_path, custody) as copies,
    ):
        custody.move_key(name, folder / "medium" / "a.key", passphrase=HOLDER)
    assert len(copies) >= 8
    seen = []
    for copy in copies:
        path = copy / "medium" / "a.key"
        seen.append((in_custody(copy, name), on_medium(path)))
        assert any(seen[-1])
        with opened(copy / "home") as custody:
            custody.publish("public")
            custody.move_key(name, path, passphrase=HOLDER)
        assert (in_custody(copy, name), on_medium(path)) == (False, True)
        assert not list((copy / "home/custody/keys").glob(".*"))
    assert {(True, False), (True, True), (False, True)} == set(seen)


@pytest.mark.parametrize("role", ["root", "timestamp"])
def test_a_server_can_start_at_every_step_of_a_replacement(folder, tmp_path, role):
    before = entries(folder)
    with (
        opened(folder / "home") as custody,
        copied_before_each_step(folder, tmp_path, custody) as copies,
    ):
        custody.replace_key("public", role, None if role == "timestamp" else "root-public-1")
    assert len(copies) > 25
    after = entries(folder)
    seen = []
    for copy in copies:
        assert start(copy / "home")
        seen.append((entries(copy), root_version(copy)))
        assert seen[-1][0] in (before, after)
    assert sorted(seen) == seen, "it went back"
    assert {(before, 1), (after, 2)} <= set(seen)
    for copy in copies[::8]:
        with opened(copy / "home") as custody:
            custody.publish("public")
            assert read_prepared(custody._session(), "public").release is None
            if root_version(copy) == 1:
                custody.replace_key("public", role, None if role == "timestamp" else "root-public-1")
        assert (entries(copy), root_version(copy)) == (after, 2)
        assert start(copy / "home")


def test_a_finish_that_was_killed_is_completed_by_the_next_command(folder, tmp_path):
    """Here the snapshot key is lost, so that no release is valid under both roots, and the root changes first."""
    before, medium = entries(folder), folder / "medium"
    with opened(folder / "home") as custody:
        for name in ("root-public-1", "root-public-2", "targets-public-1", "targets-public-2", "snapshot-public"):
            custody.move_key(name, medium / f"{name}.key", passphrase=HOLDER)
        (medium / "snapshot-public.key").unlink()
        prepared = custody.replace_key("public", "snapshot", prepare=True)
    signers = [FileSigner(read_sealed_key(path), lambda: HOLDER) for path in sorted(medium.iterdir())]
    signed = sign_request(read_request(prepared.request), signers).to_bytes()
    with (
        opened(folder / "home") as custody,
        copied_before_each_step(folder, tmp_path, custody) as copies,
    ):
        after = custody.finish("public", [signed]).entries
    assert len(copies) > 15
    finished = []
    for copy in copies:
        with opened(copy / "home") as custody:
            waiting = read_prepared(custody._session(), "public").release
            custody.check_date()
            assert start(copy / "home")
            if waiting is not None and not waiting.signed:
                assert (entries(copy), root_version(copy)) == (before, 1)
                custody.finish("public", [signed])
            finished.append(waiting is None)
            assert read_prepared(custody._session(), "public").release is None
        assert (entries(copy), root_version(copy)) == (after, 2)
        assert start(copy / "home")
    assert finished == sorted(finished)
