"""Commands and server as users run them, each in a separate process."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.support.ready import wait_ready
from tests.support.server.platform_keys import add_platform, wait_keys

COMMAND = (sys.executable, "-m", "pilookup.cli")
QUOTA = "100000000/minute"


class Home:
    """A HOME and its commands; keeps the output of every command."""

    def __init__(self, path: Path):
        self.path = path / "home"
        self.work = path
        self.said: list[str] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
        self.environment = kept | {
            "PILOOKUP_HOME": str(self.path),
            "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
            "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
            "PILOOKUP_BACKUP_PASSPHRASE": "passphrase of the backups of the tests",
            "XDG_STATE_HOME": str(path / "state"),
        }

    def run(self, *words, expect=0, stdin=""):
        """Run a command; return its standard output. Its exit status must be `expect`."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        self.said += [done.stdout, done.stderr]
        assert done.returncode == expect, done.stderr
        return done.stdout

    def trust(self, channel):
        return self.path / f"trust-{channel}.json"

    @contextmanager
    def serve(self, *options, **settings):
        """Run `pilookup serve` with only the online half's passphrase; yields its address."""
        environment = {n: v for n, v in self.environment.items() if n != "PILOOKUP_PASSPHRASE"}
        environment |= {
            "PILOOKUP_PUBLIC_QUOTA": QUOTA,
            "PILOOKUP_PUBLIC_CHANNEL_QUOTA": QUOTA,
            "PILOOKUP_PUBLIC_EPOCH_QUOTA": str(10**12),
            "PILOOKUP_PUBLIC_RESERVE": "",
            "PILOOKUP_PLATFORM_QUOTA": QUOTA,
            "PILOOKUP_REQUEST_QUOTA": QUOTA,
        }
        environment |= {f"PILOOKUP_{name.upper()}": str(value) for name, value in settings.items()}
        add_platform(self.path)
        log = self.work / "server.log"
        with log.open("ab") as output:
            start = log.stat().st_size
            command = [*COMMAND, "serve", "--port", "0", *options]
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            url = wait_ready(process, log, start)
            wait_keys(url)
            yield url
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0


def read_truth(path: Path):
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
