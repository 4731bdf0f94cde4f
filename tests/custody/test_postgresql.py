"""Control data in PostgreSQL: every command, the errors of commands, and the settings of the connection."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect, text

from pilookup.custody import initialise
from pilookup.custody.control import ControlDatabase
from pilookup.custody.control.engine import connect
from pilookup.custody.home import Home
from pilookup.errors import CustodyError, PublishError
from pilookup.protocol.names import CANARIES as NAMES
from tests.support.custody.command import assert_refused, load_of, run
from tests.support.custody.home import files_under, numbers, write_csv
from tests.support.custody.postgresql import PASSWORD
from tests.support.passphrase_cost import shipped_profile

SECRETS = (b"custody passphrase of the tests", b"online passphrase of the tests")
CANARIES = len(NAMES)


@pytest.fixture
def url(postgresql, monkeypatch):
    """A new, empty database, which the environment names."""
    url = postgresql.database()
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", url)
    return url


@pytest.fixture
def made(url, tmp_path):
    """A HOME that `pilookup init` could have made, and a file to load."""
    with shipped_profile():
        initialise.initialise_home(tmp_path / "home", *SECRETS, datetime.now(UTC))
    write_csv(tmp_path / "first.csv", numbers(300))
    return tmp_path / "home"


def well(home, *command, **environment):
    done = run(home, *command, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in command else done.stdout


def test_every_command_works_with_neither_database_nor_password_in_home(url, tmp_path):
    home, files = tmp_path / "home", [tmp_path / "a.csv", tmp_path / "b.csv"]
    write_csv(files[0], numbers(300))
    write_csv(files[1], numbers(100, start=1000))
    on = {"PILOOKUP_DATABASE_URL": url}
    well(home, "init", **on)
    well(home, *load_of(files[0], "--title-zh", "一号案", "--seized-on", "2026-01-02"), **on)
    well(home, "load", str(files[1]), "--dataset", "case-2", "--kind", "exposure", **on)
    assert well(home, "publish", "public", "--json", **on)["entries"] == 400 + CANARIES
    assert well(home, "rotate", "public", "--json", **on)["epoch"] == 2
    well(home, "erase", numbers(1)[0], **on)
    well(home, "withdraw", "case-2", **on)
    well(home, *load_of(files[0], "--replace"), **on)
    status = well(home, "status", "--json", **on)
    assert [(row["withdrawn"], row["loads"]) for row in status["datasets"]] == [(False, 1), (True, 0)]
    [public] = [row for row in status["channels"] if row["channel"] == "public"]
    assert (public["epoch"], public["entries"]) == (2, 299 + CANARIES)
    assert not Home(home).database.exists()
    assert not [path for path, data in files_under(home).items() if PASSWORD.encode() in data]


def test_a_concurrent_load_is_refused_and_status_always_works(url, made, tmp_path):
    on = {"PILOOKUP_DATABASE_URL": url}
    with Home(made).locked():
        assert_refused(run(made, *load_of(tmp_path / "first.csv"), **on), "another command is working on it")
        well(made, "status", **on)
    loads = [["load", str(tmp_path / "first.csv"), "--dataset", f"case-{n}", "--kind", "exposure"] for n in range(3)]
    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda command: run(made, *command, **on), loads))
    for refused in (each for each in done if each.returncode):
        assert_refused(refused, "another command is working on it")
    rows = well(made, "status", "--json", **on)["datasets"]
    assert [row["loads"] for row in rows] == [1] * sum(not each.returncode for each in done)
    assert rows


def test_a_database_that_is_down_or_refuses_is_reported_without_the_password(postgresql, url, made, tmp_path):
    before = files_under(made / "custody" / "vault")
    wrong = postgresql.url("case_0", password="a-secret-that-is-wrong")
    for given, said in {
        f"postgresql://pilookup:{PASSWORD}@/any?host={tmp_path}": "connection to server on socket",
        wrong: "password authentication failed",
        postgresql.url("nowhere"): 'database "nowhere" does not exist',
    }.items():
        for command in (["status"], load_of(tmp_path / "first.csv")):
            line = assert_refused(run(made, *command, PILOOKUP_DATABASE_URL=given), "control database cannot be used")
            assert said in line
            assert PASSWORD not in line
            assert "a-secret" not in line
    assert files_under(made / "custody" / "vault") == before
    assert_refused(run(made, "status"), "control.sqlite3: missing; are the control data elsewhere")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:sec@ret@host/name", "write an @ in a name or password as %40"),
        ("postgresql://user:secret@host:secret/name", "not a URL such as"),
        ("secret", "not a URL such as"),
        ("mysql://user:secret@host/name", "neither postgresql:// nor sqlite://"),
        ("postgresql+secret://user@host/name", "neither postgresql:// nor sqlite://"),
        ("postgresql://user:secret%00@/name?host=/nowhere", "cannot be used"),
        ("postgresql://user:secret@/name?host=/nowhere&nonsense=secret", "cannot be used"),
        ("postgresql://user:secret@/name?host=/nowhere&port=secret", "not a URL such as"),
    ],
)
def test_an_invalid_url_is_not_repeated(made, url, said):
    line = assert_refused(run(made, "status", PILOOKUP_DATABASE_URL=url), said)
    assert "sec" not in line.replace("seconds", "")
    assert "ret" not in line


def test_a_database_that_stops_and_starts_is_used_again(postgresql, url, made):
    with ControlDatabase.open(Home(made)) as control:
        assert control.removals() == 0
        postgresql.stop()
        try:
            with pytest.raises(CustodyError, match="the control database failed: "):
                control.count_removal()
        finally:
            postgresql.start()
        control.count_removal()
        assert control.removals() == 1


def test_an_init_that_fails_leaves_the_database_empty(url, tmp_path, monkeypatch):
    def fail(*_):
        raise PublishError("stopped")

    monkeypatch.setattr("pilookup.custody.epochs.begin", fail)
    with pytest.raises(PublishError, match="stopped"):
        initialise.initialise_home(tmp_path / "home", *SECRETS, datetime.now(UTC))
    engine = connect(Home(tmp_path / "home"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", url)
    initialise.initialise_home(tmp_path / "home", *SECRETS, datetime.now(UTC))


def test_a_database_of_another_encoding_is_refused(postgresql, tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", postgresql.database("TEMPLATE template0 ENCODING 'LATIN1'"))
    with pytest.raises(CustodyError, match="its encoding is LATIN1, not UTF8"):
        initialise.initialise_home(tmp_path / "home", *SECRETS, datetime.now(UTC))
    assert not (tmp_path / "home").exists()


def test_a_commit_is_flushed_to_disk_under_any_setting_of_the_server(postgresql, url, made):
    name = url.partition("?")[0].rpartition("/")[2]
    for given, held in {"off": "on", "remote_apply": "remote_apply"}.items():
        postgresql.execute(f"ALTER DATABASE {name} SET synchronous_commit = {given}")
        engine = connect(Home(made))
        with engine.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == held
        engine.dispose()


def test_without_the_driver_the_extra_is_named_and_the_url_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", f"postgresql+psycopg://a:{PASSWORD}@127.0.0.1/b")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CustodyError, match="needs its driver, psycopg") as refused:
        connect(Home(tmp_path))
    assert PASSWORD not in str(refused.value)
