"""The wheelhouse installs, loads, publishes, serves and answers on a machine without a network: a network namespace."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import xlsxwriter

from tests.support.docs.documents import ROOT
from tests.support.packaging.pythons import VERSIONS, environment, find_python

pytestmark = pytest.mark.release

REACH = """
import errno, socket
try:
    socket.create_connection(("198.51.100.1", 443), 5)
except OSError as error:
    print(errno.errorcode[error.errno])
"""
INSTALL = """
set -eu
ip link set lo up
"$PYTHON" -c "$REACH"
"$PYTHON" -m venv environment
environment/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links "$WHEELHOUSE" \
    --require-hashes --requirement "$WHEELHOUSE/requirements.txt"
environment/bin/python examples/demo.py --once --scale 0.01
environment/bin/pilookup service status --home demo/home
"""


def test_everything_works_in_a_network_namespace(dist, tmp_path):
    python = next(filter(None, map(find_python, VERSIONS)))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    # The script that makes the seizure needs it, and nothing that is shipped does.
    shutil.copytree(Path(xlsxwriter.__file__).parent, tmp_path / "examples" / "xlsxwriter")
    own = ["--net"] if os.getuid() == 0 else ["--map-root-user", "--net"]
    variables = {"PYTHON": python, "REACH": REACH, "WHEELHOUSE": str(dist / "wheelhouse")}
    done = subprocess.run(
        ["unshare", *own, "bash", "-c", INSTALL],
        cwd=tmp_path, env=environment(**variables), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "ENETUNREACH"
    for said in ("found", "not_found", "service database: service.sqlite3", "public epoch 1: "):
        assert any(said in line for line in lines), done.stdout
