"""The command line imports no heavy module for help, the version or a mistyped command."""

import subprocess
import sys

import pytest

from pilookup.cli.app import COMMANDS

HEAVY = {"alembic", "distributed", "fastapi", "numpy", "pyarrow", "sqlalchemy", "tuf", "uvicorn"}
PROBE = """
import sys
from typer.testing import CliRunner
from pilookup.cli.app import build

result = CliRunner().invoke(build(), sys.argv[1:])
print(result.exit_code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def imported(*words):
    """Run a command line in a new process; returns its exit status and the top-level modules it imported."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    status, *modules = done.stdout.splitlines()[-1].split()
    return int(status), set(modules)


@pytest.mark.parametrize("name", [*COMMANDS, "serve", "page", "platform"])
def test_help_imports_nothing_heavy(name):
    status, modules = imported(name, "--help")
    assert (status, modules & HEAVY) == (0, set())


@pytest.mark.parametrize(("words", "status"), [(["--version"], 0), (["--help"], 0), (["lod"], 2)])
def test_neither_do_version_help_and_mistakes(words, status):
    found, modules = imported(*words)
    assert (found, modules & HEAVY) == (status, set())


def test_the_probe_sees_heavy_modules(tmp_path):
    status, modules = imported("status", "--home", str(tmp_path))
    assert status == 1
    assert {"numpy", "sqlalchemy"} & modules


def test_verify_needs_nothing_of_the_police_side(tmp_path):
    status, modules = imported("verify", str(tmp_path))
    assert status == 1
    assert "tuf" in modules
    assert not modules & {"alembic", "pyarrow", "sqlalchemy"}
