"""HOMEs made with the real commands, each run in a separate process, and the time and memory of each run."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "pilookup.cli")
MEASURED = Path(__file__).with_name("measured.py")
QUOTA = "1000000000/minute"
READY_SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """A command's JSON output, wall seconds, processor seconds, and the peak memory of its largest process."""

    answer: dict[str, Any]
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Home:
    """A HOME in a working directory."""

    def __init__(self, work: Path) -> None:
        work.mkdir(parents=True, mode=0o700)
        self.path = work / "home"
        self._work = work
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
        self._environment = kept | {"PILOOKUP_HOME": str(self.path)}
        self._environment |= {name: secrets.token_urlsafe(24) for name in ("PILOOKUP_PASSPHRASE", ONLINE)}
        self.run("init", self.path)

    def run(self, *words: str | Path) -> Ran:
        """Run a command with `--json`.

        Raises:
            subprocess.CalledProcessError: the command failed.
        """
        out = self._work / "measured.json"
        command = [sys.executable, str(MEASURED), str(out), *COMMAND, *map(str, words), "--json"]
        done = subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, check=True)
        figures = json.loads(out.read_text(encoding="utf-8"))
        return Ran(json.loads(done.stdout), **figures)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Run `pilookup serve` with one worker, a quota that is never reached and no proof of work; yields its URL."""
        quotas = {f"PILOOKUP_{name}_QUOTA": QUOTA for name in ("PUBLIC", "PUBLIC_CHANNEL", "REQUEST")} | {
            "PILOOKUP_PUBLIC_EPOCH_QUOTA": str(2**50),
            "PILOOKUP_PUBLIC_RESERVE": "",
        }
        environment = {name: value for name, value in self._environment.items() if name != "PILOOKUP_PASSPHRASE"}
        log = self._work / "server.log"
        with log.open("wb") as output:
            command = [*COMMAND, "serve", "--port", "0", "--workers", "1"]
            server = subprocess.Popen(command, env=environment | quotas, stdout=output, stderr=output)
        try:
            yield _ready(server, log)
        finally:
            server.terminate()
            server.wait(timeout=60)

    def remove(self) -> None:
        shutil.rmtree(self._work)


ONLINE = "PILOOKUP_ONLINE_PASSPHRASE"


def _ready(server: "subprocess.Popen[bytes]", log: Path) -> str:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if found := re.search(r"serving on (http://\S+)", log.read_text(encoding="utf-8")):
            try:
                urllib.request.urlopen(f"{found[1]}/readyz", timeout=5).close()  # noqa: S310 - our own address
                return found[1]
            except (urllib.error.URLError, ConnectionError):
                pass
        time.sleep(0.1)
    raise SystemExit(f"the server did not become ready: {log.read_text(encoding='utf-8')}")
