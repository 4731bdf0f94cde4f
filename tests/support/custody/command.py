"""Commands as users run them: in a separate process, with settings from the environment.

Most are forks of a process that has the program loaded (`support/docs/preloaded.py`), since loading it takes longer than
most commands. That process is no fork of the tests' one, and has the program's own profile of Argon2id.
"""

import atexit
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.support.docs.preloaded import preloaded

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from pilookup.cli import main
main()
"""
LIMITED_AT_COMMIT = """
import resource
from pilookup.custody.control import ControlDatabase
commit = ControlDatabase.commit_loads
def refused(*given):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return commit(*given)
ControlDatabase.commit_loads = refused
from pilookup.cli import main
main()
"""
ENVIRONMENT = {
    "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
    "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
}


def load_of(path, *options):
    return ["load", str(path), "--dataset", "case-1", "--kind", "exposure", *options]


def run(home, *command, largest_file=None, commit_refused=False, **environment):
    """Run a command in its own process.

    Args:
        home: HOME.
        command: The command's words.
        largest_file: The process can write no file larger than this number of bytes.
        commit_refused: The process can write nothing from the moment when a load is committed.
        environment: Further environment variables.
    """
    program = [_program()]
    if largest_file is not None:
        program = [sys.executable, "-c", LIMITED, str(largest_file)]
    if commit_refused:
        program = [sys.executable, "-c", LIMITED_AT_COMMIT]
    given = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    return subprocess.run(
        [*program, *command, "--home", str(home)],
        env=given | ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def _program():
    """The path of a `pilookup` that starts at once, until this process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="preloaded-"))
    return str(stack.enter_context(preloaded(Path(folder))) / "pilookup")


def assert_refused(done, text):
    """Assert status 1 and a single line on standard error, which contains `text`; return the line.

    A command that publishes prints the date that it signs with before.
    """
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    *notes, line = done.stderr.splitlines()
    assert all("signing with the date " in note for note in notes[:1])
    assert len(notes) <= 1
    assert line.startswith("pilookup: ")
    assert text in line
    return line
