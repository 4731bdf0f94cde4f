"""The rejects file is complete or absent, however the load ends."""

import errno
import os
import signal
import subprocess
import sys

import pytest
import typer

from pilookup.cli import rejects as module
from pilookup.cli.rejects import rejects_file
from pilookup.custody.intake.rejects import Rejects
from pilookup.errors import CustodyError, IntakeError, PasswordRequiredError, VaultError
from pilookup.keyring import Half
from tests.support.custody.command import load_of, run
from tests.support.custody.home import SECRET, numbers, write_csv
from tests.support.passphrase_cost import open_to_commands

PASSPHRASE = {"PILOOKUP_PASSPHRASE": SECRET.decode()}
KILLED = """
import os, signal
from pilookup.cli import main, rejects
from pilookup.custody.load import load

if {named}:
    rejects._unnamed = lambda path: None
load.{step} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


@pytest.fixture(params=["without a name", "temporary name"])
def named(request, monkeypatch):
    """Whether the file has a temporary name until it is complete, as on systems that cannot create an unnamed file."""
    if request.param == "temporary name":
        monkeypatch.setattr(module.os, "open", refusing(os.open))
    return request.param == "temporary name"


def refusing(opened):
    def no_unnamed(path, flags, *mode, **given):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return opened(path, flags, *mode, **given)

    return no_unnamed


@pytest.mark.usefixtures("named")
def test_the_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "rejects.csv"
    with rejects_file(path) as stream:
        stream.write("refused\r\n")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == b"refused\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["rejects.csv"]


def failing(path, error, *, rows):
    with rejects_file(path) as stream:
        rejects = Rejects(stream)
        for _ in range(rows):
            rejects.add("a.csv", 2, "phone", "no_digits", "refused")
        raise error


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("error", "rows"),
    [
        (VaultError("no space left"), 1),
        (PasswordRequiredError("a.zip", "is encrypted"), 1),
        (IntakeError("a.csv", "no phone number found in it"), 0),
        (KeyboardInterrupt(), 1),
    ],
    ids=["not because of a file", "password", "no row", "interrupted"],
)
def test_a_block_that_fails_leaves_nothing(tmp_path, error, rows):
    with pytest.raises(type(error)):
        failing(tmp_path / "rejects.csv", error, rows=rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("named")
def test_a_block_that_fails_because_of_a_file_leaves_its_rows(tmp_path):
    path = tmp_path / "rejects.csv"
    error = IntakeError("a.csv", "no phone number found in it")
    with pytest.raises(IntakeError) as raised:
        failing(path, error, rows=2)
    assert raised.value is error
    assert path.read_text(encoding="utf-8").splitlines()[1:] == ["a.csv,2,phone,no_digits,refused"] * 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("named")
def test_a_block_that_fails_and_whose_file_cannot_be_named_tells_both(tmp_path, monkeypatch):
    path = tmp_path / "rejects.csv"

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "link", full)
    with pytest.raises(CustodyError, match=r"rejects\.csv: cannot be written.*; the load failed: a\.csv: damaged$"):
        failing(path, IntakeError("a.csv", "damaged"), rows=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("named")
def test_a_file_that_was_created_meanwhile_stays_and_is_reported(tmp_path):
    path = tmp_path / "rejects.csv"
    with pytest.raises(CustodyError, match=r"was created by another program.*the load is complete"), rejects_file(path):
        path.write_text("another's", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "another's"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("link", [False, True], ids=["file", "dangling link"])
def test_a_name_that_exists_is_refused(tmp_path, link):
    path = tmp_path / "rejects.csv"
    path.symlink_to("nowhere") if link else path.touch()
    with pytest.raises(typer.BadParameter, match="already exists"), rejects_file(path):
        pytest.fail("the block was entered")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("named")
def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), rejects_file(tmp_path / "none" / "rejects.csv"):
        pytest.fail("the block was entered")


def test_without_a_path_there_is_no_stream():
    with rejects_file(None) as stream:
        assert stream is None


@pytest.mark.parametrize("step", ["_write_shards", "_commit"])
def test_a_load_that_is_killed_can_be_repeated_as_it_was_given(home, tmp_path, named, step):
    """At `_commit` every refused row has been written; at `_write_shards` at least those of the first file's splits."""
    open_to_commands(home.custody, Half.CUSTODY, SECRET)
    rejects = tmp_path / "rejects.csv"
    command = load_of(write_csv(tmp_path / "a.csv", [*numbers(3, start=700_000), "refused"]), "--rejects", str(rejects))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(named=named, step=step), *command, "--home", str(home.path)],
        env=os.environ | PASSPHRASE,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = [path for path in tmp_path.iterdir() if path.name.endswith(("rejects.csv", "rejects.csv.new"))]
    assert [path.name for path in left] == [".rejects.csv.new"] * named
    done = run(home.path, *command, **PASSPHRASE)
    assert done.returncode == 0, done.stderr
    assert rejects.read_text(encoding="utf-8").splitlines()[1:] == ["a.csv,5,phone,no_digits,refused"]
