"""docs/platform.md from an empty directory with the wheels: every command and snippet of the page, in order."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.docs.afternoon import Afternoon
from tests.support.packaging.pythons import VERSIONS, environment, find_python

pytestmark = pytest.mark.release


def test_the_page_for_platforms_from_an_empty_directory(dist, tmp_path):
    python = Path(next(filter(None, map(find_python, VERSIONS))))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(python)
    work = tmp_path / "work"
    shutil.copytree(dist / "wheelhouse", work / "wheelhouse", copy_function=os.link)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = Afternoon(work, environment(PATH=path, XDG_STATE_HOME=str(tmp_path / "state"))).work_through()
    assert done[0] == "python3 -m venv .venv"
    assert len(done) >= 15
