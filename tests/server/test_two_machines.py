"""Two serving machines behind one name, with publishes, rotations and renewals, while clients with state ask both.

The clock is a fake one. `tests.attacks.scripts.two_machines` does the same with processes and the shipped client.
"""

import asyncio
import random
from datetime import timedelta

import pytest
from pilookup_server.release import followed_timestamp
from tuf.api.metadata import Metadata, Snapshot, Targets, Timestamp

from pilookup.protocol import oprf
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.messages import JSON, EvaluateRequest
from pilookup.protocol.release import served_epochs
from tests.support.server.release_fixture import HeldKeys
from tests.support.server.two_machines import Wire, copy_release, pair_of_machines, stage

pytestmark = pytest.mark.anyio
BASE = "/v1/channels/public"
CLIENTS = 3
STEPS = 12


@pytest.fixture
def wire():
    return Wire()


class Client:
    """Asks a machine at random for each request, and never accepts anything older than it has seen."""

    def __init__(self, machines, rng, seen):
        self.machines = machines
        self.rng = rng
        self.seen = seen  # shared by all clients, as a state directory is

    async def get(self, path):
        answer = await self.rng.choice(self.machines).client.get(f"{BASE}/{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content

    async def metadata(self, name, kind, before):
        """Metadata of a role, of a version not below `before`."""
        signed = Metadata[kind].from_bytes(await self.get(f"metadata/{name}")).signed
        assert signed.version >= before.get(kind, 0), f"rolled back: {name} {signed.version} after {before[kind]}"
        self.seen[kind] = max(self.seen.get(kind, 0), signed.version)
        return signed

    async def check(self):
        """A check as SPEC section 11 says: metadata, manifest, evaluation, bucket."""
        before = dict(self.seen)
        stamp = await self.metadata("timestamp.json", Timestamp, before)
        snapshot = await self.metadata(f"{stamp.snapshot_meta.version}.snapshot.json", Snapshot, before)
        targets = await self.metadata(f"{snapshot.meta['targets.json'].version}.targets.json", Targets, before)
        newest = served_epochs(targets.targets)[0]
        manifest = Manifest.from_bytes(await self.get(f"targets/{newest.path('manifest.json')}"))
        _, elements = oprf.blind([b"tel:+8613912345678"])
        content = EvaluateRequest(manifest.epoch, elements).to_json()
        evaluated = await self.rng.choice(self.machines).client.post(
            f"{BASE}/evaluate", content=content, headers={"content-type": JSON}
        )
        assert evaluated.status_code == 200, evaluated.text
        await self.get(f"snapshots/{manifest.serial}/buckets/{self.rng.randrange(4)}")
        return manifest.serial


class Load:
    """Clients that check all the time, except while they are paused: no check lasts for hours."""

    def __init__(self, machines, rng):
        self.client = Client(machines, rng, {})
        self.seen = self.client.seen
        self.done = []
        self._may_start, self._stopped, self._active = asyncio.Event(), False, 0
        self._changed = asyncio.Condition()
        self._may_start.set()

    async def run(self):
        while not self._stopped:
            await self._may_start.wait()
            self._active += 1
            self.done.append(await self.client.check())
            self._active -= 1
            async with self._changed:
                self._changed.notify_all()

    async def checks(self):
        """Let clients go on, and return after `CLIENTS` more checks."""
        self._may_start.set()
        enough = len(self.done) + CLIENTS
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.done) >= enough)

    async def pause(self):
        self._may_start.clear()
        async with self._changed:
            await self._changed.wait_for(lambda: self._active == 0)

    def stop(self):
        self._stopped = True
        self._may_start.set()


class Custody:
    """Publishes, and copies each release to the machine that fetches first, and to the one that signs last."""

    def __init__(self, repository, clock, keys, machines):
        self.repository = repository
        self.clock = clock
        self.keys = keys
        self.machines = machines
        self.epochs = {1: clock.now + timedelta(days=180)}
        self.serial = 1

    async def publish(self):
        listed = {}
        self.epochs = {epoch: until for epoch, until in self.epochs.items() if until > self.clock.now}
        for epoch in sorted(self.epochs):
            self.serial += 1
            listed[epoch] = self.serial, self.epochs[epoch]
        self.repository.publish(listed, self.clock.now, stamp=False)
        for machine, held in self.machines:
            for name, scalar in self.keys.scalars.items():
                if name[1] in self.epochs:
                    held.scalars.setdefault(name, scalar)
            copy_release(self.repository, machine.home)
            await asyncio.sleep(0)

    async def nothing(self):
        pass

    async def rotate(self):
        if len(self.epochs) == 1:
            (old,) = self.epochs
            self.epochs[old] = self.clock.now + timedelta(hours=72)
            self.epochs[old + 1] = self.clock.now + timedelta(days=180)
        await self.publish()


async def test_nothing_is_lost_or_rolled_back(tmp_path_factory, monkeypatch, repository, keys, clock, wire):
    monkeypatch.setattr(followed_timestamp, "PAUSE_SECONDS", 0.0)
    rng = random.Random(20)
    held, other = HeldKeys(dict(keys.scalars), keys.signing), HeldKeys(dict(keys.scalars), keys.signing)
    pair = pair_of_machines(tmp_path_factory.mktemp, monkeypatch, held, clock, wire)
    async with pair(repository, other) as (signing, following):
        stage(repository, tmp_path_factory.mktemp("custody"))
        custody = Custody(repository, clock, keys, [(following, other), (signing, held)])
        load = Load([signing, following], rng)
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(load.run())
            for step in range(STEPS):
                await (custody.rotate() if step % 5 == 0 else rng.choice([custody.publish, custody.nothing])())
                for machine in (signing, following):
                    await machine.watcher.tick()
                await load.checks()
                await load.pause()
                clock.pass_(hours=rng.choice([2, 13, 25]))
                for machine in rng.sample([signing, following], 2):
                    await machine.watcher.tick()
                await load.checks()
            load.stop()
        done, seen = load.done, load.seen
        assert set(done) >= {custody.serial}, "the newest release has arrived"
        served = sorted(epoch for epoch, until in custody.epochs.items() if until > clock.now)
        for machine, held_there in custody.machines:
            assert sorted(machine.watcher.state.loaded.evaluators) == served
            assert {epoch for _, epoch in held_there.scalars} >= set(served)
            assert not machine.watcher.refused
        assert following.watcher.timestamp_source == "current"
        assert held.destroyed == other.destroyed == [("public", 1)]
        assert len(seen) == 3
