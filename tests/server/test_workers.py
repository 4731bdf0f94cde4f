"""`pilookup serve` with several workers: each answers, a dead one is replaced, none fails as releases change."""

import contextlib
import os
import signal
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tuf.api.metadata import Metadata, Timestamp

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest, EvaluateResponse
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import evaluate, wait_for_line
from tests.support.server.service_databases import counted

PUBLIC = "/v1/channels/public"


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


def with_keys(url, client, content, headers):
    """The answer of a worker that knows the keys of platforms.

    While it was stopped, what it knew of them has become too old; on a busy machine it may soon be so again.
    """
    end = time.monotonic() + 60
    while True:
        wait_keys(url)
        answer = client.post("/v1/channels/platform/evaluate", content=content, headers=headers)
        if answer.status_code != 503 or time.monotonic() > end:
            return answer


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
            answer = with_keys(server.url, client, EvaluateRequest(1, elements).to_json(), headers)
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
    wait_for_line(server.log, "process ended, starting it again")
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
    wait_for_line(server.log, "timestamp renewed")
    after = Metadata[Timestamp].from_bytes(path.read_bytes()).signed
    assert after.version > before.version
    assert after.expires > home.now + timedelta(hours=47)
    assert server.log.read_text().count("timestamp renewed") == 1
