"""Every command keeps its secrets from other processes of its user, as long as it runs."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilookup.private_process import SECRET_VARIABLES

SENTINEL = "sentinel-of-a-variable"
PATIENCE = 60


@pytest.fixture
def waiting(tmp_path):
    """A command that waits for a number on its standard input, with all secret variables set."""
    environment = os.environ | dict.fromkeys(SECRET_VARIABLES, SENTINEL) | {"PILOOKUP_LOG_LEVEL": "kept"}
    (tmp_path / "custody").mkdir()
    command = [sys.executable, "-m", "pilookup.cli", "check", "--server", "http://127.0.0.1:9"]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    yield process
    process.kill()
    process.communicate()


def hidden(process):
    """The bytes of the environment once the command has hidden its secrets, or None if the system refuses them.

    After PATIENCE seconds, the bytes as they are. The limit of core dumps says nothing: the process that runs the tests
    may have lowered it for its children.
    """
    environment, end = Path(f"/proc/{process.pid}/environ"), time.monotonic() + PATIENCE
    while process.poll() is None:
        try:
            shown = environment.read_bytes()
        except PermissionError:
            return None
        started = b"PILOOKUP_LOG_LEVEL=kept" in shown  # before, it is a copy of the process that starts it
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        private = SENTINEL.encode() not in shown and re.search(r"Max core file size +0 +0 ", limits)
        if (started and private) or time.monotonic() > end:
            assert re.search(r"Max core file size +0 +0 ", limits)
            return shown
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_command_shows_no_secret_and_dumps_nothing(waiting):
    shown = hidden(waiting)
    if os.getuid() == 0:  # others cannot even look
        assert b"PILOOKUP_LOG_LEVEL=kept" in shown
        assert SENTINEL.encode() not in shown
    else:
        assert shown is None
