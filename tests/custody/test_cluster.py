"""The tasks of load and publish on a Dask cluster: a killed worker changes no byte of the result."""

import io
import json
import os
import pickle
import shutil
import subprocess
import sys

import pytest

from pilookup import __version__
from pilookup.compute import executors
from pilookup.compute.executors import completed, executor, run_checked
from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load import schedule
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.publish.division import ROW_COST
from pilookup.custody.publish.publish import publish
from pilookup.errors import ComputeError, KeyringError
from pilookup.protocol.label import Kind
from tests.support.custody.certificates import certificates
from tests.support.custody.channel import at, initialised, manifests, quiet
from tests.support.custody.cluster import cluster
from tests.support.custody.home import content, numbers, run_load, write_csv
from tests.support.passphrase_cost import shipped_profile

MEMORY = 400 * ROW_COST
"""Divides the vault below into about sixteen vault ranges."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A HOME with 6,000 numbers of both kinds, not yet published."""
    folder = tmp_path_factory.mktemp("loaded")
    path = folder / "home"
    with shipped_profile():
        initialised(path)
    session = at(path)
    run_load(session, [write_csv(folder / "a.csv", numbers(4000))], "leak")
    rows = [f"{number},acc{i % 7}" for i, number in enumerate(numbers(2000, start=3000))]
    run_load(session, [write_csv(folder / "b.csv", rows, "phone,account")], "gang", Kind.MALICIOUS)
    session.control.close()
    return path


def publishing(path, tasks, on_progress):
    """Publish; return the number of entries, and the files without the manifest, which differs between runs."""
    session = at(path)
    done = publish(session, "platform", on_progress, executor=tasks, memory=MEMORY)
    repository = session.repository("platform")
    epoch = repository.listed()[0]
    files = {name: (repository.targets / epoch.path(name)).read_bytes() for name in epoch.files}
    files.pop("manifest.json")
    session.control.close()
    return done.entries, files


def loading(path, tasks, on_progress):
    """Load a file of many splits, with rejected cells and a change of layout in the middle.

    Returns the report and the rejected cells. The test compares the vault too.
    """
    session, rejects = at(path), io.StringIO()
    rows = [f"{number},acc{i % 11}" for i, number in enumerate(numbers(5000, start=2000))]
    rows[100::500] = [f"bad-{i},acc" for i in range(10)]
    rows[2500:] = ["account,phone", *(",".join(row.split(",")[::-1]) for row in rows[2500:])]
    folder = path.with_suffix(".files")
    folder.mkdir()
    file = write_csv(folder / "more.csv", rows, "phone,account")
    job = LoadJob([file], DatasetSpec("more", Kind.MALICIOUS), IntakeOptions(Kind.MALICIOUS))
    outcome = load(session, job, rejects, on_progress, tasks)
    session.control.close()
    assert [line[-5:] for line in rejects.getvalue().splitlines()[1:]] == [f"bad-{i}" for i in range(10)]
    assert outcome.total.accepted == 4990
    return outcome.to_json(), rejects.getvalue()


WORKS = [publishing, loading]
"""Each takes (HOME, executor, on_progress) and returns a result that must be the same on any executor."""


@pytest.fixture
def no_passphrase(monkeypatch):
    """This process's environment holds no passphrase, so that workers can only use theirs."""
    monkeypatch.delenv("PILOOKUP_PASSPHRASE", raising=False)


@pytest.mark.slow
@pytest.mark.usefixtures("no_passphrase")
@pytest.mark.parametrize("work", WORKS)
def test_a_worker_killed_in_the_middle_changes_nothing(work, loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 4096)
    local, spread = (shutil.copytree(loaded, tmp_path / name) for name in ("local", "spread"))
    before = content_of(spread)
    progress = []
    with cluster(tmp_path / "cluster", 3) as running:

        def kill_in_the_middle(done, steps, _entries):
            progress.append((done, steps))
            if len(progress) == 2:
                running.kill(0)

        with executor(running.address) as tasks:
            result = work(spread, tasks, kill_in_the_middle)
        assert [worker.poll() is None for worker in running.workers] == [False, True, True]
        assert progress[1][0] < progress[1][1] - 5, "nothing was left to do when the worker died"
        log = running.log()
    with executor() as tasks:
        assert result == work(local, tasks, quiet)
    assert content_of(spread) == content_of(local)
    assert len(before) <= len(content_of(spread))
    assert not [number for number in numbers(5000)[::20] if number in log]


def content_of(path):
    session = at(path)
    rows = content(session)
    session.control.close()
    return rows


@pytest.mark.slow
def test_a_worker_without_the_passphrase_fails_the_publish_and_nothing_is_served(loaded, tmp_path):
    path = shutil.copytree(loaded, tmp_path / "home")
    with (
        cluster(tmp_path / "cluster", 1, PILOOKUP_PASSPHRASE="") as running,
        executor(running.address) as tasks,
        pytest.raises(KeyringError, match="PILOOKUP_PASSPHRASE"),
    ):
        publishing(path, tasks, quiet)
    assert not at(path).repository("platform").listed()


@pytest.mark.slow
def test_a_worker_of_another_version_refuses_a_task(tmp_path, monkeypatch):
    with cluster(tmp_path / "cluster", 1) as running, executor(running.address) as tasks:
        assert list(completed(tasks, len, ["abc"])) == [3]
        monkeypatch.setattr(executors, "__version__", "0.0.9")
        with pytest.raises(ComputeError, match=f"has version {__version__} of pilookup, this command has 0.0.9"):
            list(completed(tasks, len, ["abc"]))


def test_a_call_of_the_same_version_is_run():
    assert run_checked(__version__, pickle.dumps((int, ("11",), {"base": 2}))) == 3


def test_a_call_of_another_version_is_not_even_unpickled():
    with pytest.raises(ComputeError, match="install one version on all"):
        run_checked("0.0.9", b"not a pickle")


COMMAND = [sys.executable, "-m", "pilookup.cli"]


@pytest.mark.slow
def test_the_command_line_publishes_over_tls(loaded, tmp_path):
    path = shutil.copytree(loaded, tmp_path / "home")
    shown = certificates(tmp_path / "certificates")
    secrets = {
        "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
        "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
    }
    with cluster(tmp_path / "cluster", 2, "tls", **shown) as running:
        assert running.address.startswith("tls://")
        asked = [*COMMAND, "publish", "public", "--home", str(path), "--scheduler", running.address, "--json"]
        done = subprocess.run(asked, env={**os.environ, **secrets, **shown}, capture_output=True, text=True, check=True)
        bare = subprocess.run(asked, env={**os.environ, **secrets}, capture_output=True, text=True, check=False)
        foreign = certificates(tmp_path / "foreign")
        refused = subprocess.run(
            asked, env={**os.environ, **secrets, **foreign}, capture_output=True, text=True, check=False
        )
    assert json.loads(done.stdout)["entries"] == manifests(at(path))[0].entries > 5000
    assert bare.returncode == 1
    assert "DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in bare.stderr
    assert refused.returncode == 1
    assert "no scheduler answers" in refused.stderr


@pytest.mark.parametrize(
    "address",
    ["tcp://192.0.2.1:8786", "tcp://scheduler.example:8786", "tcp://[2001:db8::1]:8786", "tcp://0.0.0.0:8786"],
)
def test_only_tls_is_accepted_for_another_machine(address):
    with pytest.raises(ComputeError, match="on another machine is tls://HOST:PORT"):
        executor(address)


@pytest.mark.parametrize(
    "address", ["", "here", "ws://h:1", "tls://h", "tls://:1", "inproc://x/1", "tcp://[::1", "tls://h:x"]
)
def test_an_invalid_address_is_refused(address):
    with pytest.raises(ComputeError, match="a scheduler's address is tls://HOST:PORT"):
        executor(address)


def test_missing_tls_files_are_reported_by_the_names_of_their_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("DASK_")]:
        monkeypatch.delenv(name)
    with pytest.raises(ComputeError, match="DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT"):
        executor("tls://192.0.2.1:8786")
