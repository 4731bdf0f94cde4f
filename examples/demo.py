"""Run every step on synthetic data: make a seizure, load, publish, serve, check a hit and a miss.

The police side is called as a script calls it, by `pilookup.custody.Custody`; the server and the checks are commands.
All files are under `demo/`: the seized files, HOME and two passphrase files. A second run deletes them first.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pilookup.custody import Custody

DEMO = Path(__file__).resolve().parent.parent / "demo"
FILES = DEMO / "seized"
HOME = DEMO / "home"
CUSTODY = DEMO / "custody_passphrase"
ONLINE = DEMO / "online_passphrase"
SOUNDS = DEMO / "sounds"
RECORDING = Path(__file__).with_name("sound")
PORT = 8787
READY_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit after the two checks instead of serving until Ctrl-C")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--scale", default="1", help="size of the seizure, 1 for the full size")
    options = parser.parse_args()
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(mode=0o700)
    environment = _environment()
    _pack_sound(environment)
    _make_seizure(options.scale)
    _publish()
    with _server(environment, options.port) as url:
        _check(environment, url)
        if not options.once:
            say(f"Serving at {url}; stop with Ctrl-C. Another terminal: see README.md, 'A first answer'.")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    return 0


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def _environment() -> dict[str, str]:
    """Return the environment of all commands: HOME, and the files with the passphrases of its two halves."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PILOOKUP_")}
    environment["PILOOKUP_HOME"] = str(HOME)
    for variable, path in (("PILOOKUP_PASSPHRASE_FILE", CUSTODY), ("PILOOKUP_ONLINE_PASSPHRASE_FILE", ONLINE)):
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        environment[variable] = str(path)
    return environment


def _pack_sound(environment: dict[str, str]) -> None:
    """Pack the recording that the page reads aloud. A synthesiser made it, and the page's button says so."""
    say("pilookup page --sound")
    files = [RECORDING / "zh-CN.mp3", RECORDING / "zh-CN.marks.txt"]
    command = [sys.executable, "-m", "pilookup.cli", "page", SOUNDS, "--sound", "zh-CN=普通话（机器合成）", *files]
    subprocess.run(command, env=environment, check=True)  # noqa: S603
    environment["PILOOKUP_PAGE_SOUNDS"] = str(SOUNDS)


def _make_seizure(scale: str) -> None:
    say("Making a synthetic seizure: 18,800 villagers with 100,000 accounts, 600,000 stolen records")
    maker = Path(__file__).with_name("make_seizure.py")
    subprocess.run([sys.executable, maker, FILES, "--scale", scale], check=True)  # noqa: S603


def _publish() -> None:
    """Make HOME, load both datasets and publish both channels, as `pilookup init`, `load` and `publish` do."""
    passphrase, online_passphrase = CUSTODY.read_text(), ONLINE.read_text()
    say("Custody.initialise")
    for file in Custody.initialise(HOME, passphrase=passphrase, online_passphrase=online_passphrase):
        print(f"trust file: {file}")
    with Custody.open(HOME, passphrase=passphrase, online_passphrase=online_passphrase) as custody:
        for dataset, kind, title_zh, title_en in (
            ("village-accounts", "malicious-registration", "村推案账号", "Village accounts case"),
            ("stolen-records", "exposure", "个人信息泄露案", "Stolen records case"),
        ):
            say(f"Custody.load: {dataset}")
            files = sorted(path for path in (FILES / dataset).iterdir() if path.is_file())
            outcome = custody.load(
                files,
                dataset=dataset,
                kind=kind,
                title_zh=title_zh,
                title_en=title_en,
                seized_on=date(2026, 9, 1),
            )
            total = outcome.total
            print(f"{total.rows:,} rows, {total.accepted:,} numbers accepted, {total.distinct:,} distinct")
            print(*(f"  rejected, {reason}: {count:,}" for reason, count in sorted(total.rejected.items())), sep="\n")
            print(*(f"  {remark}" for remark in total.notes), sep="\n")
        for channel in ("public", "platform"):
            say(f"Custody.publish: {channel}")
            published = custody.publish(channel)
            print(f"epoch {published.epoch}, serial {published.serial}, {published.entries:,} entries")


@contextlib.contextmanager
def _server(environment: dict[str, str], port: int) -> Iterator[str]:
    """Run `pilookup serve` with the passphrase of the online half only; yields its URL."""
    say("pilookup serve")
    online = {key: value for key, value in environment.items() if key != "PILOOKUP_PASSPHRASE_FILE"}
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"port {port} is in use; choose another with --port")
    command = [sys.executable, "-m", "pilookup.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with (DEMO / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=online, stdout=log, stderr=log)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_ready(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310 - the address of the server above
            return
        time.sleep(0.2)
    sys.exit(f"the server did not become ready; its log: {DEMO / 'server.log'}")


def _check(environment: dict[str, str], url: str) -> None:
    """Check a number that is in the data and one that is in no file; both are passed on standard input."""
    with (FILES / "truth.jsonl").open(encoding="utf-8") as file:
        hit = json.loads(file.readline())["identifier"]
    with (FILES / "outside.txt").open(encoding="utf-8") as file:
        miss = file.readline().strip()
    for title, number, expected in (("a number in the data", hit, "found"), ("one outside", miss, "not_found")):
        say(f"pilookup check: {title}")
        command = [sys.executable, "-m", "pilookup.cli", "check", "--server", url, "--json"]
        command += ["--trust", str(HOME / "trust-public.json"), "--state-dir", str(DEMO / "state")]
        done = subprocess.run(  # noqa: S603
            command, env=environment, check=True, input=number, stdout=subprocess.PIPE, text=True
        )
        print(done.stdout)
        status = json.loads(done.stdout)["status"]
        if status != expected:
            sys.exit(f"expected {expected}, got {status}")


if __name__ == "__main__":
    sys.exit(main())
