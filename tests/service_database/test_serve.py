"""`pilookup serve` and `pilookup service` with the service database: lost and found, killed, wrong, newer."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import threading
import time
from pathlib import Path

import httpx2
import pytest
from pilookup_server.count_keeper import check_database_url
from pilookup_server.service_database import migrate
from pilookup_server.settings import ServeError, read_settings
from typer.testing import CliRunner

from pilookup.cli.app import build
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.support.custody.postgresql import PASSWORD
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import Home, launched
from tests.support.server.service_databases import counted, opened

QUOTAS = {"public_quota": "1000000/minute", "public_reserve": ""}
PATIENCE = 60


@pytest.fixture
def home(tmp_path):
    return Home.published(tmp_path / "home")


@pytest.fixture
def launch(home, tmp_path):
    with launched(home, tmp_path, **QUOTAS) as start:
        yield start


def evaluate(server, channel="public", **headers):
    _, elements = oprf.blind([b"tel:+8613912345678"])
    content = EvaluateRequest(1, elements).to_json()
    url = f"{server.url}/v1/channels/{channel}/evaluate"
    return httpx2.post(url, content=content, headers={"content-type": JSON} | headers, timeout=30).status_code


def serves_files(server):
    return httpx2.get(f"{server.url}/v1/channels/public/snapshots/1/buckets/0").status_code == 200


def wait_database(server, state):
    """Wait until readiness names this state of the service database."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = httpx2.get(f"{server.url}/readyz")
        if answer.status_code == 200 and answer.json()["service_database"] == state:
            return
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)


def events(server):
    return [line for line in server.log.read_text().splitlines() if "service database" in line]


def test_a_postgresql_that_is_lost_and_comes_back_under_requests(postgresql, launch, home):
    url = postgresql.database()
    server = launch("--workers", "2", service_database_url=url, metrics_port=0).wait()
    wait_database(server, "used")
    statuses, done = [], threading.Event()

    def ask():
        while not done.is_set():
            statuses.append(evaluate(server))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        postgresql.stop()
        try:
            wait_database(server, "unusable")
            assert serves_files(server)
            port = re.search(r'"port": (\d+)', server.log.read_text())[1]
            unused = 'pilookup_service_database_used{database="service"} 0.0'
            end = time.monotonic() + PATIENCE
            while unused not in (text := httpx2.get(f"http://127.0.0.1:{port}/metrics").text):
                assert time.monotonic() < end, text
                time.sleep(0.05)
        finally:
            postgresql.start()
        wait_database(server, "used")
    finally:
        done.set()
        asking.join()
    assert set(statuses) == {200}
    assert server.stop() == 0
    assert counted(home.path, url) == {1: len(statuses)}
    said = [json.loads(line)["event"] for line in events(server)]
    assert said == ["the service database cannot be used", "the service database is used again"]
    assert PASSWORD not in server.log.read_text()


def test_kills_of_every_process_under_requests_count_nothing_too_little(launch, home):
    """The workers, the keeper, and last the whole server: the count is never below what was answered."""
    server, answered = launch("--workers", "2").wait(), 0
    for victim in (server.keeper, lambda: server.children()[0], server.keeper):
        for _ in range(20):
            with contextlib.suppress(httpx2.HTTPError):
                answered += evaluate(server) == 200
        pid = victim()
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while len(server._all_children()) < 3 or pid in server._all_children():
            assert time.monotonic() < end
            time.sleep(0.05)
    everything = server._all_children()
    server.stop(signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in everything):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert answered >= 50
    assert answered <= counted(home.path)[1] <= answered + 4 * 10_100


def test_platforms_usage_is_counted_for_the_command(launch, home, monkeypatch):
    home.publish("platform", {1: 1})
    add_platform(home.path)
    server = launch().wait()
    wait_keys(server.url)
    assert [evaluate(server, "platform", authorization=f"Bearer {KEY}") for _ in range(3)] == [200] * 3
    assert evaluate(server) == 200
    assert server.stop() == 0
    found = json.loads(run(home.path, "status", "--json").stdout)
    assert (found["database"], found["revision"]) == ("service.sqlite3", migrate.head())
    assert found["epochs"] == [{"channel": "public", "epoch": 1, "evaluated": 1}]
    [usage] = found["usage"]
    assert (usage["channel"], usage["requests"], usage["elements"]) == ("platform", 3, 3)
    assert KEY not in json.dumps(found)
    lines = run(home.path, "status").stdout.splitlines()
    assert lines[1] == "public epoch 1: 1 elements, 0.0% of the most"
    assert lines[2].endswith("3 requests, 3 elements")


def test_a_damaged_file_leaves_a_service_that_reads(launch, home):
    (home.path / "online" / "service.sqlite3").write_bytes(b"damaged, and long enough to be read as a file" * 100)
    server = launch().wait()
    wait_database(server, "unusable")
    assert evaluate(server) == 503
    assert serves_files(server)
    [line] = events(server)
    assert json.loads(line)["missing"].endswith("so `public` evaluates nothing")
    assert "file is not a database" in line
    (home.path / "online" / "service.sqlite3").unlink()
    wait_database(server, "used")
    assert evaluate(server) == 200


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:sec@ret@host/name", "write an @ in a name or password as %40"),
        ("postgresql://user:secret@host:secret/name", "not a URL such as"),
        ("secret", "not a URL such as"),
        ("mysql://user:secret@host/name", "does not begin with postgresql://"),
        ("sqlite:///secret", "does not begin with postgresql://"),
    ],
)
def test_a_wrong_url_is_not_repeated(home, url, said):
    settings = read_settings(home=home.path, service_database_url=url)
    with pytest.raises(ServeError, match=re.escape(said)) as refused:
        check_database_url(settings)
    assert "sec" not in str(refused.value)
    assert url not in repr(settings)


def test_a_wrong_url_ends_the_start(launch):
    server = launch(service_database_url="mysql://user:secret@host/name")
    assert server.process.wait(PATIENCE) == 1
    text = server.log.read_text()
    assert "does not begin with postgresql://" in text
    assert "secret" not in text
    assert "Traceback" not in text


def test_a_url_in_a_file_is_used_and_a_refused_one_is_an_outage(postgresql, launch, home, tmp_path):
    file = tmp_path / "url"
    file.write_text(postgresql.url("case_0", password="a-secret-that-is-wrong") + "\n")
    server = launch(service_database_url_file=file).wait()
    wait_database(server, "unusable")
    assert "password authentication failed" in events(server)[0]
    assert "a-secret" not in server.log.read_text()
    assert evaluate(server) == 503
    assert server.stop() == 0
    file.write_text(postgresql.database())
    server = launch(service_database_url_file=file).wait()
    wait_database(server, "used")
    assert evaluate(server) == 200
    for text in ("", None):
        file.unlink() if text is None else file.write_text(text)
        with pytest.raises(ServeError, match="PILOOKUP_SERVICE_DATABASE_URL_FILE"):
            check_database_url(read_settings(home=home.path, service_database_url_file=file))


def run(home, *command):
    return CliRunner().invoke(build(), ["service", *command, "--home", str(home)])


def test_the_command_migrates_shows_and_refuses(home, tmp_path):
    assert run(home.path, "status").stdout == "service database: service.sqlite3, not made yet\n"
    assert not (home.path / "online" / "service.sqlite3").exists()
    assert run(home.path, "migrate").stdout == f"service database: service.sqlite3, revision {migrate.head()}\n"
    with opened(home.path) as database:
        database.take("public", 3, 50_000_000, 0, 200_000_000)
    assert run(home.path, "status").stdout.endswith("public epoch 3: 50,000,000 elements, 25.0% of the most\n")
    with contextlib.closing(sqlite3.connect(home.path / "online" / "service.sqlite3")) as file, file:
        file.execute("UPDATE service_revision SET version_num = '9999'")
    for action in ("migrate", "status"):
        refused = run(home.path, action)
        assert refused.exit_code == 1
        assert "a newer pilookup made the tables (revision 9999" in " ".join(refused.output.split())
    assert run(tmp_path, "status").exit_code == 1
