"""Caps on connections by address and in all, and who must go at a cap."""

from types import SimpleNamespace

import pytest
from pilookup_server.process import connection_watch, worker
from pilookup_server.process.connection import Listener
from pilookup_server.process.connection_table import STALLED_SECONDS, ConnectionTable
from pilookup_server.process.connection_watch import LOG_SECONDS, ConnectionWatch
from pilookup_server.settings import read_settings

from tests.support.server.fake_connection import FakeClock, Worker, feed

pytestmark = pytest.mark.anyio
GET = b"GET / HTTP/1.1\r\nhost: t\r\n\r\n"
OPEN = b"GET / HTTP/1.1\r\n"


async def app(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def health(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def test_at_the_cap_of_its_address_the_longest_idle_connection_goes():
    worker = Worker(app, per_address=3)
    first, second, third = (worker.connect() for _ in range(3))
    await feed(first, GET)  # from now on the second one is idle longest
    other = worker.connect("192.0.2.2")
    fourth = worker.connect()
    assert second.aborted
    assert not any(one.closing for one in (first, third, fourth, other))
    await feed(third, GET)
    await feed(fourth, OPEN)
    worker.connect()
    assert first.aborted
    assert not fourth.closing
    assert len(worker.table) == 4


async def test_connections_in_use_stay_unless_they_have_stalled():
    worker = Worker(app, per_address=2)
    first, second = worker.connect(), worker.connect()
    await feed(first, OPEN)
    await feed(second, OPEN)
    late = worker.connect()
    assert late.aborted
    assert not first.closing
    worker.clock.now += STALLED_SECONDS
    await feed(first, b"a: b\r\n")
    worker.connect()
    assert second.aborted
    assert not first.closing
    assert worker.table.refused == {"address": 2}


async def test_addresses_of_one_network_count_together():
    worker = Worker(app, per_address=1)
    one = worker.connect("2001:db8::1")
    worker.connect("2001:db8:0:1::1")
    assert not one.closing
    worker.connect("2001:db8::ffff")
    assert one.aborted
    mapped = worker.connect("::ffff:192.0.2.1")
    worker.connect("192.0.2.1")
    assert mapped.aborted


async def test_a_trusted_proxy_has_the_cap_in_all_only(monkeypatch):
    monkeypatch.setenv("PILOOKUP_TRUSTED_PROXIES", "192.0.2.0/24")
    trusted = read_settings(home="/nowhere").trusted_proxies
    worker = Worker(app, total=5, per_address=1, trusted=trusted)
    proxied = [worker.connect("192.0.2.9") for _ in range(5)]
    assert not any(one.closing for one in proxied)
    worker.connect("192.0.2.9")
    assert proxied[0].aborted
    assert len(worker.table) == 5


async def test_at_the_cap_in_all_the_address_with_most_connections_loses_one():
    worker = Worker(app, total=6, per_address=4)
    many = [worker.connect("192.0.2.1") for _ in range(4)]
    few = [worker.connect(f"192.0.2.{n}") for n in (2, 3)]
    for one in (*many, *few):
        await feed(one, OPEN)
    worker.connect("192.0.2.4")
    worker.connect("192.0.2.5")
    assert [one.aborted for one in many] == [True, True, False, False]
    assert not any(one.closing for one in few)


async def test_when_every_address_has_one_connection_in_use_a_new_one_is_refused():
    worker = Worker(app, total=3)
    held = [worker.connect(f"192.0.2.{n}") for n in range(3)]
    for one in held:
        await feed(one, OPEN)
    assert worker.connect("192.0.2.9").aborted
    assert not any(one.closing for one in held)
    assert worker.table.refused == {"total": 1}
    assert len(worker.table) == 3


async def test_the_table_forgets_closed_connections():
    worker = Worker(app)
    for number in range(10):
        one = worker.connect(f"192.0.2.{number}")
        await feed(one, GET)
        one.close()
        await feed(one, b"")
    assert len(worker.table) == 0
    assert worker.table._groups == {}


async def test_the_health_listener_answers_when_the_service_is_full():
    worker = Worker(app, total=1)
    worker.others[81] = Listener(ConnectionTable(2, 2, worker.clock), health)
    await feed(worker.connect(), OPEN)
    full = worker.connect("192.0.2.9")
    assert full.aborted
    check = worker.connect("192.0.2.9", port=81)
    await feed(check, GET)
    assert check.written.startswith(b"HTTP/1.1 204")
    assert len(worker.table) == 1


@pytest.mark.parametrize(("limit", "most", "of_one"), [(65536, 4096, 512), (1024, 768, 512), (512, 256, 256)])
def test_a_worker_takes_no_more_connections_than_descriptors_allow(monkeypatch, limit, most, of_one):
    made = []
    monkeypatch.setattr(worker, "ConnectionTable", lambda *given: made.append(given) or ConnectionTable(*given))
    worker._connections(read_settings(home="/nowhere"), None, worker.WorkerSockets(None, None), limit)
    assert made[0][:2] == (most, of_one)


def test_refusals_are_logged_once_in_a_while_and_counted(monkeypatch):
    lines, counted = [], []
    log = SimpleNamespace(warning=lambda event, **fields: lines.append((event, fields)))
    monkeypatch.setattr(connection_watch, "logger", lambda: log)
    monkeypatch.setattr(connection_watch.metrics, "count_closed", lambda *given: counted.append(given))
    clock = FakeClock()
    table = ConnectionTable(10, 10, clock)
    watch = ConnectionWatch({"main": table}, lambda: 95, 100, clock)
    table.refused["address"] += 3
    watch.tick()
    assert lines[0] == ("connections refused or closed", {"open": 0, "address": 3})
    assert lines[1] == ("descriptors run out", {"open": 95, "limit": 100})
    table.refused["address"] += 4
    table.refused["trailer"] += 1
    watch.tick()
    assert len(lines) == 2
    clock.now += LOG_SECONDS
    watch.tick()
    assert lines[2] == ("connections refused or closed", {"open": 0, "address": 4, "trailer": 1})
    assert counted == [("address", 3), ("address", 4), ("trailer", 1)]
