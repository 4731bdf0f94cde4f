"""`pilookup serve` confined as the unit and the compose file confine it, on this machine and without an engine.

    python -m tests.attacks.scripts.confined_server

Needs root. In a mount namespace with a read-only file system, only HOME and a runtime directory can be written; the server
runs as user 10001 without a capability, without a way to gain one, and, where the kernel can (6.3), without memory that is
writable and executable. Prints what an evaluation, the metrics and a stop say, and tries to write elsewhere as that user.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.support.server.serve_process import PASSPHRASE, Home
from tests.support.server.service_databases import counted

USER = 10001
PREFIX = Path(sys.base_prefix)
CONFINE = """
set -eu
# The interpreter may be below a directory that only root may enter.
mkdir -p "$HELD"
mount --bind "$PREFIX" "$HELD"
for hidden in $HIDDEN; do mount -t tmpfs -o mode=0755 none "$hidden"; done
mkdir -p "$PREFIX"
mount --bind "$HELD" "$PREFIX"
for hidden in $HIDDEN; do mount -o remount,ro "$hidden"; done
mount --bind "$WRITABLE" "$WRITABLE"
mount -o remount,ro,bind /
for other in /tmp /var /run /dev/shm; do
    [ "$(stat -f -c %T "$other" 2>/dev/null)" != tmpfs ] || mount -o remount,ro,bind "$other"
done
exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
"""
REFUSE = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
os.execv(sys.argv[1], sys.argv[1:])
"""
PROBE = """
import ctypes, os
from pathlib import Path
for folder in ("/", "/tmp", "/etc", "/var/tmp", os.environ["WRITABLE"]):
    try:
        (Path(folder) / "probe").touch()
        print("can write", folder)
    except OSError as error:
        print("cannot write", folder, error.strerror)
status = Path("/proc/self/status").read_text()
print(*[line for line in status.splitlines() if line.startswith(("Uid", "CapEff", "CapBnd", "NoNewPrivs"))], sep="; ")
print("memory that is writable and executable:", "refused" if ctypes.CDLL(None).prctl(66, 0, 0, 0, 0) == 1 else "allowed")
"""


def hidden():
    """The topmost directory above the interpreter that other users may not enter, if there is one."""
    for folder in reversed(PREFIX.parents):
        if not folder.stat().st_mode & 0o001:
            return [str(folder)]
    return []


def confined(command, writable, **variables):
    environment = {
        **os.environ, "WRITABLE": str(writable), "PREFIX": str(PREFIX), "HIDDEN": " ".join(hidden()),
        "HELD": "/mnt/pilookup-interpreter", "USER_ID": str(USER), **variables,
    }  # fmt: skip
    refusing = [sys.executable, "-c", REFUSE, *command]
    return ["unshare", "--mount", "bash", "-c", CONFINE, "confine", *refusing], environment


def wait_address(log, pattern):
    end = time.monotonic() + 60
    while not (found := re.search(pattern, log.read_text())):
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    return found[1]


def run(folder):
    home = Home.published(folder / "home")
    (folder / "run").mkdir()
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, USER, USER)
    command, environment = confined([sys.executable, "-c", PROBE], folder)
    print(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout, end="")
    serve = [sys.executable, "-m", "pilookup.cli", "serve", "--home", str(home.path), "--port", "0", "--workers", "2"]
    command, environment = confined(
        serve, folder, RUNTIME_DIRECTORY=str(folder / "run"), TMPDIR=str(folder / "run"), HOME=str(folder),
        PILOOKUP_ONLINE_PASSPHRASE=PASSPHRASE, PILOOKUP_CHANNELS="public", PILOOKUP_METRICS_PORT="0",
    )  # fmt: skip
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = wait_address(log, r"serving on (http://\S+)")
        port = wait_address(log, r'"port": (\d+)')
        time.sleep(2)
        _, elements = oprf.blind([b"tel:+8613912345678"])
        content = EvaluateRequest(1, elements).to_json()
        answer = httpx2.post(f"{url}/v1/channels/public/evaluate", content=content, headers={"content-type": JSON})
        print("evaluate", answer.status_code, "ready", httpx2.get(f"{url}/readyz").text)
        print("metrics", httpx2.get(f"http://127.0.0.1:{port}/metrics").status_code)
    finally:
        server.send_signal(signal.SIGTERM)
        print("ended with", server.wait(60))
    print("counted", counted(home.path))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)
        folder = Path(scratch) / "writable"
        folder.mkdir(mode=0o700)
        run(folder)


if __name__ == "__main__":
    main()
