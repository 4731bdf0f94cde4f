import stat
import subprocess
import sys

import pytest

from pilookup.custody.home import Home
from pilookup.errors import HomeError
from tests.support.custody.home import make_home

HOLD = """
import sys
from pathlib import Path
from pilookup.custody.home import Home
with Home(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_home_is_accessible_only_to_its_owner(tmp_path):
    home = make_home(tmp_path / "home")
    for path in [home.path, *home.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name


@pytest.mark.parametrize("name", ["custody", ".hidden", "note.txt"])
def test_a_directory_that_is_not_empty_is_refused_and_unchanged(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(HomeError, match=f"{tmp_path}: not empty"):
        Home.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_is_refused_as_a_home(tmp_path):
    (tmp_path / "home").write_text("mine")
    with pytest.raises(HomeError, match="not a directory"):
        Home.create(tmp_path / "home")


def test_a_home_without_the_custody_half_cannot_be_locked(tmp_path):
    (tmp_path / "online").mkdir()
    home = Home(tmp_path)
    assert home.has_online()
    assert not home.has_custody()
    with pytest.raises(HomeError, match="no custody half here"), home.locked():
        pass


def test_only_one_command_runs_at_a_time_and_a_killed_one_releases_the_lock(home):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HomeError, match="another command is working on it"), home.locked():
            pass
        holder.kill()
        holder.wait()
        with home.locked():
            pass


def test_the_lock_is_free_after_an_error(home):
    with pytest.raises(RuntimeError), home.locked():
        raise RuntimeError
    with home.locked():
        pass
