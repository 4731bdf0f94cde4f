"""Keys and quotas of platforms in `pilookup serve`, with the commands that an operator runs beside it."""

import contextlib
import json
import os
import signal
import sqlite3
import threading
import time

import httpx2
import pytest
import typer
from pilookup_server.commands import platform as commands
from pilookup_server.limits.platform_quota import WARNING_HEADER
from typer.testing import CliRunner

from pilookup.cli.app import Commands
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS, EvaluateRequest
from tests.support.server.platform_keys import FORMER_TOKEN
from tests.support.server.problem_answers import problem
from tests.support.server.serve_process import Home, launched

PATIENCE = 60


@pytest.fixture
def home(tmp_path):
    return Home.published(tmp_path / "home", "platform")


@pytest.fixture
def launch(home, tmp_path):
    with launched(home, tmp_path) as start:
        yield lambda *options, **settings: start(*options, **settings).wait()


def run(home, *command, env=None, status=0):
    """The output of a command of `pilookup platform`."""
    app = typer.Typer(cls=Commands)
    app.add_typer(commands.platform, name="platform")
    done = CliRunner().invoke(app, ["platform", *command, "--home", str(home.path)], env=env or {})
    assert done.exit_code == status, done.output
    return done


def added(home, name="shop", users=None, **given):
    options = ("--users", str(users)) if users else ()
    return json.loads(run(home, "add", name, *options, "--json", **given).stdout)


def evaluate(server, key, count=1, **headers):
    _, elements = oprf.blind([b"tel:+8613912345678"] * count)
    body = EvaluateRequest(1, elements).to_json()
    head = {"content-type": JSON, "authorization": f"Bearer {key}"} | headers
    return httpx2.post(f"{server.url}/v1/channels/platform/evaluate", content=body, headers=head, timeout=30)


def wait_status(server, key, status):
    """Ask until the answer has this status."""
    end = time.monotonic() + PATIENCE
    while (answer := evaluate(server, key)).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_key_is_rotated_without_a_gap_and_revoked_under_load(launch, home, request, database, workers):
    settings, env = {}, {}
    if database == "postgresql":
        settings["service_database_url"] = request.getfixturevalue("postgresql").database()
        env["PILOOKUP_SERVICE_DATABASE_URL"] = settings["service_database_url"]
    old = added(home, users=1000, env=env)
    server = launch("--workers", str(workers), **settings)
    wait_status(server, old["key"], 200)
    new = added(home, env=env)
    wait_status(server, new["key"], 200)
    statuses, done = [], threading.Event()

    def ask():
        while not done.is_set():
            statuses.append(evaluate(server, new["key"]).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert evaluate(server, old["key"]).status_code == 200
        run(home, "revoke", "shop", "--key", old["id"], env=env)
        wait_status(server, old["key"], 401)
        # One table for all workers: none has the key any more.
        assert {evaluate(server, old["key"]).status_code for _ in range(8 * workers)} == {401}
    finally:
        done.set()
        asking.join()
    assert set(statuses) == {200}
    assert server.stop() == 0
    log = server.log.read_text()
    assert all(text not in log for key in (old, new) for text in (key["key"], key["key"][17:60]))
    listed = json.loads(run(home, "list", "--json", env=env).stdout)
    assert [key["state"] for key in listed[0]["keys"]] == ["revoked", "valid"]


def test_quotas_are_told_apart_and_each_has_its_own(launch, home):
    key = added(home, users=20)["key"]  # 24 elements for each purpose
    server = launch(platform_quota="60/minute")
    wait_status(server, key, 200)
    answer = evaluate(server, key, 2)
    assert answer.headers["ratelimit-policy"] == '"60s";q=60;w=60, "signup";q=24'
    assert '"signup";r=21;t=' in answer.headers["ratelimit"]
    assert WARNING_HEADER not in answer.headers
    problem(evaluate(server, key, 3, **{"pilookup-purpose": "other"}), 400, "malformed-request")
    answer = evaluate(server, key, 17, **{"pilookup-purpose": "signup"})
    assert answer.headers[WARNING_HEADER] == '"signup";used=83'
    refused = evaluate(server, key, 5, **{"pilookup-purpose": "signup"})
    body = problem(refused, 429, "quota-exceeded")
    assert (body["window"], body["limit"], body["left"]) == ("signup", 24, 4)
    assert body["end"] > f"{home.now:%Y-%m-%d}"
    assert refused.headers["retry-after"] == "86400"
    assert refused.headers[WARNING_HEADER] == '"signup";used=83'
    assert '"screening";r=' in evaluate(server, key, 3).headers["ratelimit"]  # 23 of the rate's 30 so far
    # The elements of refused requests were given back, of the rate too: 7 are left.
    assert evaluate(server, key, 4, **{"pilookup-purpose": "signup"}).status_code == 200
    body = problem(evaluate(server, key, 9), 429, "rate-limited")
    assert (body["window"], body["limit"]) == ("60s", 60)
    assert 3 <= body["left"] <= 8
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if "used much of a quota" in line]
    assert [(line["platform"], line["purpose"]) for line in lines] == [("shop", "signup")]
    assert server.stop() == 0
    found = json.loads(run(home, "usage", "shop", "--json").stdout)
    assert {(one["purpose"], one["evaluated"], one["left"]) for one in found["epochs"]} == {
        ("signup", 24, 0),
        ("screening", 3, 21),
    }
    assert {(one["purpose"], one["elements"]) for one in found["days"]} == {("signup", 24), ("screening", 3)}
    assert "80% was reached on" in run(home, "usage").stdout
    added(home, users=40)
    assert [one["left"] for one in json.loads(run(home, "usage", "--json").stdout)["epochs"]] == [45, 24]


def test_elements_that_are_refused_are_given_back(launch, home):
    key = added(home, users=5)["key"]  # 6 elements
    server = launch()
    wait_status(server, key, 200)
    url = f"{server.url}/v1/channels/platform/evaluate?epoch=1"
    head = {"content-type": OCTETS, "authorization": f"Bearer {key}", "pilookup-purpose": "signup"}
    for _ in range(3):
        problem(httpx2.post(url, content=b"\xff" * 32 * 5, headers=head), 422, "invalid-element")
    assert evaluate(server, key, 5, **{"pilookup-purpose": "signup"}).status_code == 200
    problem(evaluate(server, key), 429, "quota-exceeded")


def test_the_keeper_is_killed_and_keys_and_quotas_go_on(launch, home):
    key = added(home, users=1000)
    server = launch("--workers", "2")
    wait_status(server, key["key"], 200)
    for _ in range(2):
        pid = server.keeper()
        os.kill(pid, signal.SIGKILL)
        assert {evaluate(server, key["key"]).status_code for _ in range(5)} == {200}
        end = time.monotonic() + PATIENCE
        while len(server._all_children()) < 3 or pid in server._all_children():
            assert time.monotonic() < end
            time.sleep(0.05)
    run(home, "revoke", "shop")
    wait_status(server, key["key"], 401)


def test_a_server_without_its_database_knows_no_keys_and_says_so(launch, home):
    key = added(home, users=10)["key"]
    file = home.path / "online" / "service.sqlite3"
    kept = file.read_bytes()
    file.write_bytes(b"damaged, and long enough to be read as a file" * 100)
    server = launch(platform_tokens=FORMER_TOKEN)
    problem(evaluate(server, key), 503, "unavailable")
    assert httpx2.get(f"{server.url}/readyz").json()["platform_keys"] == "unknown"
    assert evaluate(server, FORMER_TOKEN).status_code == 200
    file.write_bytes(kept)
    wait_status(server, key, 200)
    assert httpx2.get(f"{server.url}/readyz").json()["platform_keys"] == "current"


def test_the_start_says_that_tokens_of_former_versions_end(launch):
    said = "PILOOKUP_PLATFORM_TOKENS and PILOOKUP_PLATFORM_TOKENS_FILE are for this release alone"
    assert said in launch(platform_tokens=FORMER_TOKEN).log.read_text()
    assert said not in launch().log.read_text()


def test_the_commands_say_what_is_wrong(home):
    assert "there are no platforms yet" in run(home, "list", status=1).output.replace("\n", " ")
    assert "give the number of its users" in run(home, "add", "shop", status=1).output.replace("\n", " ")
    assert "is not the HOME of a sandbox" in " ".join(
        run(home, "add", "a", "--users", "1", "--test", status=1).output.split()
    )
    first = run(home, "add", "shop", "--users", "5", "--expires", "2099-12-31")
    assert first.stdout.startswith("plk_live_")
    assert first.stdout.count("\n") == 1
    assert "until 2100-01-01T00:00:00Z" in first.stderr
    assert first.stdout.strip() not in first.stderr
    added(home)
    assert "revoke one first" in " ".join(run(home, "add", "shop", status=1).output.split())
    assert run(home, "revoke", "shop", "--key", "00000000", status=1)
    assert "would have expired" in " ".join(
        run(home, "add", "shop", "--expires", "2020-01-01", status=1).output.split()
    )
    assert run(home, "list").stdout.splitlines()[0] == "shop: 5 users, 6 elements an epoch and purpose"
    assert run(home, "revoke", "shop").stdout.startswith("shop: revoked the keys ")
    assert run(home, "revoke", "shop").stdout == "shop: revoked no key that was valid\n"
    with contextlib.closing(sqlite3.connect(home.path / "online" / "service.sqlite3")) as file:
        dump = "\n".join(file.iterdump())
    assert first.stdout.strip()[17:60] not in dump
