"""Measure how long a check takes when its server drips, with real seconds.

    python tests/attacks/scripts/dripping_server.py [--step 1] [--threads 8] [--timeout 0.25] [--kinds ...]

For the blocking and the asynchronous client, for metadata, evaluation and bucket, and for each byte of an answer, plain
and elaborate (1xx, chunks, extensions, trailers), the server sends what comes before that byte at once and the rest
slowly. In addition there are answers of which one element never ends. A check must end within its timeout and 100 ms,
`unreachable` or with the right answer if that came in time, and must leave no connection open. The server gives up a
drip after `--limit` seconds, so that clients without a deadline come to an end too. Times for which the machine did not run
this process are subtracted.

`make test` has the same cases on a clock of its own: tests/checking/test_deadline.py.
"""

import argparse
import asyncio
import queue
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product

from pilookup import AsyncClient, Client
from tests.support.checking.asking import on
from tests.support.checking.drip import ENDLESS, EXCHANGES, FORMS, is_closed, positions, send_slowly
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Answer, Host

PAUSE = 0.04
"""Seconds between two bytes."""

ALLOWED = 0.1
"""Seconds after the deadline by which a call must have ended."""


class AsyncAsBlocking:
    """An AsyncClient on an event loop of its own, with the methods of a Client."""

    def __init__(self, *args, **options):
        self.client = AsyncClient(*args, **options)
        self.loop = asyncio.new_event_loop()
        self._trust = self.client._trust

    def check(self, text):
        return self.loop.run_until_complete(self.client.check(text))

    def close(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


CLIENTS = {"sync": Client, "async": AsyncAsBlocking}


class Pauses:
    """Notes when this process did not run, on a busy machine: a call can end no sooner than its thread is run again."""

    def __init__(self):
        self.seen = []
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        last = time.perf_counter()
        while True:
            time.sleep(0.005)
            now = time.perf_counter()
            if now - last > 0.02:
                self.seen.append((last, now))
            last = now

    def within(self, start, end):
        """Seconds between two times for which this process did not run."""
        return sum(max(0.0, min(end, after) - max(start, before)) for before, after in self.seen[-500:])


@dataclass
class Figures:
    """What was seen of one kind of client, exchange and drip."""

    calls: int = 0
    longest: float = 0.0
    wrong: list = field(default_factory=list)
    late: int = 0
    left_open: int = 0
    missed: int = 0


class Bench:
    """A server and a client, with which one thread tries one case after the other."""

    def __init__(self, kind, folder, timeout, limit, pauses):
        self.pauses = pauses
        self.timeout = timeout
        self.limit = limit
        self.closed = queue.Queue()
        self.taken = False
        publisher = Publisher()
        publisher.publish({b"tel:+8613800138000": LABEL})
        self.host = Host(publisher)
        options = {"trust": publisher.pin, "state_dir": folder, "cache_bytes": 0, "timeout": timeout}
        self.client = CLIENTS[kind](self.host.url, **options)
        self.client.check(HIT)

    def measure(self, exchange, raw):
        """Make a check whose exchange is answered by `raw`; returns its seconds, result and whether it hung up.

        The last is None if the check ended before that exchange, on a busy machine.
        """
        self.client.check(HIT)
        self.closed = queue.Queue()
        if exchange == "metadata":
            self.client._trust._verified_at = (-1e9, -1e9)
        self.host.twist = on(EXCHANGES[exchange], lambda asked, answer: self.take(answer, raw))
        start = time.perf_counter()
        result = self.client.check(HIT)
        end = time.perf_counter()
        time.sleep(0.02)  # the pauses are noted once they are over
        seconds = end - start - self.pauses.within(start, end)
        self.host.twist = lambda asked, answer: answer
        try:
            closed = self.closed.get(timeout=self.limit + 5) if self.taken else None
        finally:
            self.taken = False
        return seconds, result, closed

    def take(self, answer, raw):
        self.taken = True

        def send(connection, body):
            try:
                whole = raw(connection, body)
            except OSError:
                self.closed.put(True)
            else:  # after a whole answer the client may keep the connection
                self.closed.put(whole or is_closed(connection, 1.0))

        return Answer(body=answer.body, raw=send)

    def drip(self, form, position):
        def raw(connection, body):
            message = FORMS[form](body)
            connection.sendall(message[:position])
            return send_slowly(connection, message[position:], PAUSE, self.limit)

        return raw

    def endless(self, element):
        def raw(connection, body):
            start, repeated = ENDLESS[element]
            connection.sendall(start)
            return send_slowly(connection, repeated * 100_000, PAUSE, self.limit)

        return raw

    def close(self):
        self.client.close()
        self.host.close()


def cases(step):
    """Yield exchange, what drips, and the position or None for an endless one."""
    publisher = Publisher()
    publisher.publish({b"tel:+8613800138000": LABEL})
    sizes = {
        "metadata": len(publisher.metadata["timestamp.json"]),
        "evaluate": 96,
        "bucket": len(publisher.buckets[1].body(0)),
    }
    for exchange, form in product(EXCHANGES, FORMS):
        body = bytes(range(1, 251)) * (sizes[exchange] // 250 + 1)
        body = body[: sizes[exchange]]
        for position in positions(FORMS[form](body), body, 1)[::step]:
            yield exchange, form, position
    for exchange, element in product(EXCHANGES, ENDLESS):
        yield exchange, element, None


def work(kind, waiting, figures, lock, pauses, options):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(kind, folder, options.timeout, options.limit, pauses)
        while True:
            try:
                exchange, what, position = waiting.get_nowait()
            except queue.Empty:
                break
            raw = bench.endless(what) if position is None else bench.drip(what, position)
            seconds, result, closed = bench.measure(exchange, raw)
            with lock:
                seen = figures[kind, exchange, what]
                seen.calls += 1
                seen.longest = max(seen.longest, seconds)
                seen.late += seconds > options.timeout + ALLOWED
                in_time = seconds < options.timeout + ALLOWED
                if str(result.reason) != "unreachable" and not (result.status == "found" and in_time):
                    seen.wrong.append((position, str(result.status), str(result.reason)))
                seen.missed += closed is None
                seen.left_open += closed is False
        bench.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--step", type=int, default=1, help="try each STEPth byte")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=0.25, help="seconds of a call")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds after which the server gives up a drip")
    options = parser.parse_args()
    figures, lock, pauses = defaultdict(Figures), threading.Lock(), Pauses()
    for kind in CLIENTS:
        waiting = queue.Queue()
        for case in cases(options.step):
            waiting.put(case)
        with ThreadPoolExecutor(options.threads) as pool:
            done = [pool.submit(work, kind, waiting, figures, lock, pauses, options) for _ in range(options.threads)]
            for one in done:
                one.result()
    print(
        f"{'client':8}{'exchange':10}{'drips':18}{'calls':>6}{'longest s':>11}{'late':>6}{'wrong':>7}{'left open':>11}{'missed':>8}"
    )
    for (kind, exchange, what), seen in figures.items():
        print(
            f"{kind:8}{exchange:10}{what:18}{seen.calls:6}{seen.longest:11.3f}{seen.late:6}{len(seen.wrong):7}{seen.left_open:11}{seen.missed:8}"
            + (f"  {seen.wrong[0]}" if seen.wrong else "")
        )
    late = max(seen.longest for seen in figures.values()) - options.timeout
    calls = sum(seen.calls for seen in figures.values())
    count = sum(seen.late for seen in figures.values())
    print(
        f"{calls} calls, {count} of them more than {1000 * ALLOWED:.0f} ms late; the longest ended {1000 * late:.0f} ms after its deadline of {options.timeout} s"
    )
    failed = late > ALLOWED or any(seen.wrong or seen.left_open for seen in figures.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
