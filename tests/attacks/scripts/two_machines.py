"""Two serving machines behind one name, while custody publishes and rotates, timestamps are renewed, and clients check.

    python -m tests.attacks.scripts.two_machines [--seconds 30] [--clients 4]

One server signs timestamps, the other one fetches them (`PILOOKUP_METADATA_FROM`). Bundles bring each release to both.
A proxy passes each request to one of them at random. Clients with state, some of which share a state directory,
refresh their metadata before every check. Then the machine that signs is killed, the other one takes over, and the
first returns and fetches. Prints the answers of each phase, and exits with 1 after an answer that must not be.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx2

from pilookup import Client
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.take_up import take_up
from pilookup.checking import trust
from pilookup.custody import Custody
from pilookup.protocol.names import PLATFORM, PUBLIC
from tests.support.attacks.home import CUSTODY, HIT, MISS, ONLINE, Held
from tests.support.attacks.server import MANY, ROOMY, Answer, Proxy
from tests.support.server.platform_keys import add_platform
from tests.support.server.serve_process import Process

NEW = (f"1371{n:07}" for n in count())


class OneName(Proxy):
    """Passes each request to one of several servers at random."""

    def __init__(self, urls):
        super().__init__(urls[0])
        self.use(urls)

    def use(self, urls):
        self.upstreams = [httpx2.Client(base_url=url, timeout=30) for url in urls]

    def pass_on(self, request):
        self.upstream = random.choice(self.upstreams)
        try:
            return super().pass_on(request)
        except httpx2.HTTPError:
            return Answer(502)


class Load:
    """Threads that check a listed number and one that is not, all the time."""

    def __init__(self, url, root, folder, clients):
        self.results = Counter()
        self.newest = None
        self._stop = threading.Event()
        shared = folder / "shared"
        states = [shared if n % 2 else folder / f"state-{n}" for n in range(clients)]
        self._threads = [threading.Thread(target=self._run, args=(url, root, state)) for state in states]
        for thread in self._threads:
            thread.start()

    def _run(self, url, root, state):
        with Client(url, trust=root, state_dir=state, timeout=20) as client:
            while not self._stop.is_set():
                for expected, result in zip(("found", "not_found"), client.check_many([HIT, MISS]), strict=True):
                    right = result.status in (expected, "unknown")
                    self.results[str(result.reason or result.status) if right else "WRONG"] += 1
                if (manifest := client.manifest) is not None:
                    self.newest = max(self.newest or 0, manifest.serial)

    def take(self):
        """The results since the last call."""
        taken, self.results = self.results, Counter()
        return taken

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def carry(held, *homes):
    """Carry a bundle to serving machines, in this order, as docs/operations/two-machines.md says."""
    bundle = held.path.parent / "bundle"
    bundle.unlink(missing_ok=True)
    with Custody.open(held.path, passphrase=CUSTODY) as custody:
        custody.export_bundle(bundle)
    for home in homes:
        take_up([bundle], home, Trusted.read([held.path]), datetime.now(UTC))


def serve(home, log, *options, **settings):
    given = {
        "online_passphrase": ONLINE.decode(),
        "poll_seconds": 0.2,
        "public_channel_quota": MANY,
    } | ROOMY
    # Timestamps of 48 hours are renewed when less than this is left: all the time.
    given |= {"renew_before_seconds": 48 * 3600 - 1, "metadata_token": add_platform(home)}
    return Process(home, log, *options, **(given | settings)).wait()


def publish_for(seconds, held, copies):
    """Publish every two seconds, and rotate once. Returns the last serial."""
    until = time.monotonic() + seconds
    for step in count():
        held.rotate() if step == 2 and rotated(held) == 1 else held.publish_more(next(NEW))
        carry(held, *copies)
        if time.monotonic() > until:
            break
        time.sleep(2)
    return held.manifest().serial


def rotated(held):
    return len(held.release().epochs)


def tell(phase, results, *, gap):
    bad = {reason for reason in results if reason not in ("found", "not_found")}
    if gap:
        bad -= {"unreachable", "server_error"}
    print(f"{phase}: {dict(results)}{'  MUST NOT BE' if bad else ''}", flush=True)
    return not bad


def wait_for(load, serial):
    until = time.monotonic() + 30
    while (load.newest or 0) < serial and time.monotonic() < until:
        time.sleep(0.1)
    print(f"newest serial published {serial}, seen by clients {load.newest}")
    return load.newest == serial


def run(seconds, clients, folder):
    trust.FRESH_SECONDS = 0
    held = Held.make(folder / "custody")
    first, second = folder / "first", folder / "second"
    carry(held, first, second)
    one = serve(first, folder / "first.log")
    two = serve(second, folder / "second.log", renew=0, metadata_from=one.url)
    name = OneName([one.url, two.url])
    load = Load(name.url, held.path / "trust-public.json", folder, clients)
    try:
        time.sleep(2)
        serial = publish_for(seconds, held, (second, first))
        good = [wait_for(load, serial), tell("publishes, a rotation, renewals", load.take(), gap=False)]
        name.use([two.url])
        one.stop(9)
        time.sleep(3)
        good.append(tell("the machine that signs is lost", load.take(), gap=True))
        two.stop()
        two = serve(second, folder / "second-again.log", "--take-over", "--port", str(two.port))
        time.sleep(2)
        good.append(tell("the other one takes over", load.take(), gap=True))
        one = serve(first, folder / "first-again.log", renew=0, metadata_from=two.url)
        name.use([one.url, two.url])
        serial = publish_for(seconds / 2, held, (first, second))
        good += [wait_for(load, serial), tell("the first one is back, and fetches", load.take(), gap=False)]
        good.append(tell_ready(one, two))
    finally:
        load.stop()
        name.close()
        one.stop()
        two.stop()
    good.append(tell_keys(held, first, second))
    return all(good)


def tell_ready(one, two):
    states = [httpx2.get(f"{server.url}/readyz").json()["channels"]["public"] for server in (one, two)]
    print(*states, sep="\n")
    return all(state["state"] == "ready" and not state["release_refused"] for state in states)


def tell_keys(held, *homes):
    """Whether each machine has the key of each epoch that the release lists."""
    names = {f"channel-{channel}-{e.epoch}" for channel in (PUBLIC, PLATFORM) for e in held.release(channel).epochs}
    missing = [str(home) for home in homes for name in names if not list((home / "online").glob(f"keys*/{name}.key"))]
    print(f"keys missing: {missing}")
    return not missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--clients", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not run(given.seconds, given.clients, Path(folder)))


if __name__ == "__main__":
    main()
