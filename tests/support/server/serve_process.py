"""`pilookup serve` as users run it: a separate process with a real keyring and real sockets."""

import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pilookup_server.process.keeper import PROCESS

from pilookup.keyring import Half, Keyring
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from pilookup.protocol.oprf import SecretKey
from tests.support.passphrase_cost import shipped_profile
from tests.support.ready import wait_ready
from tests.support.server.release_fixture import HeldKeys, Repository

PASSPHRASE = "sentinel-passphrase-of-the-online-half"
PATIENCE = 60
"""Seconds that a process may take for a step, on a busy machine."""


class Home:
    """A HOME with only its online half, as on the machine of a server."""

    def __init__(self, path: Path, channels=("public", "platform")):
        self.path = path
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.held = HeldKeys()
        self.repositories = {name: Repository(path, name, self.held, self.now) for name in channels}
        with shipped_profile():
            self.keyring = Keyring.create(path / "online", Half.ONLINE, PASSPHRASE.encode())
        for name in channels:
            self.keyring.add_signing(f"timestamp-{name}", self.held.signing[name])

    @classmethod
    def published(cls, path, channel="public", **more):
        """A HOME in which a channel has epoch 1 at serial 1."""
        home = cls(path, **more)
        home.publish(channel, {1: 1})
        return home

    def publish(self, channel, epochs, stamp=None):
        """Publish `{epoch: serial}`. The key of a new epoch is stored before the release that names it."""
        for epoch in epochs:
            if (channel, epoch) not in self.held.scalars:
                self.held.scalars[channel, epoch] = SecretKey.generate()
                self.keyring.add_scalar(f"channel-{channel}-{epoch}", self.held.scalars[channel, epoch])
        until = self.now + timedelta(days=180)
        listed = {epoch: (serial, until) for epoch, serial in epochs.items()}
        self.repositories[channel].publish(listed, stamp or self.now)


def _name(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except FileNotFoundError:
        return ""


class Process:
    """A running server, which logs to a file."""

    program = ("-m", "pilookup.cli")

    def __init__(self, home: Path, log: Path, *options, secret_in_environment=True, **settings):
        environment = {n: v for n, v in os.environ.items() if not n.startswith("PILOOKUP_")}
        if secret_in_environment:
            environment |= {"PILOOKUP_ONLINE_PASSPHRASE": PASSPHRASE}
        environment |= {f"PILOOKUP_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, *self.program, "serve", "--home", str(home), "--port", "0", *options]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        self.url = ""

    def wait(self, seconds=30):
        """Wait until the server is ready, and return it."""
        self.url = wait_ready(self.process, self.log, seconds=seconds)
        return self

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def children(self):
        """The processes of the workers, and that of the metrics."""
        return [pid for pid in self._all_children() if _name(pid) != PROCESS]

    def keeper(self):
        """The process that keeps the counts. It names itself, so a new one is awaited."""
        end = time.monotonic() + PATIENCE
        while not (found := [pid for pid in self._all_children() if _name(pid) == PROCESS]):
            assert time.monotonic() < end, "no process keeps the counts"
            time.sleep(0.05)
        [keeper] = found
        return keeper

    def _all_children(self):
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(300)


@contextmanager
def launched(home, folder, **defaults):
    """A function that starts servers on a HOME, each with a log of its own in `folder`. They are stopped at the end."""
    number = itertools.count()
    with ExitStack() as stack:

        def start(*options, **settings):
            process = Process(home.path, folder / f"serve-{next(number)}.log", *options, **defaults | settings)
            stack.callback(process.stop)
            return process

        yield start


def evaluate(client, epoch=1, channel="public", number=b"tel:+8613912345678", **more):
    """The blinded element of a number, and the answer to its evaluation."""
    _, elements = oprf.blind([number])
    body = EvaluateRequest(epoch, elements).to_json()
    answer = client.post(f"/v1/channels/{channel}/evaluate", content=body, headers={"content-type": JSON} | more)
    return elements, answer


def wait_for_line(log, text):
    """Wait until a line of a log has a text, and return the last one that has it."""
    for _ in range(100):
        found = [line for line in log.read_text().splitlines() if text in line]
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(log.read_text())
