"""A `pilookup` that starts at once: one process has the program loaded, and forks for each command.

Loading it takes most of the time of most commands. tests/docs/test_cli.py, tests/whole and tests/compatibility start the
program itself.

    python -m tests.support.docs.preloaded SOCKET
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
MESSAGE_BYTES = 1 << 17
SECONDS = 60

SHIM = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect({path!r})
socket.send_fds(server, [json.dumps([sys.argv, dict(os.environ), os.getcwd()]).encode()], [0, 1, 2])
sys.exit(int(server.recv(16)))
"""


@contextlib.contextmanager
def preloaded(directory: Path) -> Iterator[Path]:
    """Run the process; yield a directory with a `pilookup` to be put at the front of PATH."""
    path = directory / "socket"
    command = [sys.executable, "-m", "tests.support.docs.preloaded", str(path)]
    server = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        end = time.monotonic() + SECONDS
        while not path.exists():
            assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        programs = directory / "bin"
        programs.mkdir()
        (programs / "pilookup").write_text(SHIM.format(python=sys.executable, path=str(path)))
        (programs / "pilookup").chmod(0o755)
        yield programs
    finally:
        server.terminate()
        server.wait(timeout=SECONDS)


def serve(path: str) -> None:
    """Load what commands import, and answer until the process is ended."""
    import pilookup.cli.app
    import pilookup.custody.custody
    import pilookup.custody.load.load
    import pilookup.custody.publish.publish  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"{path}.new")
        listener.listen()
        Path(f"{path}.new").rename(path)
        while True:
            caller, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(caller)
            caller.close()


def answer(caller: socket.socket) -> None:
    """Run one command in a process of its own, and send its exit status."""
    message, files, _, _ = socket.recv_fds(caller, MESSAGE_BYTES, 3)
    process = os.fork()
    if process == 0:
        run(*json.loads(message), files)
    for file in files:
        os.close(file)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    caller.send(str(status if status >= 0 else 128 - status).encode())
    os._exit(0)


def run(arguments: list[str], environment: dict[str, str], directory: str, files: list[int]) -> None:
    """Run a command with the caller's files, environment and directory; never returns."""
    from pilookup.cli import main

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    status = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
