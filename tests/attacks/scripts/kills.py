"""Kills commands of custody at random instants. Can a server start from what is served, and can the command be repeated?

    python -m tests.attacks.scripts.kills [--kills 500] [--command publish] [--seed 1]

Each kill gets a fresh copy of a small HOME with two epochs served, a real process, and SIGKILL. After each, the release
is loaded as a starting server loads it, and verified as `pilookup verify` does; after every tenth, the command is run
again to its end, and published. Prints what was found for each command; exits with 1 after the first fault.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from pilookup.custody import Custody
from pilookup.keyring import Half, Keyring
from pilookup.release_files.verify import verify_directory
from pilookup.signing.sealed_key import read_sealed_key
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers, write_csv
from tests.support.custody.kill import duration_of, exit_status, kill_after
from tests.support.custody.startable import start
from tests.support.passphrase_cost import install_cheap_profile

PROGRAM = """
import os
from datetime import timedelta
from pilookup.custody import Custody
from tests.support.custody.channel import NOW
os.fsync = lambda _: None  # a killed process leaves the same files with or without it
clock = lambda: NOW + timedelta(hours={hours})
with Custody.open({home!r}, passphrase="custody passphrase of the tests", online_passphrase="online passphrase of the tests", clock=clock) as custody:
    print("ready", flush=True)
    {work}
"""
COMMANDS = {
    "load": ("custody.load({more!r}, dataset='more', kind='exposure')", 1, {frozenset({1, 2})}),
    "publish": ("custody.publish('public')", 1, {frozenset({1, 2})}),
    "rotate": ("custody.rotate('public')", 73, {frozenset({2}), frozenset({2, 3})}),
    "withdraw": ("custody.withdraw('other')", 1, {frozenset({1, 2})}),
    "erase": ("custody.erase({number!r})", 1, {frozenset({1, 2})}),
    "move": (
        "custody.move_key('root-public-1', {file!r}, passphrase='passphrase of a holder')",
        1,
        {frozenset({1, 2})},
    ),
    "replace-root": ("custody.replace_key('public', 'root', 'root-public-1')", 1, {frozenset({1, 2})}),
    "replace-timestamp": ("custody.replace_key('public', 'timestamp', 'timestamp-public')", 1, {frozenset({1, 2})}),
}
"""The call, the hours after the HOME was made, and the epochs that a server may serve after a kill."""


def opened(home):
    return Custody.open(
        home,
        passphrase="custody passphrase of the tests",
        online_passphrase="online passphrase of the tests",
        clock=lambda: NOW,
    )


def prepare(folder):
    """A HOME whose served release has two epochs, with one dataset that is not published yet."""
    home = folder / "made"
    Custody.initialise(
        home,
        passphrase="custody passphrase of the tests",
        online_passphrase="online passphrase of the tests",
        clock=lambda: NOW,
    )
    with opened(home) as custody:
        custody.load(write_csv(folder / "a.csv", numbers(400)), dataset="leak", kind="exposure")
        custody.load(write_csv(folder / "b.csv", numbers(40, start=1000)), dataset="other", kind="exposure")
        custody.publish("public")
        custody.rotate("public")
        custody.load(write_csv(folder / "c.csv", numbers(40, start=2000)), dataset="new", kind="exposure")
    write_csv(folder / "more.csv", numbers(60, start=3000))
    return home


class Kills:
    """Kills of one command."""

    def __init__(self, name, folder, made):
        self.name = name
        self.made = made
        self.home = folder / "home"
        self.call, self.hours, self.allowed = COMMANDS[name]
        self.more = folder / "more.csv"
        self.file = folder / "root-public-1.key"
        self.now = NOW + timedelta(hours=self.hours)

    def program(self, then=""):
        work = self.call.format(more=str(self.more), number=numbers(1)[0], file=str(self.file))
        return PROGRAM.format(home=str(self.home), hours=self.hours, work=work + then)

    def fresh(self):
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.made, self.home)
        self.file.unlink(missing_ok=True)

    def run(self, kills, rng):
        self.fresh()
        duration_of(self.program(), ready=True)  # the first program of a process takes longer
        self.fresh()
        longest = duration_of(self.program(), ready=True)
        found = Counter()
        for n in range(kills):
            self.fresh()
            cut = kill_after(self.program(), rng.uniform(0, longest), ready=True)
            found["killed" if cut else "ended before"] += 1
            found[f"serving {sorted(self.check())}"] += 1
            if n % 10 == 0:
                self.repeat()
                found["repeated"] += 1
        return dict(found)

    def check(self):
        """What a server that starts now serves."""
        epochs = frozenset(start(self.home, self.now))
        assert epochs in self.allowed, epochs
        verify_directory(self.home / "online/channels/public", (self.home / "trust-public.json").read_bytes(), self.now)
        self.check_moved_key()
        held = Keyring.unlock(self.home / "online", Half.ONLINE, b"online passphrase of the tests").ids()
        assert {f"channel-public-{epoch}" for epoch in epochs} <= set(held)
        return epochs

    def check_moved_key(self):
        """A key that is being moved is here, or in a file that opens."""
        held = Keyring.unlock(self.home / "custody", Half.CUSTODY, b"custody passphrase of the tests").ids()
        if self.name == "move" and "root-public-1" not in held:
            read_sealed_key(self.file).open(b"passphrase of a holder")

    def repeat(self):
        status = exit_status(self.program("; custody.publish('public')"))
        if status:  # the command was complete: a second rotation is refused, and there is nothing left to withdraw, move or replace
            assert self.name in ("rotate", "withdraw", "load", "move", "replace-root", "replace-timestamp"), status
            assert not exit_status(
                PROGRAM.format(home=str(self.home), hours=self.hours, work="custody.publish('public')")
            )
        self.check()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--command", choices=COMMANDS, action="append")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    install_cheap_profile()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder)
        for command in given.command or COMMANDS:
            found = Kills(command, folder, made).run(given.kills, random.Random(given.seed))
            print(f"{command}: {found}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
