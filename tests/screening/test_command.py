"""`pilookup screen`: what it prints, as text and JSON, and its exit status."""

import json

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from pilookup.cli.app import build
from tests.support.checking.server import Answer
from tests.support.screening.platform import listed, number, user_table


@pytest.fixture
def screen(platform, publisher, monkeypatch):
    """Runs the command with the options that it needs; returns status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "200")
    trust = platform.folder / "trust-platform.json"
    trust.write_bytes(publisher.pin)
    users = platform.folder / "users.parquet"
    pyarrow.parquet.write_table(user_table(range(300)), users)

    def run(*more, users=users):
        given = [str(users), str(platform.out), "--server", platform.host.url, "--trust", str(trust)]
        return invoke(*given, "--key", str(platform.key), "--max-wait", "0", *more)

    return run


def invoke(*arguments):
    done = CliRunner().invoke(build(), ["screen", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_a_key_is_made_once(tmp_path):
    path = tmp_path / "screen.key"
    status, out, _ = invoke("--make-key", str(path))
    assert (status, "Made a local key" in out) == (0, True)
    assert invoke("--make-key", str(path))[0] == 1


def test_a_run_in_words(screen, publisher):
    publisher.publish(listed([1, 2]), serial=1)
    status, out, _ = screen()
    assert status == 0
    assert "300 rows, 300 evaluated now" in out
    assert "Joined with serial 1: 300 rows, 2 found" in out
    assert "New: 2. Changed: 0. Gone: 0." in out
    publisher.publish(listed([2]), serial=2)
    status, out, _ = screen()
    assert "Gone: 1." in out
    assert "(released)" in out


def test_a_run_in_json(screen, publisher, platform):
    publisher.publish(listed([1, 2]), serial=1)
    platform.sync()
    status, out, _ = screen("--json", "--mirror", str(platform.mirror))
    told = json.loads(out)
    assert status == 0
    assert (told["rows"], told["evaluated"], told["new"], told["serial"], told["stopped"]) == (300, 300, 2, 1, None)
    assert pyarrow.parquet.read_table(told["result"]).num_rows == 2
    assert not (platform.out / "mirror").exists()


def test_a_csv_with_other_columns_and_rejects(screen, publisher, platform):
    publisher.publish(listed([1]), serial=1)
    path = platform.folder / "users.csv"
    path.write_text(f"id,name,phone\n1,x,{number(1)}\n2,y,12\n")
    status, out, _ = screen("--user-column", "id", "--number-column", "phone", users=path)
    assert status == 0
    assert "Without exactly one number: 1 row (1 too_short), listed in rejects.csv" in out
    assert (platform.out / "rejects.csv").read_text() == "row,user,reason\n2,2,too_short\n"


def test_evaluations_that_stop_are_status_1_and_say_what_is_left(screen, publisher, host):
    publisher.publish(listed([1]), serial=1)
    host.twist = lambda asked, answer: Answer(429) if asked.method == "POST" else answer
    status, out, error = screen()
    assert status == 1
    assert "evaluations stopped (rate_limited): too many elements in a short time" in error
    assert "not screened yet: 300 rows; run the same command again" in error
    status, out, _ = screen("--json")
    assert (status, json.loads(out)["stopped"], json.loads(out)["remaining"]) == (1, "rate_limited", 300)


def test_a_refusal_in_words_and_json(screen, publisher, platform):
    publisher.publish(listed([1]), serial=1)
    status, _, error = screen(users=platform.folder / "none")
    assert status == 1
    assert "cannot be read" in error
    status, out, _ = screen("--json", users=platform.folder / "none")
    assert (status, json.loads(out)["reason"]) == (1, "bad_input")


@pytest.mark.parametrize("arguments", [[], ["users.csv"], ["users.csv", "out", "--server", "https://x.example"]])
def test_what_is_missing_is_named(arguments):
    status, _, error = invoke(*arguments)
    assert status == 2
    assert "--key" in error


def test_the_public_channel_is_refused(screen, publisher):
    status, _, error = screen("--channel", "public")
    assert (status, "single checks" in error) == (2, True)
