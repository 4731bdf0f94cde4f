"""`pilookup notify` as an operator runs it: commands that end, in this process, and the process that delivers."""

import os
import re
import signal
import subprocess
import sys
import time

from typer.testing import CliRunner

from pilookup.cli.app import build

PATIENCE = 90


def until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def secret_of(said):
    """The secret in what `notify add` printed."""
    return re.search(r"whsec_[A-Za-z0-9+/=]+", said)[0]


class Notify:
    """Runs the command with a HOME, which may reach this machine."""

    def __init__(self, home, certificate, folder, **settings):
        self.home, self.folder = home, folder
        given = {"PILOOKUP_HOME": home, "PILOOKUP_NOTIFY_NETWORKS": "127.0.0.0/8,::1/128"}
        given |= {"SSL_CERT_FILE": certificate, "PILOOKUP_NOTICE_ORIGIN": "https://check.example"}
        given |= {f"PILOOKUP_{name.upper()}": value for name, value in settings.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
        self.environment = kept | {name: str(value) for name, value in given.items()}
        self.running = []

    def __call__(self, *words, status=0):
        """Run one of the commands that end, in this process; returns what it printed."""
        done = CliRunner().invoke(build(), ["notify", *words], env=self.environment)
        assert done.exit_code == status, done.output
        return done.output

    def start(self, **settings):
        log = self.folder / f"notify-{len(self.running)}.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "pilookup.cli", "notify"]
            process = subprocess.Popen(command, env=self.environment | settings, stdout=output, stderr=output)
        process.log = log
        self.running.append(process)
        return process

    def stop(self):
        """Stop all processes in order, once each has begun to work."""
        for process in self.running:
            until(lambda process=process: process.poll() is not None or b"delivering" in process.log.read_bytes())
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0, process.log.read_text()
