"""A disk that fills up under the service database while requests run, is emptied again, and a server killed on it.

    python -m tests.attacks.scripts.service_database_disk

Needs root: it mounts a file system of 8 MiB in memory for HOME. Prints what was answered in each phase, and compares the
count in the end with what was answered.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx2

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.attacks.scripts.full_disk import fill
from tests.support.server.serve_process import Home, Process
from tests.support.server.service_databases import counted

CEILING = 20_000
QUOTAS = {"public_quota": "1000000/minute", "public_reserve": "", "public_epoch_quota": CEILING}


def ask(server, seconds, elements=5):
    """Evaluate for some seconds; returns the statuses and the number of elements that were answered."""
    statuses, answered = Counter(), 0
    _, blinded = oprf.blind([f"tel:+86139{n:08}".encode() for n in range(elements)])
    content = EvaluateRequest(1, blinded).to_json()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        url = f"{server.url}/v1/channels/public/evaluate"
        status = httpx2.post(url, content=content, headers={"content-type": JSON}, timeout=30).status_code
        statuses[status] += 1
        answered += elements * (status == 200)
    return dict(statuses), answered


def phase(name, server, seconds):
    statuses, answered = ask(server, seconds)
    state = httpx2.get(f"{server.url}/readyz").json()["service_database"]
    print(f"{name}: {statuses}, {answered} elements, service database {state}")
    return answered


def run(folder, scratch):
    home = Home.published(folder / "home")
    server = Process(home.path, scratch / "log", "--workers", "2", channels="public", **QUOTAS).wait()
    try:
        total = phase("room on the disk", server, 3)
        fill(folder)
        full = phase("full disk", server, 15)
        print(f"  of them at most {CEILING // 100} and what was taken in advance")
        (folder / "filling").unlink()
        time.sleep(6)
        total += full + phase("room again", server, 3)
        fill(folder)
        total += phase("full again", server, 3)
        (folder / "filling").unlink()
        time.sleep(6)
    finally:
        server.stop(signal.SIGKILL)
    time.sleep(3)  # until its processes have seen it
    count = counted(home.path)[1]
    print(f"answered {total} elements, the database counts {count}: {'right' if count >= total else 'TOO FEW'}")
    server = Process(home.path, scratch / "log", channels="public", **QUOTAS).wait()
    try:
        phase("after the kill", server, 2)
    finally:
        server.stop()
    fill(folder)
    server = Process(home.path, scratch / "log", channels="public", **QUOTAS).wait()
    try:
        phase("started on a full disk, the last one ended in order", server, 5)
    finally:
        server.stop()


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "small"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "none", folder], check=True)
        try:
            run(folder, Path(scratch))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


if __name__ == "__main__":
    os.umask(0o077)
    main()
