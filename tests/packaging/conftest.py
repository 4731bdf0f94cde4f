"""What `make wheels` built, and an empty environment of each Python with it installed."""

import shutil
import subprocess

import pytest

from tests.support.docs.documents import ROOT
from tests.support.packaging.pythons import VERSIONS, environment, find_python


@pytest.fixture(scope="session")
def dist():
    folder = ROOT / "dist"
    assert (folder / "wheelhouse" / "requirements.txt").is_file(), "run make wheels first"
    return folder


@pytest.fixture(scope="module", params=VERSIONS)
def installed(request, dist, tmp_path_factory):
    """The `bin` folder of a new environment in which the wheelhouse is installed without a network."""
    python = find_python(request.param)
    if python is None:
        pytest.skip(f"Python {request.param} is not on this machine: NOT TESTED")
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    subprocess.run([python, "-m", "venv", folder], env=environment(), check=True)
    wheelhouse = dist / "wheelhouse"
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    options = ("--no-index", "--find-links", wheelhouse, "--require-hashes", "-r", wheelhouse / "requirements.txt")
    subprocess.run([*pip, *options], env=environment(), cwd=folder, check=True)
    yield folder / "bin"
    shutil.rmtree(folder)
