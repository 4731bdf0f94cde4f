"""What citizens behind a carrier's address are left with by a neighbour who asks for all it can get.

    python -m tests.attacks.scripts.neighbours [--citizens 3000] [--requests 4] [--only "single checks"]

A day is simulated: the quota is the real one on a fake clock, the work is counted and not done. Citizens come evenly over
the day. Each makes one check (two elements: a number and a canary) and solves what is asked for with an old telephone.
Whoever is refused waits as many whole minutes as the page says, begins again, and gives up after half an hour. The
neighbour has a fast desktop computer and sends up to four requests a second (`--requests`), also while it is refused. The
four neighbours:

    batches          the largest requests that are taken, from the citizens' address
    single checks    requests of one element, from the citizens' address
    a /48            the largest requests that need no work, and with work where there is nothing without, from every
                     /64 in turn; each citizen has a /64 in it
    100 addresses    single checks from a hundred addresses in other networks, one of which is the citizens'

`before` are the rules before ADR 0020: a soft quota for requests of any size, work of 20,000 hashes and 500 an element,
and no limit but those of the address.
"""

import argparse
import asyncio
import heapq
import random
import statistics
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import cycle
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from pilookup_server.count_keeper import counts_of_one_process
from pilookup_server.limits import proof_of_work
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.limits.public_quota import PublicQuota, PublicWindows
from pilookup_server.problems import ProblemError
from pilookup_server.settings import read_settings

from pilookup.protocol.problems import Problem
from tests.support.server.stepped import Stepped

DAY = 86_400
PHONE, DESKTOP = 50_000, 100_000_000
"""SHA-256 hashes a second: an old telephone in the page, and a desktop computer on all its cores."""

PATIENCE = 1_800
NEIGHBOURS = ("none", "batches", "single checks", "a /48", "100 addresses")
CARRIER = "198.51.100.7"


class Challenges:
    """Counts the work of a challenge instead of making one; its answer is always right."""

    def __init__(self) -> None:
        self._order = random.Random(2)

    def challenge(self, elements: int, used: float) -> dict[str, int]:
        return {"elements": elements, "work": self._order.randrange(proof_of_work.max_work(elements, used))}

    def check(self, header: str, _: int) -> str:
        return header

    async def mark_used(self, *_: object) -> bool:
        return True


class After:
    """The rules of this version."""

    def __init__(self, folder: Path, clock: Stepped) -> None:
        settings = read_settings(home=folder)
        counts = counts_of_one_process(settings, clock)
        windows, batch = PublicWindows.from_settings(settings), settings.public_batch
        work = Challenges()
        self.quota = PublicQuota(windows, batch, counts.counters, counts.ledger, work, work)  # type: ignore[arg-type]
        self.largest = batch

    async def ask(self, address: str, elements: int, proof: bool) -> None:
        networks = ClientAddresses(()).networks({"client": (address, 1)})
        await self.quota.admit(networks, 1, elements, "proof" if proof else None)


class FormerWindow:
    """A sliding window: the counts of fixed periods, of which the one before counts less and less."""

    def __init__(self, clock: Stepped, limit: int, seconds: int) -> None:
        self.clock, self.limit, self.seconds = clock, limit, seconds
        self.counts: dict[tuple[str, int], int] = {}

    def _state(self, key: str) -> tuple[int, int, float]:
        number, left = int(self.clock.now // self.seconds), 1 - self.clock.now / self.seconds % 1
        return self.counts.get((key, number - 1), 0), self.counts.get((key, number), 0), left

    def fits(self, key: str, elements: int) -> bool:
        before, count, left = self._state(key)
        return int(before * left) + count + elements <= self.limit

    def add(self, key: str, elements: int) -> None:
        number = int(self.clock.now // self.seconds)
        self.counts[key, number] = self.counts.get((key, number), 0) + elements

    def wait(self, key: str, elements: int) -> float:
        before, count, left = self._state(key)
        room = self.limit - elements
        if count <= room:
            return max(0.0, left * self.seconds - (room - count + 1) * self.seconds / before) if before else 0.0
        return left * self.seconds + self.seconds * (1 - (room + 1) / count)


class Before:
    """The rules before ADR 0020."""

    largest = 1000

    def __init__(self, _: Path, clock: Stepped) -> None:
        self.soft = [FormerWindow(clock, 300, 60), FormerWindow(clock, 2_000, DAY)]
        self.hard = [FormerWindow(clock, 3_000, 60), FormerWindow(clock, 30_000, DAY)]
        self.order = random.Random(2)

    async def ask(self, address: str, elements: int, proof: bool) -> None:
        key = ClientAddresses(()).networks({"client": (address, 1)})[0].key
        if not proof and not self._take(self.soft, key, elements):
            challenge = {"elements": elements, "work": self.order.randrange(20_000 + 500 * elements)}
            raise ProblemError(Problem.PROOF_NEEDED, None, None, {"challenge": challenge})
        if not self._take(self.hard, key, elements):
            wait = max(window.wait(key, elements) for window in self.hard)
            raise ProblemError(Problem.RATE_LIMITED, None, {"retry-after": str(int(wait) + 1)})

    def _take(self, windows: list[FormerWindow], key: str, elements: int) -> bool:
        """Count in each window, shortest first, up to one that is full."""
        for window in windows:
            if not window.fits(key, elements):
                return False
            window.add(key, elements)
        return True


class Day:
    """One simulated day of one neighbour under one set of rules."""

    def __init__(self, rules: type[Before] | type[After], folder: Path, requests_a_second: int) -> None:
        self.step = 1 / requests_a_second
        (folder / "online").mkdir()
        self.clock = Stepped(10 * DAY)
        self.rules = rules(folder, self.clock)
        self.got = 0
        self.waits: list[float] = []
        self.lost = 0

    async def run(self, citizens: int, neighbour: str) -> None:
        events: list[tuple[float, int, str, float, bool]] = []
        start, order = self.clock.now, random.Random(1)
        times = sorted(start + order.uniform(0, DAY) for _ in range(citizens))
        for n, at in enumerate(times):
            heapq.heappush(events, (at, n, _citizen(n, neighbour), at, False))
        sources = _sources(neighbour)
        if neighbour != "none":
            heapq.heappush(events, (start, -1, next(sources), start, False))
        while events:
            at, n, address, since, proof = heapq.heappop(events)
            self.clock.now = at
            if n >= 0:
                again = await self._citizen(address, at, since, proof)
            elif at < start + DAY:
                again = await self._neighbour(neighbour, sources, address, at, proof)
            else:
                continue
            if again is not None:
                heapq.heappush(events, (again[0], n, again[1], since, again[2]))

    async def _citizen(self, address: str, at: float, since: float, proof: bool) -> tuple[float, str, bool] | None:
        try:
            await self.rules.ask(address, 2, proof)
        except ProblemError as refusal:
            if refusal.problem is Problem.PROOF_NEEDED:
                return at + refusal.members["challenge"]["work"] / PHONE, address, True
            again = at + 60 * ceil(int(refusal.headers["retry-after"]) / 60)
            if again - since <= PATIENCE:
                return again, address, False
            self.lost += 1
            return None
        self.waits.append(at - since)
        return None

    async def _neighbour(
        self, kind: str, sources: Iterator[str], address: str, at: float, proof: bool
    ) -> tuple[float, str, bool]:
        elements = self._elements(kind, proof)
        try:
            await self.rules.ask(address, elements, proof)
        except ProblemError as refusal:
            if refusal.problem is Problem.PROOF_NEEDED:
                return at + max(self.step, refusal.members["challenge"]["work"] / DESKTOP), address, True
            # What it asks before the last second of Retry-After is refused, so that is left out.
            wait = 0 if kind in ("a /48", "100 addresses") else int(refusal.headers["retry-after"]) - 1
            return at + max(self.step, wait), next(sources), False
        self.got += elements
        return at + self.step, next(sources), False

    def _elements(self, kind: str, proof: bool) -> int:
        if kind == "batches":
            return self.rules.largest
        if kind == "a /48":  # as much as is free
            return 300 if isinstance(self.rules, Before) else 2
        return 1


def _citizen(n: int, neighbour: str) -> str:
    return str(ip_address("2001:db8::") + ((n * 7919 % 65_536) << 64)) if neighbour == "a /48" else CARRIER


def _sources(neighbour: str) -> Iterator[str]:
    if neighbour == "a /48":
        return cycle([str(ip_address("2001:db8::") + (n << 64)) for n in range(65_536)])
    if neighbour == "100 addresses":
        return cycle([CARRIER, *(f"203.{n}.113.9" for n in range(99))])
    return cycle([CARRIER])


def main() -> None:
    """Print a line for each neighbour and each set of rules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--citizens", type=int, default=3000, help="citizens a day behind the address")
    parser.add_argument("--only", help="one neighbour, such as 'a /48'")
    parser.add_argument("--requests", type=int, default=4, help="requests a second of the neighbour")
    given = parser.parse_args()
    citizens = given.citizens
    print(f"{'neighbour':<15} {'rules':<7} {'citizens served':>16} {'median s':>9} {'95th s':>8} {'numbers got':>12}")
    for neighbour in [given.only] if given.only else NEIGHBOURS:
        for name, rules in (("before", Before), ("after", After)):
            with TemporaryDirectory() as folder:
                day = Day(rules, Path(folder), given.requests)
                asyncio.run(day.run(citizens, neighbour))
            waits = sorted(day.waits) or [float("nan")]
            late = waits[int(len(waits) * 0.95) - 1]
            served = f"{len(day.waits)} of {citizens}"
            print(
                f"{neighbour:<15} {name:<7} {served:>16} {statistics.median(waits):>9.1f} {late:>8.1f} {day.got:>12,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
