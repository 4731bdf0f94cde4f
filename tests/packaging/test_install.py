"""The wheelhouse installs without a network on each Python, and what it installs works and is typed."""

import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest

import pilookup
from tests.support.packaging.pythons import environment

pytestmark = pytest.mark.release

PASSPHRASES = {
    "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
    "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
}
CLIENT = """
from pilookup import Client, Result

def ask(number: str) -> Result:
    with Client("https://pilookup.example", channel="public", trust="trust-public.json") as client:
        return client.check(number)
"""
WRONG = CLIENT.replace("trust=", "trusted=")


def run(*command, cwd, **variables):
    return subprocess.run(
        command, cwd=cwd, env=environment(**variables), capture_output=True, text=True, timeout=300, check=False
    )


def test_everything_imports_from_the_environment(installed, tmp_path):
    names = "pilookup, pilookup.checking.client, pilookup.custody.publish.publish, pilookup_server.app, psycopg"
    done = run(installed / "python", "-c", f"import {names}; print(pilookup.__file__)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed.parent))


def test_pip_finds_nothing_missing(installed, tmp_path):
    done = run(installed / "python", "-m", "pip", "check", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def mypy(installed, folder, program):
    (folder / "client.py").write_text(program, encoding="utf-8")
    options = ("--strict", "--cache-dir", folder / "cache", "--python-executable", installed / "python")
    return run(sys.executable, "-m", "mypy", *options, "client.py", cwd=folder)


def test_a_client_program_is_typed(installed, tmp_path):
    done = mypy(installed, tmp_path, CLIENT + "\nreveal_type(ask('1'))\n")
    assert done.returncode == 0, done.stdout
    assert '"pilookup.checking.result.Result"' in done.stdout


def test_a_wrong_keyword_is_a_type_error(installed, tmp_path):
    done = mypy(installed, tmp_path, WRONG)
    assert done.returncode == 1
    assert '"trusted"' in done.stdout


def test_the_command_tells_its_version(installed, tmp_path):
    done = run(installed / "pilookup", "--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pilookup.__version__ in done.stdout


def wait_address(server, log):
    """Where the server says it listens. It is not ready, since nothing is published."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        if found := re.search(r"serving on (http://[\w.:]+)", log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))


def test_it_serves_a_new_home(installed, tmp_path):
    home = tmp_path / "home"
    done = run(installed / "pilookup", "init", home, cwd=tmp_path, **PASSPHRASES)
    assert done.returncode == 0, done.stderr
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        command = [installed / "pilookup", "serve", "--home", home, "--port", "0"]
        settings = environment(PILOOKUP_ONLINE_PASSPHRASE=PASSPHRASES["PILOOKUP_ONLINE_PASSPHRASE"])
        server = subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=output, stderr=output)
    try:
        with urllib.request.urlopen(f"{wait_address(server, log)}/healthz", timeout=30) as answer:
            assert answer.status == 200
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_it_writes_the_page(installed, tmp_path):
    home, folder = tmp_path / "home", tmp_path / "page"
    assert run(installed / "pilookup", "init", home, cwd=tmp_path, **PASSPHRASES).returncode == 0
    asked = ("--server", "https://pilookup.example.org", "--trust", home / "trust-public.json")
    done = run(installed / "pilookup", "page", folder, *asked, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page" / "index.html").is_file()


def test_it_was_installed_from_the_wheelhouse_alone(installed, dist, tmp_path):
    done = run(installed / "python", "-m", "pip", "list", "--format", "json", cwd=tmp_path)
    names = {one["name"].lower().replace("_", "-") for one in json.loads(done.stdout)} - {"pip", "setuptools"}
    pinned = (dist / "wheelhouse" / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"\n{name}" in f"\n{pinned}" for name in names)
