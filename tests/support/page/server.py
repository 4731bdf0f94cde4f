"""`pilookup serve` in a separate process, with the page at `/`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.page.home import ONLINE
from tests.support.ready import wait_ready

MANY = "100000000/minute"
ROOMY = dict.fromkeys(("public_quota", "public_channel_quota", "request_quota"), MANY) | {
    "public_reserve": "",
    "trusted_proxies": "127.0.0.1/32",
}

RESERVE, CEILING = 6, 18
"""The quota of an address at the strict server, in elements per hour, half of which is let through at once: three in small
requests, six for work. A page's first check takes two."""


class Server:
    """A running server over a HOME's online half, which logs to a file."""

    def __init__(self, home: Path, log: Path, **settings):
        environment = {n: v for n, v in os.environ.items() if not n.startswith("PILOOKUP_")}
        given = {"home": home, "channels": "public", "online_passphrase": ONLINE.decode()} | ROOMY | settings
        environment |= {f"PILOOKUP_{name.upper()}": str(value) for name, value in given.items()}
        command = [sys.executable, "-m", "pilookup.cli", "serve", "--port", "0"]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            self.url = wait_ready(self.process, self.log)
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)
