"""Attacks on the resources of `pilookup serve`, with their cost in memory, seconds and requests served meanwhile.

    python -m tests.attacks.scripts.server_attacks [--seconds 8] [--nginx] [CASE ...]

Each case starts a server with one worker on loopback, attacks it for some seconds from another process, and meanwhile asks
for `/healthz` and an evaluation from another address. Every address of 127.0.0.0/8 is local, so each case can have as many
addresses as it likes. With --nginx, nginx with the shipped configuration (but without TLS) is attacked in front of the
server, and its memory counts too. One line per case is printed. `make test` runs the same attacks by byte counts and a fake clock
(tests/server/test_connection.py); this script shows seconds and memory.
"""

import argparse
import multiprocessing
import re
import resource
import selectors
import socket
import sys
import tempfile
import time
from pathlib import Path

import httpx2

from pilookup.protocol import oprf
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.encoding import b64url
from tests.support.server import release_fixture
from tests.support.server.nginx import Nginx
from tests.support.server.serve_process import Home, Process

EVALUATE = b"POST /v1/channels/public/evaluate HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
CHUNKED = EVALUATE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
OPEN_QUOTAS = dict.fromkeys(("public_quota", "public_channel_quota", "request_quota"), "100000000/minute") | {
    "public_reserve": "",
    "public_epoch_quota": 10**12,
}


def connect(port, source="127.0.0.1"):
    """A non-blocking connection with a small receive buffer, so that little of an answer is taken off the server."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.bind((source, 0))
    one.settimeout(5)
    one.connect(("127.0.0.1", port))
    one.setblocking(False)
    return one


def pump(connections, endless, until):
    """Write `endless` into every connection that takes it; a connection that the server closes is opened again.

    Args:
        connections: [(how to open it, what to write first)].
        endless: What to write from then on; empty: nothing more, and a closed connection is opened again.
        until: The monotonic time at which to end.
    """
    watch, sent = selectors.DefaultSelector(), 0

    def begin(how, first):
        try:
            one = how()
        except OSError:
            return
        watch.register(one, selectors.EVENT_WRITE if first or endless else selectors.EVENT_READ, [how, first, first])

    for how, first in connections:
        begin(how, first)
    while time.monotonic() < until:
        for key, _ in watch.select(0.1):
            how, first, left = key.data
            try:
                if left or endless:
                    number = key.fileobj.send(left or endless)
                    sent += number
                    key.data[2] = left[number:]
                    if not key.data[2] and not endless:
                        watch.unregister(key.fileobj)  # it stays open, and what the server answers stays unread
                        KEPT.append(key.fileobj)
            except BlockingIOError:
                continue
            except OSError:
                watch.unregister(key.fileobj)
                key.fileobj.close()
                begin(how, first)
    return sent


KEPT = []


def from_addresses(port, count, number, first):
    return [
        (lambda n=n: connect(port, f"127.0.{1 + n % count // 200}.{1 + n % count % 200}"), first) for n in range(number)
    ]


def unread(count, number):
    def attack(port, until, download):
        request = b"GET " + download + b" HTTP/1.1\r\nHost: t\r\n\r\n"
        return pump(from_addresses(port, count, number, request), b"", until)

    return attack


def pipelines(port, until, download):
    request = b"GET " + download + b" HTTP/1.1\r\nHost: t\r\n\r\n"
    return pump(from_addresses(port, 1, 20, request), b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n" * 200, until)


def trailers(count):
    def attack(port, until, _download):
        return pump(from_addresses(port, 1, count, CHUNKED), b"a: b\r\n" * 10_000, until)

    return attack


def long_trailer(port, until, _download):
    return pump(from_addresses(port, 1, 1, CHUNKED + b"a: "), b"b" * 65536, until)


def many_headers(port, until, _download):
    return pump(from_addresses(port, 1, 1500, b"GET / HTTP/1.1\r\nHost: t\r\n" + b"a:\r\n" * 7000), b"", until)


def bodies(count, number):
    def attack(port, until, _download):
        half = EVALUATE + b"Content-Length: 65000\r\n\r\n" + b" " * 64_000
        return pump(from_addresses(port, count, number, half), b"", until)

    return attack


def idle(port, until, _download):
    return pump(from_addresses(port, 1, 3000, b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"), b"", until)


def malformed(port, until, _download):
    body = b'{"epoch":1,"elements":[' + b"1," * 32_000 + b"1]}"
    one = EVALUATE + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return pump(from_addresses(port, 1, 8, one), one, until)


CASES = {
    "nothing": lambda _port, until, _download: time.sleep(max(0, until - time.monotonic())) or 0,
    "trailers, 1 connection": trailers(1),
    "trailers, 20 connections": trailers(20),
    "one endless trailer": long_trailer,
    "1,500 heads of many headers": many_headers,
    "20 pipelines behind unread downloads": pipelines,
    "1,500 unread downloads, 1 address": unread(1, 1500),
    "6,000 unread downloads, 200 addresses": unread(200, 6000),
    "1,500 open bodies, 1 address": bodies(1, 1500),
    "6,000 open bodies, 200 addresses": bodies(200, 6000),
    "3,000 idle connections, 1 address": idle,
    "malformed bodies, 8 connections": malformed,
}


def memory(*pids):
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize()


class Neighbour:
    """Another caller: asks for a health check and an evaluation in turn, and notes the slowest."""

    def __init__(self, url, health):
        self.http = httpx2.Client(base_url=url, timeout=20)
        self.health = f"{health}/healthz"
        self.body = f'{{"epoch":1,"elements":["{b64url(oprf.blind([b"tel:+8613912345678"])[1])}"]}}'
        self.worst = {"health": 0.0, "evaluate": 0.0}
        self.served = self.failed = 0

    def ask(self):
        self._timed("health", "GET", self.health)
        self._timed("evaluate", "POST", "/v1/channels/public/evaluate", content=self.body,
                    headers={"content-type": "application/json"})  # fmt: skip

    def _timed(self, name, method, path, **more):
        begun = time.monotonic()
        try:
            done = self.http.request(method, path, **more).status_code == 200
        except httpx2.HTTPError:
            done = False
        self.served, self.failed = self.served + done, self.failed + (not done)
        self.worst[name] = max(self.worst[name], time.monotonic() - begun)


def run(name, seconds, *, nginx):
    with tempfile.TemporaryDirectory() as folder:
        release_fixture.GEOMETRY = Geometry(10, 256)  # buckets.bin has 8 MB
        home = Home.published(Path(folder) / "home", channels=("public",))
        targets = home.path / "online/channels/public/targets"
        download = f"/v1/channels/public/targets/{next(targets.rglob('*.buckets.bin')).relative_to(targets)}".encode()
        server = Process(
            home.path,
            Path(folder) / "log",
            channels="public",
            log_level="warning",
            **OPEN_QUOTAS,
            **({"health_listen": "127.0.0.1:0", "trusted_proxies": "127.0.0.1/32"} if nginx else {}),
        )
        try:
            server.wait()
            if nginx:
                report_behind_nginx(name, server, Path(folder), download, seconds)
            else:
                report(name, server, server.port, Neighbour(server.url, server.url), download, seconds)
        finally:
            server.stop()


def report_behind_nginx(name, server, folder, download, seconds):
    front = Nginx(folder, server.port, tls=False)
    try:
        front.wait()
        health = re.search(r"health checks on (\S+)/healthz", server.log.read_text())[1]
        neighbour = Neighbour(f"http://127.0.0.1:{front.port}", health)
        report(name, server, front.port, neighbour, download, seconds, others=front.processes())
    finally:
        front.stop()


def report(name, server, port, neighbour, download, seconds, others=()):
    """Attack a port, and print the memory that the worker and the `others` gained, and how the neighbour fared."""
    (pid,) = server.children()
    for _ in range(20):
        neighbour.ask()
    neighbour.served = 0
    neighbour.worst = dict.fromkeys(neighbour.worst, 0.0)
    before, peak, until = memory(pid, *others), 0, time.monotonic() + seconds
    attacker = multiprocessing.get_context("fork").Process(target=CASES[name], args=(port, until, download))
    attacker.start()
    while time.monotonic() < until and server.children() == [pid]:
        neighbour.ask()
        peak = max(peak, memory(pid, *others))
        time.sleep(0.01)
    died = server.children() != [pid]
    attacker.terminate()
    attacker.join()
    print(f"{name:40} +{(peak - before) / 2**20:7.1f} MiB  health {neighbour.worst['health']:6.3f} s  "
          f"evaluate {neighbour.worst['evaluate']:6.3f} s  served {neighbour.served:5}  failed {neighbour.failed:3}"
          f"{'  WORKER DIED' if died else ''}", flush=True)  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE", help="; ".join(CASES))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--nginx", action="store_true", help="attack nginx in front of the server")
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    for name in options.cases:
        run(name, options.seconds, nginx=options.nginx)


if __name__ == "__main__":
    sys.exit(main())
