"""A sandbox as its command runs it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

from pilookup import AsyncClient, Client


class Sandbox:
    """What `pilookup sandbox --json` says, and clients of it."""

    def __init__(self, facts, folder):
        self.facts, self.folder = facts, folder
        self.url, self.token = facts["url"], facts["token"]

    def trust(self, channel="platform"):
        return self.facts[f"trust_{channel}"]

    def arguments(self, fault=None, channel="platform"):
        url = f"{self.url}/faults/{fault}" if fault else self.url
        token = self.token if channel == "platform" else None
        return {
            "url": url,
            "channel": channel,
            "trust": self.trust(channel),
            "state_dir": self.folder / "state",
            "token": token,
            "sandbox": True,
        }

    def client(self, fault=None, channel="platform", **options):
        return Client(**self.arguments(fault, channel) | options)

    def async_client(self, fault=None, **options):
        return AsyncClient(**self.arguments(fault) | options)


@contextmanager
def running(folder, *words, stop=signal.SIGINT):
    """Run the command with TMPDIR in a folder; at the end it must stop cleanly at a signal, and leave nothing there."""
    scratch = folder / "tmp"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "pilookup.cli", "sandbox", "--port", "0", "--json", *map(str, words)],
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield Sandbox(json.loads(line), folder)
    finally:
        process.send_signal(stop)
        rest, errors = process.communicate(timeout=600)
    assert (process.returncode, rest, errors) == (0, "", ""), (process.returncode, rest, errors)
    assert list(scratch.iterdir()) == [], list(scratch.iterdir())
