"""The server of a sandbox, as a child process: `pilookup` never imports the server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from pilookup.errors import MissingExtraError, PilookupError
from pilookup.sandbox.home import SandboxHome

_MODULE: Final = "pilookup_server"
_STOP_SECONDS: Final = 10


class ServerProcess:
    """A running server.

    Attributes:
        url: its address.
    """

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"

    def wait(self) -> None:
        """Wait until the server ends, which it does only because of a fault; raises PilookupError then."""
        status = self._process.wait()
        raise PilookupError(f"the server of the sandbox ended with status {status}; its last lines say why")


def check_installed() -> None:
    """Raise MissingExtraError unless the server can be started."""
    if find_spec(_MODULE) is None:
        raise MissingExtraError("the sandbox needs the server: pip install pilookup-server 'pilookup[load]'")


@contextmanager
def serving(sandbox: SandboxHome, port: int) -> Iterator[ServerProcess]:
    """Run the server of a sandbox on 127.0.0.1; it ends with the block, or with this process.

    Args:
        sandbox: the sandbox.
        port: the port; 0 takes a free one.

    Raises:
        MissingExtraError: the server is not installed.
        PilookupError: the server does not start. Its standard error, which is that of this process, says why.
    """
    check_installed()
    process = subprocess.Popen(  # noqa: S603 - this Python, and a module of this project
        [sys.executable, "-m", f"{_MODULE}.sandbox", "--port", str(port)],
        env=_environment(sandbox),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C at the terminal reaches this process alone, which stops the server
    )
    try:
        yield ServerProcess(process, _announced_port(process))
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _announced_port(process: "subprocess.Popen[str]") -> int:
    """Return the port that the server announces once it answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise PilookupError("the server of the sandbox did not start; the lines above say why")
    port: int = json.loads(line)["port"]
    return port


def _environment(sandbox: SandboxHome) -> dict[str, str]:
    """Return the environment of the server: this one without settings of another server, and the sandbox's own."""
    kept = {name: value for name, value in dict(os.environ).items() if not name.startswith("PILOOKUP_")}
    return kept | {
        "PILOOKUP_HOME": str(sandbox.home),
        "PILOOKUP_ONLINE_PASSPHRASE": sandbox.secrets.online_passphrase,
        "PILOOKUP_SANDBOX_KEY": sandbox.secrets.token,
        "PILOOKUP_PUBLIC_RESERVE": "",
        "PILOOKUP_PAGE": "0",
        "PILOOKUP_LOG_LEVEL": "warning",
    }
