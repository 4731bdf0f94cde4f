"""What is served can be started from, at every step of every command that changes it, and the command can be repeated.

A kill leaves the files as they are between two steps. Each command runs once; before each of its steps the HOME is
copied, and each copy is what a kill would have left there. `test_kill_publish` kills real processes at random instants.
"""

import shutil
import threading
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event

from pilookup import durable
from pilookup.custody import Custody
from pilookup.custody.epochs import current
from pilookup.custody.publish.publish import rotate as rotate_directly
from pilookup.errors import PublishError
from pilookup.keyring.key_ids import channel_key_id
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW, at, manifests, quiet
from tests.support.custody.home import numbers, write_csv
from tests.support.custody.startable import start
from tests.support.sampling import EVERY_CASE

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
STEPS = [
    (durable, "write_flushed"),
    (durable, "_locked_temporary"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
]
HOUR = timedelta(hours=1)
EACH = 1 if EVERY_CASE else 3
"""Of this many steps one is watched, in `make long` each. Each command has its own first one, so that all together watch every kind."""


def opened(home, now=NOW):
    return Custody.open(home, **BOTH, clock=lambda: now)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A HOME with two epochs served on `public`, and numbers that are loaded but not published."""
    folder = tmp_path_factory.mktemp("made")
    home = folder / "home"
    Custody.initialise(home, **BOTH, clock=lambda: NOW)
    with opened(home) as custody:
        custody.load(write_csv(folder / "a.csv", numbers(40)), dataset="leak", kind="exposure")
        custody.publish("public")
        custody.rotate("public")
        custody.load(write_csv(folder / "b.csv", numbers(10, start=100)), dataset="more", kind="exposure")
    return home


@pytest.fixture
def home(made, tmp_path):
    return shutil.copytree(made, tmp_path / "home")


def fill(folder, home):
    """Load more numbers than the buckets of the current epoch have slots for."""
    with opened(home) as custody:
        custody.load(write_csv(folder / "c.csv", numbers(600, start=1000)), dataset="full", kind="exposure")


def publish(custody):
    custody.publish("public")


def erase(custody):
    custody.erase(numbers(1)[0])


def withdraw(custody):
    custody.withdraw("leak")


def rotate(custody):
    custody.rotate("public")


def end(custody):
    custody.rotate("public", compromised=True)


@contextmanager
def watched_before_steps(home, into, now, control, first):
    """Before steps of the block that change a file, and before commits, see what a server would start with.

    Yields the epochs of each watched step, and copies of the whole HOME at some of the steps.
    """
    served, copies, steps = [], [], count(first)
    with pytest.MonkeyPatch.context() as patched:

        def watch(*_):
            # What tasks write in other threads is in the staging directory, which no server reads.
            if busy or threading.current_thread() is not threading.main_thread():
                return
            step = next(steps)
            if step % EACH:
                return
            busy.append(True)
            here = shutil.copytree(home / "online", into / "step" / "online", copy_function=shutil.copy).parent
            served.append(set(start(here, now)))
            shutil.rmtree(here)
            if step % 12 == 6:
                copies.append(shutil.copytree(home, into / str(step), copy_function=shutil.copy))
            busy.clear()

        def before(act):
            def watched(*args, **options):
                watch()
                return act(*args, **options)

            return watched

        busy = []  # what watching itself does is no step
        real = {(owner, name): getattr(owner, name) for owner, name in STEPS}
        for (owner, name), act in real.items():
            patched.setattr(owner, name, before(act))
        event.listen(control._engine, "commit", watch)
        yield served, copies
        event.remove(control._engine, "commit", watch)


CASES = {
    "publish": (publish, False, NOW + HOUR, {1, 2}),
    "erase": (erase, False, NOW + HOUR, {1, 2}),
    "withdraw": (withdraw, False, NOW + HOUR, {1, 2}),
    "publish-full": (publish, True, NOW + HOUR, {3}),
    "publish-after-the-former": (publish, False, NOW + timedelta(hours=73), {2}),
    "rotate-after-the-former": (rotate, False, NOW + timedelta(hours=73), {2, 3}),
    "rotate-compromised": (end, False, NOW + HOUR, {3}),
}


@pytest.mark.sampled
@pytest.mark.parametrize("case", CASES)
def test_a_command_killed_at_any_step_leaves_what_can_be_started_from(home, tmp_path, case):
    act, full, now, expected = CASES[case]
    if full:
        fill(tmp_path, home)
    assert set(start(home)) == {1, 2}
    with opened(home, now) as custody:
        control = custody._session().control
        first = list(CASES).index(case) % EACH
        with watched_before_steps(home, tmp_path / "copies", now, control, first) as (served, copies):
            act(custody)
    assert set(start(home, now)) == expected
    assert len(served) > 15 // EACH, "too few steps were counted"
    before = {2} if now > NOW + timedelta(hours=72) else {1, 2}
    assert all(epochs in (before, expected) for epochs in served)
    for copy in copies:
        repeat(copy, act, now)
        assert set(start(copy, now)) <= expected | {max(expected) + 1}
        assert verify_directory(copy / "online/channels/public", (copy / "trust-public.json").read_bytes(), now)
        assert_no_key_of_an_ended_epoch(copy, now)


def repeat(home, act, now):
    with opened(home, now) as custody:
        # Between the exchange of what is served and its record, the repeated command completes the rotation.
        recorded = current(custody._session(), "public").serial is not None
        if act is rotate and recorded and len(start(home, now)) == 2:  # the rotation was complete
            with pytest.raises(PublishError, match="rotate again after"):
                act(custody)
        else:
            act(custody)
        custody.publish("public")


def assert_no_key_of_an_ended_epoch(home, now):
    session = at(home, now)
    for keyring in (session.keyring, session.online_keyring()):
        kept = {name for name in keyring.ids() if name.startswith("channel-public-")}
        assert kept == {channel_key_id("public", epoch) for epoch in start(home, now)}
    session.control.close()


def test_a_compromised_epoch_stays_ended_after_a_kill_and_a_plain_publish(home):
    """Which epochs end is decided when the new one begins, not by the command that completes it."""
    session = at(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pilookup.custody.repository.ChannelRepository.serve", _stop)
        with pytest.raises(KeyboardInterrupt):
            rotate_directly(session, "public", quiet, compromised=True)
    assert start(home) == [1, 2]
    session.control.close()
    with opened(home, NOW + HOUR) as custody:
        custody.publish("public")
    assert start(home, NOW + HOUR) == [3]
    session = at(home)
    assert [manifest.epoch for manifest in manifests(session)] == [3]
    session.control.close()


def _stop(*_, **__):
    raise KeyboardInterrupt
