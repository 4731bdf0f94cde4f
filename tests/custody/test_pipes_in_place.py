"""A pipe in place of any file of HOME, or of a seized file, stops no command and no server: opening it must not wait."""

import os
import re
import shutil
import signal
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from pilookup_server.release.timestamp import newer_snapshot, renew, take_over
from pilookup_server.trusted_clock import TrustedClock

from pilookup.custody import Custody
from pilookup.errors import IntakeError, PilookupError
from pilookup.keyring import Half, Keyring
from pilookup.release_files.serving_state import write_refused
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers, write_csv
from tests.support.home_templates import home_like

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
LATER = NOW + timedelta(hours=1)
HANG_SECONDS = 20


class HangsError(BaseException):
    """Not an Exception, so that nothing on the way takes it for a fault of the disk."""


def opened(home, now=LATER):
    return Custody.open(home, **BOTH, clock=lambda: now)


def make(home):
    home.parent.mkdir(exist_ok=True)
    Custody.initialise(home, **BOTH, clock=lambda: NOW)
    with opened(home, NOW) as custody:
        custody.load(write_csv(home.parent / "a.csv", numbers(40)), dataset="leak", kind="exposure")
        custody.publish("public")
        custody.erase(numbers(1)[0])
    public = home / "online" / "channels" / "public"
    write_refused(public, NOW, "a release that was refused")
    TrustedClock(lambda: NOW, lambda: 1.0, "boot", home / "online").save()


def kinds(home):
    """One file of each kind, by a name without what differs between files of a kind."""
    found = {}
    for path in sorted(home.rglob("*")):
        if path.is_file():
            found.setdefault(
                re.sub(r"[0-9a-f]{64}|(?<![a-z])\d+|(?<=-)[0-9a-f]{8,}", "N", str(path.relative_to(home))), path
            )
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return home_like(make, tmp_path_factory.mktemp("made") / "home")


@contextmanager
def no_hang(pipe):
    """Fails if the block takes `HANG_SECONDS`, which is what a hang takes. An error of its own is as good as success."""

    def hangs(*_):
        os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))  # lets threads go on that wait for a writer
        raise HangsError

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(HANG_SECONDS)
    try:
        with suppress(PilookupError, OSError):
            yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def load(home):
    with opened(home) as custody:
        custody.load(write_csv(home.parent / "b.csv", numbers(20, start=500)), dataset="leak", kind="exposure")


def publish(home):
    with opened(home) as custody:
        custody.publish("public")


def erase(home):
    with opened(home) as custody:
        custody.erase(numbers(3)[2])


def withdraw(home):
    with opened(home) as custody:
        custody.withdraw("leak")


def rotate(home):
    with opened(home) as custody:
        custody.rotate("public")


def status(home):
    Custody.status_of(home, clock=lambda: LATER)


def verify(home):
    verify_directory(home / "online/channels/public", None, LATER)


def serve(home):
    TrustedClock(lambda: LATER, lambda: 1.0, "boot", home / "online").save()
    directory = home / "online" / "channels" / "public"
    keys = KeyringKeys(Keyring.unlock(home / "online", Half.ONLINE, b"online passphrase of the tests"))
    for step in (
        lambda: newer_snapshot(directory),
        lambda: renew(directory, "public", keys, timedelta(hours=48), LATER),
        lambda: load_release(directory, "public", keys, None, LATER),
        lambda: take_over(directory, "public", keys, LATER),
    ):
        with suppress(PilookupError, OSError):
            step()


ACTS = [status, verify, serve, load, publish, erase, rotate, withdraw]


def test_there_are_files_of_many_kinds(made):
    assert len(kinds(made)) > 20, sorted(kinds(made))


def hanging(made, home, kind, path, acts):
    shutil.copytree(made, home)
    here = home / path.relative_to(made)
    for act in acts:
        if not here.is_fifo():
            here.unlink(missing_ok=True)
            here.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(here, 0o600)
        try:
            with no_hang(here):
                act(home)
        except HangsError:
            yield act.__name__, kind
    shutil.rmtree(home)


def test_nothing_that_serves_or_publishes_waits_for_a_pipe(made, tmp_path):
    for kind, path in kinds(made).items():
        assert not list(hanging(made, tmp_path / "home", kind, path, [status, verify, serve, publish]))


@pytest.mark.long
def test_no_command_waits_for_a_pipe(made, tmp_path):
    for kind, path in kinds(made).items():
        assert not list(hanging(made, tmp_path / "home", kind, path, ACTS))


def test_a_load_does_not_wait_for_a_pipe_in_place_of_a_seized_file(made, tmp_path):
    home = shutil.copytree(made, tmp_path / "home")
    os.mkfifo(tmp_path / "seized.csv")
    (tmp_path / "linked.csv").symlink_to(tmp_path / "seized.csv")
    (tmp_path / "real.csv").symlink_to(write_csv(tmp_path / "behind.csv", numbers(5, start=900)))
    with opened(home) as custody:
        for name in ("seized.csv", "linked.csv"):
            with no_hang(tmp_path / "seized.csv"), pytest.raises(IntakeError):
                custody.load(tmp_path / name, dataset="other", kind="exposure")
        assert custody.load(tmp_path / "real.csv", dataset="other", kind="exposure").total.accepted == 5
