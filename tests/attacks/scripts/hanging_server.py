"""Measure what one check that hangs does to its neighbours, with real seconds.

    python tests/attacks/scripts/hanging_server.py [--hang 5]

A server holds its answer to the first request for the timestamp for `--hang` seconds. Meanwhile another process with the
same state directory makes a client and checks a number; and, after as many asynchronous checks as the default executor has
threads were cancelled, the application's own `asyncio.to_thread` and name look-up are timed. `make test` has the same
cases without times: tests/checking/test_shared_state.py and tests/checking/test_host_loop.py.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pilookup import AsyncClient, Client
from tests.support.checking.asking import on
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Host

CHECKS = 8
ALLOWED = 2.0
"""Seconds that a neighbour may take on a busy machine; it is milliseconds on an idle one."""


class Holding:
    """A host that holds its answers to requests for the timestamp for some seconds."""

    def __init__(self, seconds, count):
        self.seconds = seconds
        self.left = count
        self.asked = threading.Event()
        self.publisher = Publisher()
        self.publisher.publish({b"tel:+8613800138000": LABEL})
        self.host = Host(self.publisher)
        self.host.twist = on("timestamp.json", self.hold)

    def hold(self, asked, answer):
        if self.left:
            self.left -= 1
            self.asked.set()
            time.sleep(self.seconds)
        return answer


def check(url, options):
    with Client(url, **options) as client:
        client.check(HIT)


def another_process(hang):
    """Seconds of making a client and checking, while another process with the same state directory hangs."""
    holding = Holding(hang, 1)
    with tempfile.TemporaryDirectory() as folder:
        options = {"trust": holding.publisher.pin, "state_dir": folder, "timeout": 2 * hang}
        process = multiprocessing.get_context("spawn").Process(target=check, args=(holding.host.url, options))
        process.start()
        holding.asked.wait()
        start = time.perf_counter()
        check(holding.host.url, options)
        seconds = time.perf_counter() - start
        process.join()
    holding.host.close()
    return seconds


async def application(url, options, asked):
    """Seconds of `to_thread` and of a name look-up after checks were cancelled while they hung."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(CHECKS))
    # A client for each check: checks of one client share a refresh.
    clients = [AsyncClient(url, **{**options, "state_dir": f"{options['state_dir']}/{n}"}) for n in range(CHECKS)]
    checks = [asyncio.create_task(client.check(HIT)) for client in clients]
    while not asked.is_set():  # noqa: ASYNC110 - set by a thread of the server
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    for each in checks:
        each.cancel()
    await asyncio.gather(*checks, return_exceptions=True)
    start = time.perf_counter()
    await asyncio.to_thread(lambda: None)
    thread = time.perf_counter() - start
    start = time.perf_counter()
    await loop.getaddrinfo("localhost", 80)
    name = time.perf_counter() - start
    for client in clients:
        await client.close()
    return thread, name


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hang", type=float, default=5.0)
    options = parser.parse_args()
    process = another_process(options.hang)
    print(f"another process, while one hangs for {options.hang} s: {process:.2f} s")
    holding = Holding(options.hang, CHECKS)
    with tempfile.TemporaryDirectory() as folder:
        made = {"trust": holding.publisher.pin, "state_dir": folder, "timeout": 2 * options.hang}
        thread, name = asyncio.run(application(holding.host.url, made, holding.asked))
    print(f"after {CHECKS} cancelled checks: to_thread {thread:.2f} s, name look-up {name:.2f} s")
    return int(max(process, thread, name) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
