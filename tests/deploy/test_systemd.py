"""The units: systemd reads them, finds little exposed, and every command, option and variable in them exists."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.docs.test_settings import ROWS
from tests.support.docs.documents import ROOT
from tests.support.server.serve_process import Home

FOLDER = ROOT / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
MOST_EXPOSURE = {"pilookup.service": 1.0, "pilookup-notify.service": 1.2, "pilookup-status.service": 0.3}
"""As `systemd-analyze security` of systemd 252 measures it, 10 being the worst."""


def settings(path):
    """The lines of a unit, by section and name; a name may occur several times."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return found


def analyze(*arguments):
    assert shutil.which("systemd-analyze"), "systemd is not installed; run: tests/install_debian_packages.sh"
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_little_is_exposed(path):
    said = analyze("security", "--offline=true", str(path)).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert exposure, said
    assert float(exposure[1]) <= MOST_EXPOSURE[path.name]


def test_systemd_finds_nothing_wrong_but_the_program_that_is_not_installed():
    said = analyze("verify", "--recursive-errors=no", *map(str, sorted(FOLDER.iterdir()))).stderr
    lines = [line for line in said.splitlines() if str(FOLDER) in line or line.startswith("pilookup")]
    assert [line for line in lines if "/opt/pilookup/bin/pilookup is not executable" not in line] == []


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_command_and_its_options_exist(path):
    [command] = settings(path)["Service"]["ExecStart"]
    program, name, *options = shlex.split(command)
    assert program == "/opt/pilookup/bin/pilookup"
    done = subprocess.run(
        [sys.executable, "-m", "pilookup.cli", name, *options, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_variables_are_documented(path):
    names = {value.partition("=")[0] for value in settings(path)["Service"].get("Environment", [])}
    assert names
    assert names <= ROWS.keys()


def test_the_process_that_talks_to_strangers_sees_no_key(tmp_path):
    """Everything of a HOME's online half but the service database is hidden from it, and all of custody."""
    unit = settings(FOLDER / "pilookup-notify.service")["Service"]
    hidden = {path.lstrip("-") for line in unit["InaccessiblePaths"] for path in line.split()}
    Home(tmp_path / "home")
    found = {f"/var/lib/pilookup/online/{path.name}" for path in (tmp_path / "home" / "online").iterdir()}
    assert found <= hidden
    assert {"/var/lib/pilookup/custody", "/etc/pilookup/online"} <= hidden
    assert not [name for name in unit["Environment"] if "PASSPHRASE" in name]


def test_the_timer_starts_the_service():
    timer = settings(FOLDER / "pilookup-status.timer")
    assert timer["Timer"]["OnCalendar"] == ["*-*-* 04:00:00"]
    done = analyze("calendar", timer["Timer"]["OnCalendar"][0])
    assert done.returncode == 0, done.stderr
    assert (FOLDER / "pilookup-status.service").exists()
