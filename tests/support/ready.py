"""Waits until a server process is ready."""

import re
import time

import httpx2


def wait_ready(process, log, start=0, seconds=60):
    """Wait until /readyz answers 200; return the address logged after byte `start`. A failure shows the log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"serving on (http://\S+)", log.read_bytes()[start:].decode())
        try:
            if found and httpx2.get(f"{found[1]}/readyz").status_code == 200:
                return found[1]
        except httpx2.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not ready: {log.read_bytes()[start:].decode()}")
