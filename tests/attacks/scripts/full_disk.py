"""A full disk under the server's own directories: do the workers live, and do requests and metrics go on?

    python -m tests.attacks.scripts.full_disk

Needs root: it mounts a file system of 4 MiB in memory for `TMPDIR`, fills it after the start, makes requests that need new
counts, and prints how many were answered and how many workers ended.
"""

import itertools
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import httpx2

from tests.attacks.scripts.server_attacks import OPEN_QUOTAS
from tests.support.server.serve_process import Home, Process

PATHS = ["/", "/healthz", "/readyz", "/config.json", "/nothing"]
PATHS += [f"/v1/channels/{name}/metadata/{file}" for name in ("public", "platform") for file in ("root.json", "none")]
PATHS += [f"/v1/channels/public/snapshots/{serial}/buckets/{index}" for serial in (1, 9) for index in (0, 9999)]


def fill(folder):
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def rounds(server, seconds):
    """Ask for every path with every method for some seconds; returns how many requests were answered and how many not."""
    answered = failed = 0
    until = time.monotonic() + seconds
    requests = itertools.cycle(itertools.product(PATHS, ("GET", "POST", "HEAD", "OPTIONS")))
    while time.monotonic() < until:
        path, method = next(requests)
        try:
            answered += httpx2.request(method, f"{server.url}{path}", timeout=2).status_code < 500
        except httpx2.HTTPError:
            failed += 1
    return answered, failed


def attack(server, folder):
    before = set(server.children())
    fill(folder)
    answered, failed = rounds(server, 5)
    ended = before - set(server.children())
    port = re.search(r'"port": (\d+)', server.log.read_text())[1]
    print(f"answered {answered}, failed {failed}, processes ended {len(ended)} of {len(before)}")
    counted = httpx2.get(f"http://127.0.0.1:{port}/metrics").text.count("pilookup_request_seconds_count{")
    print(f"metrics are served, with {counted} series of requests")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "small"
        folder.mkdir()
        home = Home.published(Path(scratch) / "home")
        home.publish("platform", {1: 1})
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=True)
        try:
            os.environ["TMPDIR"] = str(folder)
            server = Process(home.path, Path(scratch) / "log", "--workers", "2", metrics_port=0, **OPEN_QUOTAS)
            try:
                attack(server.wait(), folder)
            finally:
                server.stop()
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


if __name__ == "__main__":
    main()
