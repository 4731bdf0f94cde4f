"""Half load for a long time, with publishes, rotations, kills of workers and reconnects: memory, descriptors, answers.

    python -m tests.attacks.scripts.soak [--minutes 120] [--workers 3] [--clients 4]

Clients check numbers whose answers are known, at half the rate that they reach when nothing else happens, and connect
again all the time. Every 20 seconds a publish, every 90 a rotation that ends the former epoch, every 30 the death of a
worker other than the oldest. Prints what the oldest worker holds at the start and at the end, and what clients were
answered in the first and the last tenth. A wrong answer, or `unknown` other than while a worker dies, ends with 1.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import count
from pathlib import Path

from pilookup import Client
from pilookup.checking import trust
from tests.support.attacks.home import LISTED, ONLINE, Held
from tests.support.attacks.server import MANY, ROOMY
from tests.support.server.platform_keys import KEY, add_platform
from tests.support.server.serve_process import Process

NEW = (f"1371{n:07}" for n in count())
CALIBRATION_SECONDS = 10
KILL_MARGIN_SECONDS = 3
BATCH = 20


class Load:
    """Clients in threads. Each check is of one listed number and one other, or of a batch of both."""

    def __init__(self, url, held, folder, clients):
        self.results = Counter()
        self.gap = 0.0  # seconds that a client waits after each call
        self.killed_at = -1e9
        self._lock = threading.Lock()
        self._stop = threading.Event()
        places = [(url, channel, held.trust(channel), folder / f"state-{n}") for n, channel in
                  zip(range(clients), ["public", "platform"] * clients, strict=False)]  # fmt: skip
        self._threads = [threading.Thread(target=self._run, args=place, daemon=True) for place in places]
        for thread in self._threads:
            thread.start()

    def _run(self, url, channel, root, state):
        rng = random.Random(str(state))
        while not self._stop.is_set():
            token = KEY if channel == "platform" else None
            with Client(url, channel, trust=root, state_dir=state, token=token) as client:
                for _ in range(rng.randrange(5, 50)):
                    self._check(client, rng)
                    if self._stop.wait(self.gap * rng.uniform(0.5, 1.5)):
                        return

    def _check(self, client, rng):
        listed = rng.sample(LISTED, rng.choice([1, 1, 1, BATCH]))
        others = [f"139{rng.randrange(10**8):08}" for _ in listed]
        begun = time.monotonic()
        results = client.check_many([*listed, *others])
        expected = ["found"] * len(listed) + ["not_found"] * len(others)
        with self._lock:
            excused = begun - KILL_MARGIN_SECONDS < self.killed_at
            for wanted, result in zip(expected, results, strict=True):
                self.results[name_of(result, wanted, excused=excused)] += 1

    def take(self):
        with self._lock:
            taken, self.results = self.results, Counter()
        return taken

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def name_of(result, wanted, *, excused):
    if result.status == wanted:
        return "right"
    if result.status == "unknown":
        return f"{result.reason}{' while a worker died' if excused else ''}"
    return "WRONG"


def held_by(pid):
    """Resident memory in MiB, and descriptors, of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return f"{resident / 1024:.0f} MiB, {sum(1 for _ in Path(f'/proc/{pid}/fd').iterdir())} descriptors"


class Events:
    """Publishes, rotations and deaths, each when it is due."""

    def __init__(self, held, server, load):
        self.held, self.server, self.load = held, server, load
        self.oldest = server.children()[0]
        self.counts = Counter()
        self._acts = [(20, self.publish), (90, self.rotate), (30, self.kill)]
        self._due = [time.monotonic() + every for every, _ in self._acts]

    def tick(self):
        for n, (every, act) in enumerate(self._acts):
            if time.monotonic() >= self._due[n]:
                act()
                self.counts[act.__name__] += 1
                self._due[n] = time.monotonic() + every

    def publish(self):
        for channel in ("public", "platform"):
            self.held.publish_more(next(NEW), channel)

    def rotate(self):
        self.held.rotate(compromised=True)

    def kill(self):
        victims = [pid for pid in self.server.children() if pid != self.oldest]
        if victims:
            self.load.killed_at = time.monotonic()
            os.kill(random.choice(victims), signal.SIGKILL)


def half_load(load):
    """Measure how fast clients are without waiting, and let them wait as long as a call takes."""
    load.take()
    time.sleep(CALIBRATION_SECONDS)
    full = load.take().total() / CALIBRATION_SECONDS
    calls = full / (2 * (3 + BATCH) / 4) / len(load._threads)
    load.gap = 1 / calls
    print(f"full load: {full:.0f} numbers/s", flush=True)
    load.take()


def run(minutes, workers, clients, folder):
    trust.FRESH_SECONDS = 5
    held = Held.make(folder / "home")
    add_platform(held.path)
    settings = {"online_passphrase": ONLINE.decode(), "public_channel_quota": MANY} | ROOMY
    server = Process(held.path, folder / "log", "--workers", str(workers), **settings).wait()
    load = Load(server.url, held, folder, clients)
    total, tenths = Counter(), []
    try:
        time.sleep(3)
        half_load(load)
        events = Events(held, server, load)
        print(f"start: the oldest worker has {held_by(events.oldest)}", flush=True)
        for _ in range(10):
            until = time.monotonic() + minutes * 6
            while time.monotonic() < until:
                events.tick()
                time.sleep(0.2)
            tenths.append(load.take())
            total += tenths[-1]
            print(f"{dict(tenths[-1])}; {held_by(events.oldest)}", flush=True)
        print(f"end: the oldest worker has {held_by(events.oldest)}; {dict(events.counts)}")
    finally:
        load.stop()
        server.stop()
    for name, tenth in (("first", tenths[0]), ("last", tenths[-1])):
        print(f"{name} tenth: {tenth.total() / (minutes * 6):.0f} numbers/s, {dict(tenth)}")
    print(f"in all: {dict(total)}")
    return all(name == "right" or name.endswith("died") for name in total)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--clients", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not run(given.minutes, given.workers, given.clients, Path(folder)))


if __name__ == "__main__":
    main()
