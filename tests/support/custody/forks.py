"""Programs that start without delay: forks of one process that has already imported what the custody tests import.

A test that kills a program a hundred times would spend most of its time on imports. The template is a separate process
with one thread, which forks for each program that it receives and reports how the program ended.
"""

import array
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SERVE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support.custody.forks import serve; serve(int(sys.argv[1]))"
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Keeps libraries from starting threads on import, because a fork has only the forking thread."""

_template = None


class Fork:
    """A running program with this process's environment and as much of `subprocess.Popen` as the tests need.

    It leads its own process group and has its own standard output.
    """

    def __init__(self, code):
        # The process id and the exit status are two messages, which a stream could deliver as one.
        self._end, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read, write = os.pipe()
        with end:
            asked = json.dumps([code, dict(os.environ)]).encode()
            _send(_connection(), asked, [write, end.fileno()])
        os.close(write)
        self.stdout = os.fdopen(read, "rb")
        self.pid = json.loads(self._end.recv(64))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stdout.close()
        self.wait()
        self._end.close()

    def wait(self):
        """The exit status, negative for a signal."""
        if not hasattr(self, "returncode"):
            self.returncode = json.loads(self._end.recv(64))
        return self.returncode


def _connection():
    """The socket of this process's template, which starts with the first program and ends with this process."""
    global _template
    if _template is None:
        _template, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-c", SERVE, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=os.environ | ENVIRONMENT)
        atexit.register(_end, process)
    return _template


def _end(process):
    _template.close()
    process.wait(60)


def _send(connection, data, descriptors):
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    connection.sendmsg([data], [rights])


def serve(descriptor):
    """Run the template: fork for each program received, until the other side is closed."""
    _import_all()
    # The template waits for no child: a watcher waits for each program and reports.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    while True:
        asked, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 2)
        if not asked:
            return
        if not os.fork():
            connection.close()
            _watch(*json.loads(asked), *descriptors)
        for each in descriptors:
            os.close(each)


def _import_all():
    """Import what the programs use; no import may start a thread."""
    import tests.support.custody.home
    import tests.support.custody.steps  # noqa: F401
    from tests.support.passphrase_cost import install_cheap_profile

    install_cheap_profile()


def _watch(code, environment, output, end):
    """In a fork of the template: fork the program, send its process id, wait for it and send its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = os.fork()
    if not program:
        os.setsid()
        os.dup2(output, 1)
        os.close(output)
        os.close(end)
        _run(code, environment)
    os.close(output)
    with socket.socket(fileno=end) as connection:
        connection.send(json.dumps(program).encode())
        _, status = os.waitpid(program, 0)
        connection.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(code, environment):
    """Run the program and exit without the clean-up of the template."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
        status = 0
    except BaseException:  # noqa: BLE001
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
