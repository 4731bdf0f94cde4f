"""The server with one worker, compared with a route that does nothing; and the cost of a check for a client."""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.figures import Spread
from benchmarks.home import Home
from benchmarks.report import Report
from pilookup import Client, Mirror, _core

CLIENTS = Path(__file__).with_name("clients.py")
CONNECTIONS = 8
DISTINCT_REQUESTS = 500
CHECKS = 200


def bench(report: Report, home: Home, outside: list[str], runs: int, seconds: float) -> None:
    with home.serve() as url:
        trust = home.path / "trust-public.json"
        with Client(url, trust=trust, state_dir=home.path.parent / "state") as client:
            _client(report, client, outside[0], runs)
            epoch = client.manifest.epoch if client.manifest else 1
        _mirror(report, url, home, outside, runs)
        _server(report, url, epoch, runs, seconds)


def _client(report: Report, client: Client, number: str, runs: int) -> None:
    """Report this process's CPU time for a miss with cached trust and bucket; each check requests an evaluation."""
    if str(client.check(number).status) != "not_found":
        raise SystemExit("the answer for a number that is in no file was not not_found")
    spent = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(CHECKS):
            client.check(number)
        spent.append((time.process_time() - start) * 1000 / CHECKS)
    report.add("client", "check of a miss, warm caches: CPU", Spread.of(spent), "ms", CHECKS)


def _mirror(report: Report, url: str, home: Home, outside: list[str], runs: int) -> None:
    """Report misses of different numbers, from the server and from a mirror, in alternating rounds."""
    trust, folder = home.path / "trust-public.json", home.path.parent / "mirror"
    Mirror(folder).sync(url, channel="public", trust=trust)
    with (
        Client(url, trust=trust, state_dir=home.path.parent / "state", cache_bytes=0) as server,
        Client(url, trust=trust, mirror=folder) as mirror,
    ):
        rounds = [[_different(client, outside) for client in (server, mirror)] for _ in range(runs + 1)][1:]
    for at, name in enumerate(("buckets from the server", "buckets from a mirror")):
        milliseconds, rate = (Spread.of(list(one)) for one in zip(*(each[at] for each in rounds), strict=True))
        report.add("client", f"misses of different numbers, {name}: CPU a check", milliseconds, "ms", CHECKS)
        report.add("client", f"misses of different numbers, {name}: one connection", rate, "checks/s", CHECKS)


def _different(client: Client, outside: list[str]) -> tuple[float, float]:
    """Return this process's CPU milliseconds a check, and the checks a second."""
    cpu, wall = time.process_time(), time.perf_counter()
    for number in outside[:CHECKS]:
        if str(client.check(number).status) != "not_found":
            raise SystemExit("the answer for a number that is in no file was not not_found")
    count = len(outside[:CHECKS])
    return (time.process_time() - cpu) * 1000 / count, count / (time.perf_counter() - wall)


def _server(report: Report, url: str, epoch: int, runs: int, seconds: float) -> None:
    host = urlsplit(url).netloc
    evaluations = _evaluations(host, epoch)
    nothing = [f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()]
    _generate(host, nothing, seconds)
    _generate(host, evaluations, seconds)
    pairs = [(_generate(host, evaluations, seconds), _generate(host, nothing, seconds)) for _ in range(runs)]
    known = {"connections": CONNECTIONS, "workers": 1}
    evaluated, idle = (Spread.of(list(column)) for column in zip(*pairs, strict=True))
    report.add("serve", "evaluate, one element and proof", evaluated, "requests/s", len(evaluations), **known)
    report.add("serve", "no-op route (/healthz)", idle, "requests/s", 1, **known)
    ratio = Spread.of([evaluation / healthy for evaluation, healthy in pairs])
    report.add("serve", "evaluate to no-op", ratio, "ratio", runs)


def _evaluations(host: str, epoch: int) -> list[bytes]:
    """Return requests of one blinded element each, all different."""
    _, blinded = _core.blind([f"tel:+86138{i:08}".encode() for i in range(DISTINCT_REQUESTS)])
    head = (
        f"POST /v1/channels/public/evaluate?epoch={epoch} HTTP/1.1\r\nHost: {host}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 32\r\n\r\n"
    ).encode()
    return [head + blinded[at : at + 32] for at in range(0, len(blinded), 32)]


def _generate(host: str, requests: list[bytes], seconds: float) -> float:
    """Return the requests answered a second; any status other than 200 ends the benchmark."""
    address = urlsplit(f"//{host}")
    command = [sys.executable, CLIENTS, address.hostname, address.port, CONNECTIONS, seconds]
    given = json.dumps([request.hex() for request in requests])
    done = subprocess.run(list(map(str, command)), input=given, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    if told["bad"]:
        raise SystemExit(f"the server refused {told['bad']} requests")
    return float(told["good"] / told["seconds"])
