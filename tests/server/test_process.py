"""The command `pilookup serve`, mostly with two workers: sockets, signals, crashes, reloads, logs and metrics."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from pilookup_server.process.start import _unlock
from pilookup_server.settings import Settings
from tuf.api.metadata import Metadata, Timestamp

from pilookup.clock import boot_id
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.half_lock import half_locked
from pilookup.keyring.weak_passphrase import Weakness, recorded_weaknesses
from pilookup.protocol import oprf
from pilookup.protocol.encoding import b64url
from pilookup.protocol.messages import JSON, EvaluateRequest, EvaluateResponse
from pilookup.release_files.serving_state import read_clock_record
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import PASSPHRASE, Home, Process, launched
from tests.support.server.service_databases import counted

PUBLIC = "/v1/channels/public"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.publish("public", {1: 1})
    return home


@pytest.fixture
def launch(home, tmp_path):
    with launched(home, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A running server, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("served")
    home = Home(folder / "home")
    home.publish("public", {1: 1})
    with launched(home, folder) as start:
        yield start().wait(seconds=300)


def evaluate(client, epoch=1, channel="public", number=b"tel:+8613912345678", **more):
    _, elements = oprf.blind([number])
    body = EvaluateRequest(epoch, elements).to_json()
    answer = client.post(f"/v1/channels/{channel}/evaluate", content=body, headers={"content-type": JSON} | more)
    return elements, answer


def test_two_workers_answer_and_end_cleanly(launch, home):
    server = launch("--workers", "2").wait()
    children = server.children()
    assert len(children) == 2
    with httpx2.Client(base_url=server.url) as client:
        elements, answer = evaluate(client)
        got = EvaluateResponse.from_json(answer.content)
        assert oprf.verify(home.held.scalars["public", 1].public(), elements, got.elements, got.proof)
    assert server.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), 1)


@contextlib.contextmanager
def alone(worker, workers):
    """Stop all workers but one, so that it answers."""
    others = [pid for pid in workers if pid != worker]
    try:
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("count", [1, 2, pytest.param(4, marks=pytest.mark.long), 16])
def test_each_worker_answers_a_check_and_a_batch_of_1000(launch, home, count):
    home.publish("platform", {1: 1})
    add_platform(home.path)
    server = launch("--workers", str(count)).wait()
    wait_keys(server.url)
    workers = server.children()
    assert len(workers) == count
    _, elements = oprf.blind([f"tel:+86139{n:08}".encode() for n in range(1000)])
    headers = {"content-type": JSON, "authorization": f"Bearer {KEY}"}
    for worker in workers:
        with alone(worker, workers), httpx2.Client(base_url=server.url, timeout=30) as client:
            wait_keys(server.url)  # while it was stopped, what it knew of them has become too old
            path = "/v1/channels/platform/evaluate"
            answer = client.post(path, content=EvaluateRequest(1, elements).to_json(), headers=headers)
            got = EvaluateResponse.from_json(answer.content)
            assert oprf.verify(home.held.scalars["platform", 1].public(), elements, got.elements, got.proof)
            blinded, answer = evaluate(client)
            got = EvaluateResponse.from_json(answer.content)
            assert oprf.verify(home.held.scalars["public", 1].public(), blinded, got.elements, got.proof)
            assert client.get(f"{PUBLIC}/snapshots/1/buckets/0").status_code == 200
            assert client.get("/readyz").json()["channels"]["platform"]["state"] == "ready"
    assert server.stop() == 0


def test_open_requests_end_before_the_server_does(launch):
    server = launch(body_seconds=20).wait()
    with socket.create_connection(("127.0.0.1", server.port), 10) as slow:
        slow.sendall(
            b"POST /v1/channels/public/evaluate HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        time.sleep(0.3)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        slow.sendall(b"}")
        assert slow.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert server.process.wait(20) == 0


def test_a_worker_that_dies_is_replaced(launch):
    server = launch("--workers", "2").wait()
    first, second = server.children()
    os.kill(first, signal.SIGKILL)
    for _ in range(100):
        if len(server.children()) == 2 and first not in server.children():
            break
        time.sleep(0.1)
    assert len(server.children()) == 2
    assert second in server.children()
    for _ in range(20):
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
    assert "process ended, starting it again" in server.log.read_text()


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_count_together_and_a_killed_one_forgets_nothing(launch, home, workers):
    """Every request on a connection of its own, so that all workers get some; the quota lets 40 through at once."""
    settings = {"public_quota": "80/day", "public_reserve": "", "public_channel_quota": "160/day"}
    server = launch("--workers", str(workers), **settings).wait()

    def statuses(count):
        found = []
        for _ in range(count):
            with httpx2.Client(base_url=server.url) as client:
                found.append(evaluate(client)[1].status_code)
        return found

    # A request of one element needs room for two.
    assert statuses(50) == [200] * 39 + [429] * 11
    for pid in server.children():
        os.kill(pid, signal.SIGKILL)
    wait_for(server.log, "process ended, starting it again")
    server.wait()
    assert statuses(4) == [429] * 4
    assert server.stop() == 0
    assert counted(home.path) == {1: 39}


def test_workers_do_not_outlive_a_killed_supervisor(launch):
    server = launch("--workers", "2", metrics_port=0).wait()
    children = server.children()
    assert len(children) == 3
    server.process.kill()
    server.process.wait(10)
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in children):
            return
        time.sleep(0.1)
    pytest.fail("workers were left behind")


def test_no_request_fails_while_releases_and_epochs_change(launch, home):
    """Two workers poll at different times; no request fails, and no client gets an older timestamp than before."""
    server = launch("--workers", "2", poll_seconds=0.1, public_quota="1000000/minute", public_reserve="").wait()
    seen, done, failures, rounds = {"epoch": 1, "serial": 1}, threading.Event(), [], []

    def client():
        version, count = 0, 0
        while not done.is_set():
            with httpx2.Client(base_url=server.url, timeout=30) as http:  # a new connection may reach another worker
                epoch, serial = seen["epoch"], seen["serial"]
                stamp = http.get(f"{PUBLIC}/metadata/timestamp.json")
                answers = [
                    stamp,
                    http.get(f"{PUBLIC}/snapshots/{serial}/buckets/0"),
                    evaluate(http, epoch)[1],
                ]
                failures.extend(answer.text for answer in answers if answer.status_code != 200)
                if stamp.status_code == 200:
                    now = Metadata[Timestamp].from_bytes(stamp.content).signed.version
                    if now < version:
                        failures.append("an older timestamp")
                    version, count = now, count + 1
        rounds.append(count)

    clients = [threading.Thread(target=client) for _ in range(3)]
    for thread in clients:
        thread.start()
    for serial in range(2, 14):
        epochs = {1: serial} if serial < 8 else {2: serial * 2, 1: serial * 2 + 1}
        home.publish("public", epochs)
        seen.update(epoch=max(epochs), serial=epochs[max(epochs)])
        time.sleep(0.4)
    done.set()
    for thread in clients:
        thread.join(60)
    assert failures == []
    assert len(rounds) == 3
    assert min(rounds) > 3


def test_a_nearly_expired_timestamp_is_renewed_by_one_worker_with_the_keyrings_key(launch, home):
    repository = home.repositories["public"]
    repository.stamp(home.now - timedelta(hours=47))
    path = repository.metadata / "timestamp.json"
    before = Metadata[Timestamp].from_bytes(path.read_bytes()).signed
    server = launch("--workers", "2").wait()
    wait_for(server.log, "timestamp renewed")
    after = Metadata[Timestamp].from_bytes(path.read_bytes()).signed
    assert after.version > before.version
    assert after.expires > home.now + timedelta(hours=47)
    assert server.log.read_text().count("timestamp renewed") == 1


def test_no_number_element_index_token_or_passphrase_in_logs_and_metrics(launch, home):
    home.publish("platform", {1: 1})
    add_platform(home.path)
    server = launch("--workers", "2", metrics_port=0, log_level="debug").wait()
    wait_keys(server.url)
    number = "13912345678"
    sent = [number, KEY, PASSPHRASE, "sentinel"]
    with httpx2.Client(base_url=server.url) as client:
        for channel in ("public", "platform"):
            elements, answer = evaluate(client, channel=channel, authorization=f"Bearer {KEY}")
            assert answer.status_code == 200
            sent += [
                b64url(elements),
                elements.hex(),
                json.loads(answer.content)["proof"],
                json.loads(answer.content)["elements"][0],
            ]
        wrong = {
            "authorization": "Bearer sentinel-wrong",
            "user-agent": "sentinel",
            "x-forwarded-for": "198.51.100.77",
        }
        client.get(f"/v1/channels/platform/targets/{number}", headers=wrong)
        client.get(f"{PUBLIC}/snapshots/{number}/buckets/{number}?number={number}")
        client.get(f"{PUBLIC}/snapshots/1/buckets/3")
        client.post(
            f"{PUBLIC}/evaluate?epoch={number}",
            content=f'{{"sentinel":"{number}"}}',
            headers={"content-type": JSON},
        )
        client.request("SENTINEL", f"/{number}")
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(f"sentinel {number} nonsense\r\n\r\n".encode())
        raw.recv(65536)
    port = re.search(r'"port": (\d+)', wait_for(server.log, '"metrics served"'))[1]
    metrics = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    assert server.stop() == 0
    log = server.log.read_text()
    assert '"route": "/v1/channels/{channel}/evaluate"' in log
    assert 'route="/v1/channels/{channel}/snapshots/{serial}/buckets/{index}"' in metrics
    assert "127.0.0.1" not in log.replace(server.url, "")
    for text in sent:
        assert text not in log
        assert text not in metrics
    assert "198.51.100.77" not in log
    for line in log.splitlines():
        if not line.startswith(("serving on ", "public: at most ")):
            json.loads(line)
    check_labels(metrics)


def check_labels(metrics):
    """Every label of every series is one of a few fixed values; no text of a request becomes a label."""
    allowed = {
        "route": {
            "/healthz", "/readyz", "unrouted", "/v1/channels/{channel}/evaluate", "/v1/channels/{channel}/metadata/{name}",
            "/v1/channels/{channel}/targets/{path:path}", "/v1/channels/{channel}/snapshots/{serial}/buckets/{index}",
        },
        "channel": {"", "public", "platform"},
        "status": {"200", "400", "401", "404", "405", "410"},
        "listener": {"main", "health"},
            "database": {"service"},
        "kind": {"open", "limit", "evaluated", "ceiling"},
        "reason": {"malformed"},
    }  # fmt: skip
    for line in metrics.splitlines():
        for name, value in re.findall(r'(\w+)="([^"]*)"', line):
            assert name == "le" or value in allowed[name], line
    assert 'pilookup_evaluated_elements_total{channel="public"} 1.0' in metrics
    assert 'pilookup_serial{channel="platform"} 1.0' in metrics
    assert 'pilookup_publish_due{channel="public"} 0.0' in metrics


def wait_for(log, text):
    for _ in range(100):
        found = [line for line in log.read_text().splitlines() if text in line]
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/v1/channels/public/targets/../metadata/root.json", 404),
        (b"/v1/channels/public/targets/..%2f..%2f..%2fkeyring.json", 404),
        (b"/v1/channels/../online/keyring.json", 404),
        (b"//v1/channels/public/metadata/root.json", 404),
        (b"/v1/channels/public/metadata/root.json\x00", 400),
        (b"/v1/channels/public/metadata/root.json%00", 404),
        (b"/v1/channels/public/metadata/%ff%fe", 404),
    ],
)
def test_raw_paths(served, path, status):
    with socket.create_connection(("127.0.0.1", served.port), 10) as raw:
        raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        assert read_all(raw).startswith(b"HTTP/1.1 %d " % status)


def test_raw_bodies(launch):
    server = launch(body_seconds=1).wait()
    head = b"POST /v1/channels/public/evaluate HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
    cases = [
        (b"Content-Length: 99999999\r\n\r\n", b"", 413),
        (b"Content-Length: 99999999999999999999999\r\n\r\n", b"", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n", 413),
        (b"Content-Length: 10\r\n\r\n{", b"", 408),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 400),
    ]
    for headers, chunk, status in cases:
        with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
            raw.sendall(head + headers)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for _ in range(40 if chunk else 0):
                    raw.sendall(chunk)
            answer = read_all(raw)
            assert answer.startswith(b"HTTP/1.1 %d " % status), (headers, answer[:100])
            assert b"connection: close" in answer.lower()


def read_all(raw):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := raw.recv(65536):
            data += chunk
    return data


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"online_passphrase": "sentinel-wrong"}, "passphrase"),
        ({"platform_tokens": "sentinel"}, "token"),
        ({"public_quota": "sentinel"}, "PILOOKUP_PUBLIC_QUOTA"),
        ({"quota_storage": "redis://:sentinel@127.0.0.1:x/y"}, "PILOOKUP_QUOTA_STORAGE"),
    ],
)
def test_what_cannot_start_says_why_and_exits_1(launch, settings, named):
    server = launch(**settings)
    assert server.process.wait(30) == 1
    log = server.log.read_text()
    assert named in log
    assert "sentinel" not in log
    assert "Traceback" not in log


def test_a_home_without_an_online_half_exits_1(tmp_path):
    server = Process(tmp_path, tmp_path / "log")
    assert server.process.wait(30) == 1
    assert "online half" in server.log.read_text()


def test_a_server_and_a_change_of_the_passphrase_exclude_each_other(launch, home):
    online = home.path / "online"
    server = launch("--workers", "2").wait()
    with pytest.raises(HomeError, match="a server is running on it"), half_locked(online, shared=False):
        pytest.fail("its passphrase could be changed")
    server.stop()
    with half_locked(online, shared=False):
        server = launch()
        assert server.process.wait(30) == 1
    assert "its passphrase is being changed; try again when that has ended" in server.log.read_text()


def test_a_server_records_a_weak_passphrase_and_destroys_what_a_killed_change_left(tmp_path, monkeypatch):
    keyring = Keyring.create(tmp_path / "online", Half.ONLINE, b"weak")
    (tmp_path / "online" / "channels").mkdir()
    left = keyring.directory / f"keys-{'0' * 32}"
    left.mkdir()
    (left / "channel-public-1.key").write_bytes(b"sealed")
    monkeypatch.setenv("PILOOKUP_ONLINE_PASSPHRASE", "weak")
    _unlock(Settings(home=tmp_path))
    assert recorded_weaknesses(keyring.directory) == {Weakness.SHORT}
    assert not left.exists()


def test_a_port_in_use_exits_1(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = launch("--port", str(taken.getsockname()[1]))
        assert server.process.wait(30) == 1
    assert "cannot listen" in server.log.read_text()


def test_the_entry_point_does_not_import_the_server():
    """Every command imports this entry point, so it must not import the server."""
    code = "import sys, pilookup_server.commands.serve; print([m for m in ('fastapi', 'uvicorn', 'pydantic', 'limits', 'structlog') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


def test_an_endless_head_ends_the_connection(launch):
    """The parser keeps an incomplete header value; after 64 KiB the connection is closed."""
    server = launch().wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: ")
        with pytest.raises(ConnectionError):
            connection.sendall(b"a" * (64 << 20))
    assert httpx2.get(f"{server.url}/healthz").status_code == 200


def test_a_head_slightly_too_long_is_431(launch):
    server = launch().wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: " + b"a" * 70_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_large_body_may_come_with_its_head(launch):
    server = launch().wait()
    body = b"x" * 65_000
    head = f"POST /v1/channels/public/evaluate HTTP/1.1\r\nhost: t\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(head + body)
            answer = b""
            while b"unsupported-media-type" not in answer:
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 415 ")


def test_the_operators_word_and_taking_over_are_written_before_the_first_answer(launch, home):
    server = launch("--clock-is-right", "--take-over").wait()
    record = read_clock_record(home.path / "online")
    assert (record.boot, record.doubtful) == (boot_id(), False)
    stamp = Metadata[Timestamp].from_bytes(httpx2.get(f"{server.url}{PUBLIC}/metadata/timestamp.json").content).signed
    assert stamp.version >= int(home.now.timestamp())
    assert httpx2.get(f"{server.url}/readyz").json()["clock_doubtful"] is False
    assert server.stop() == 0
