"""Watching the repository: new releases, renewal of the timestamp, grace, expiry, and destroyed keys."""

import asyncio
import json
import os
from datetime import timedelta

import pytest
from pilookup_server.release.former_releases import MOST_FORMER
from prometheus_client import REGISTRY
from tuf.api.metadata import Metadata, Timestamp

from pilookup.errors import KeyringError
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, START, HeldKeys, Repository

pytestmark = pytest.mark.anyio
PUBLIC = "/v1/channels/public"


def stamp_of(repository):
    return Metadata[Timestamp].from_bytes((repository.metadata / "timestamp.json").read_bytes()).signed


async def test_a_new_release_is_loaded_and_the_former_served_in_its_grace(running, repository, clock):
    async with running(grace_seconds=300) as server:
        old = (await server.get(f"{PUBLIC}/snapshots/1/buckets/0")).content
        repository.publish({1: (2, LATER)})
        await server.public.tick()
        assert (await server.get(f"{PUBLIC}/snapshots/2/buckets/0")).status_code == 200
        assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/0")).content == old
        assert (await server.get(f"{PUBLIC}/metadata/1.targets.json")).status_code == 200
        clock.pass_(seconds=299)
        await server.public.tick()
        assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/0")).status_code == 200
        clock.pass_(seconds=2)
        await server.public.tick()
        problem(await server.get(f"{PUBLIC}/snapshots/1/buckets/0"), 410, "retired")
        problem(await server.get(f"{PUBLIC}/metadata/1.targets.json"), 404, "not-found")
        assert (await server.get(f"{PUBLIC}/snapshots/2/buckets/0")).status_code == 200


async def test_however_often_is_published_few_former_releases_are_kept(running, repository):
    async with running(grace_seconds=300) as server:
        for serial in range(2, MOST_FORMER + 4):
            repository.publish({1: (serial, LATER)})
            await server.public.tick()
        served = [
            serial
            for serial in range(1, MOST_FORMER + 4)
            if (await server.get(f"{PUBLIC}/snapshots/{serial}/buckets/0")).status_code == 200
        ]
        assert served == list(range(3, MOST_FORMER + 4))


@pytest.mark.parametrize("name", ["timestamp.json", "root.json", "1.targets.json"])
async def test_a_pipe_in_place_of_metadata_is_refused_and_stops_nothing(running, repository, name):
    (repository.metadata / name).unlink()
    os.mkfifo(repository.metadata / name)
    async with asyncio.timeout(60), running() as server:
        problem(await server.get(f"{PUBLIC}/metadata/root.json"), 503, "unavailable")
        assert (await server.get("/healthz")).status_code == 200


async def test_files_deleted_on_disk_are_served_until_their_grace_ends(running, repository, clock):
    async with running() as server:
        targets = json.loads((await server.get(f"{PUBLIC}/metadata/1.targets.json")).content)
        digest = targets["signed"]["targets"]["epochs/1/buckets.bin"]["hashes"]["sha256"]
        path = f"{PUBLIC}/targets/epochs/1/{digest}.buckets.bin"
        old = (await server.get(path)).content
        (repository.targets / "epochs" / "1" / f"{digest}.buckets.bin").unlink()
        repository.publish({1: (2, LATER)})
        await server.public.tick()
        assert (await server.get(path)).content == old


async def test_a_worker_loads_a_new_release_before_it_answers_not_found(running, repository):
    """A client has learned of the new release from another worker; this worker has not polled since."""
    async with running() as server:
        repository.publish({2: (2, LATER), 1: (3, LATER)})
        assert (await server.get(f"{PUBLIC}/snapshots/2/buckets/0")).status_code == 200
        repository.publish({3: (4, LATER), 2: (5, LATER)})
        assert (await server.evaluate(3)).status_code == 200
        repository.publish({3: (6, LATER)})
        stamp = Metadata[Timestamp].from_bytes((await server.get(f"{PUBLIC}/metadata/timestamp.json")).content)
        assert stamp.signed.version == stamp_of(repository).version


async def test_no_request_fails_while_releases_change(running, repository, clock):
    """Clients send requests for the newest manifest that they know, during twenty releases and one rotation."""
    until = START + timedelta(days=180)
    seen = {"epoch": 1, "serial": 1}
    failures, done = [], False

    async with running(public_quota="1000000/minute", public_reserve="", request_quota="1000000/minute") as server:

        async def client():
            count = 0
            while not done:
                epoch, serial = seen["epoch"], seen["serial"]
                answers = [
                    await server.evaluate(epoch),
                    await server.get(f"{PUBLIC}/snapshots/{serial}/buckets/1"),
                    await server.get(f"{PUBLIC}/metadata/timestamp.json"),
                    await server.get("/readyz"),
                ]
                failures.extend(answer.text for answer in answers if answer.status_code != 200)
                count += 1
                await asyncio.sleep(0)
            return count

        clients = [asyncio.create_task(client()) for _ in range(4)]
        for serial in range(2, 22):
            if serial < 12:
                repository.publish({1: (serial, until)})
            else:
                repository.publish({2: (2 * serial, until), 1: (2 * serial + 1, until)})
            await server.public.tick()
            seen.update(epoch=1 if serial < 12 else 2, serial=serial if serial < 12 else 2 * serial)
            clock.pass_(seconds=1)
            await asyncio.sleep(0.01)
        done = True
        counts = await asyncio.gather(*clients)
    assert failures == []
    assert min(counts) > 5


@pytest.mark.parametrize("damaged", ["buckets.bin", "tree.bin", "manifest.json", "exposure.base.fuse16"])
@pytest.mark.parametrize("how", ["flip", "cut", "missing"])
async def test_a_damaged_release_is_refused_and_the_old_one_serves_on(running, repository, damaged, how):
    def damage(files):
        data = files[damaged]
        if how == "missing":
            del files[damaged]
        else:
            files[damaged] = data[:-1] if how == "cut" else bytes([data[0] ^ 1]) + data[1:]

    async with running() as server:
        repository.publish({1: (2, LATER)}, damage=damage)
        await server.public.tick()
        assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/0")).status_code == 200
        problem(await server.get(f"{PUBLIC}/snapshots/2/buckets/0"), 410, "retired")
        assert (await server.get(f"{PUBLIC}/metadata/timestamp.json")).content != (
            repository.metadata / "timestamp.json"
        ).read_bytes()
        assert (await server.evaluate()).status_code == 200
        repository.publish({1: (3, LATER)})
        await server.public.tick()
        assert (await server.get(f"{PUBLIC}/snapshots/3/buckets/0")).status_code == 200


async def test_a_damaged_first_release_is_not_served_and_tried_again(running, repository, clock):
    stamp = repository.metadata / "timestamp.json"
    good = stamp.read_bytes()
    stamp.write_bytes(good[:-20])
    async with running() as server:
        problem(await server.get("/readyz"), 503, "unavailable")
        problem(await server.evaluate(), 503, "unavailable")
        (repository.targets / "epochs").rename(repository.targets / "away")
        stamp.write_bytes(good)
        await server.public.tick()
        (repository.targets / "away").rename(repository.targets / "epochs")
        await server.public.tick()
        problem(await server.get("/readyz"), 503, "unavailable")
        clock.pass_(seconds=31)
        await server.public.tick()
        assert (await server.get("/readyz")).status_code == 200


async def test_a_key_other_than_the_manifests_is_refused(running, repository, keys):
    from pilookup.protocol.oprf import SecretKey

    keys.scalars["public", 1] = SecretKey.generate()
    async with running() as server:
        problem(await server.get("/readyz"), 503, "unavailable")


async def test_a_release_signed_by_strangers_is_refused(running, repository, tmp_path):
    async with running() as server:
        stranger = Repository(tmp_path / "elsewhere", "public", HeldKeys())
        stranger.version = 5
        stranger.keys.scalars["public", 1] = repository.keys.scalars["public", 1]
        stranger.publish({1: (9, LATER)})
        for path in stranger.metadata.glob("6.*"):
            (repository.metadata / path.name).write_bytes(path.read_bytes())
        repository.swap("timestamp.json", (stranger.metadata / "timestamp.json").read_bytes())
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["serials"] == [1]


async def test_an_older_timestamp_is_refused(running, repository):
    old = (repository.metadata / "timestamp.json").read_bytes()
    repository.publish({1: (2, LATER)})
    async with running() as server:
        repository.swap("timestamp.json", old)
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["serials"] == [2]


async def test_the_timestamp_is_renewed_in_its_last_day(running, repository, clock):
    async with running() as server:
        before = stamp_of(repository)
        clock.pass_(hours=23)
        await server.public.tick()
        assert stamp_of(repository).version == before.version
        clock.pass_(hours=2)
        await server.public.tick()
        fresh = stamp_of(repository)
        assert fresh.version > before.version
        assert fresh.expires == clock.now + timedelta(hours=48)
        assert fresh.snapshot_meta.version == before.snapshot_meta.version
        served = (await server.get(f"{PUBLIC}/metadata/timestamp.json")).content
        assert served == (repository.metadata / "timestamp.json").read_bytes()
        assert (repository.metadata / "timestamp.json").stat().st_mode & 0o777 == 0o600


async def test_a_server_that_was_down_renews_as_it_starts(running, repository, clock):
    clock.pass_(days=5)
    async with running() as server:
        assert (await server.get("/readyz")).status_code == 200
        assert stamp_of(repository).expires == clock.now + timedelta(hours=48)


async def test_many_workers_renew_once(tmp_path, repository, keys, clock):
    from concurrent.futures import ThreadPoolExecutor

    from pilookup_server.release.timestamp import renew

    clock.pass_(hours=30)
    with ThreadPoolExecutor(8) as pool:
        work = [
            pool.submit(renew, repository.directory, "public", keys, timedelta(hours=24), clock.now) for _ in range(32)
        ]
    assert sum(one.result() for one in work) == 1


async def test_no_renewal_while_a_publish_holds_the_lock(running, repository, clock):
    import fcntl

    async with running() as server:
        before = stamp_of(repository).version
        clock.pass_(hours=30)
        with (repository.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            await server.public.tick()
            assert stamp_of(repository).version == before
        await server.public.tick()
        assert stamp_of(repository).version > before


async def test_what_custody_signed_is_never_renewed_and_expires(running, repository, clock):
    async with running() as server:
        clock.pass_(days=30, seconds=1)
        await server.public.tick()
        problem(await server.get("/readyz"), 503, "unavailable")
        problem(await server.evaluate(), 503, "unavailable")
        problem(await server.get(f"{PUBLIC}/metadata/timestamp.json"), 503, "unavailable")
        problem(await server.get(f"{PUBLIC}/snapshots/1/buckets/0"), 503, "unavailable")


async def test_an_expired_timestamp_is_not_served(running, repository, clock, keys):
    async with running() as server:
        clock.pass_(hours=48)
        problem(await server.get("/readyz"), 503, "unavailable")
        problem(await server.evaluate(), 503, "unavailable")


async def test_the_previous_epoch_is_served_until_its_end_and_its_key_is_destroyed(running, repository, clock, keys):
    repository.publish({2: (3, LATER), 1: (2, START + timedelta(hours=20))})
    async with running() as server:
        assert (await server.evaluate(1)).status_code == 200
        clock.pass_(hours=20)
        problem(await server.evaluate(1), 410, "retired")
        await server.public.tick()
        problem(await server.evaluate(1), 410, "retired")
        assert (await server.evaluate(2)).status_code == 200
        clock.pass_(minutes=59)
        await server.public.tick()
        assert keys.destroyed == [], "destroyed earlier than an hour after its end"
        clock.pass_(minutes=1)
        await server.public.tick()
        assert keys.destroyed == [("public", 1)]
        assert (await server.get("/readyz")).json()["channels"]["public"]["epochs"] == [2]


async def test_a_key_that_cannot_be_destroyed_is_tried_again_a_minute_later(
    running, repository, clock, keys, monkeypatch
):
    def refused(channel, epoch):
        raise KeyringError(f"{channel}-{epoch}: cannot be destroyed")

    repository.publish({2: (3, LATER), 1: (2, START + timedelta(hours=20))})
    async with running() as server:
        clock.pass_(hours=21)
        with monkeypatch.context() as patch:
            patch.setattr(keys, "destroy", refused)
            await server.public.tick()
        problem(await server.evaluate(1), 410, "retired")
        assert (await server.evaluate(2)).status_code == 200
        assert keys.destroyed == []
        clock.pass_(seconds=60)
        await server.public.tick()
        assert keys.destroyed == [("public", 1)]


async def test_keys_of_epochs_no_longer_listed_are_destroyed_and_newer_ones_kept(running, repository, keys, clock):
    from pilookup.protocol.oprf import SecretKey

    for epoch in (1, 2, 3, 5):
        keys.scalars["public", epoch] = SecretKey.generate()
    keys.scalars["platform", 1] = SecretKey.generate()
    repository.publish({4: (9, LATER), 3: (8, LATER)})
    async with running() as server:
        clock.pass_(minutes=59)
        await server.public.tick()
        assert keys.destroyed == [], "destroyed in the first hour after the start"
        clock.pass_(minutes=1)
        await server.public.tick()
        assert sorted(keys.scalars) == [("platform", 1), ("public", 3), ("public", 4), ("public", 5)]


async def test_the_newest_epoch_past_its_end_is_not_used_but_its_key_stays(running, repository, clock, keys):
    repository.publish({1: (2, START + timedelta(hours=1))})
    async with running() as server:
        clock.pass_(hours=2)
        await server.public.tick()
        problem(await server.evaluate(1), 410, "retired")
        problem(await server.get("/readyz"), 503, "unavailable")
        assert keys.destroyed == []


async def test_a_new_root_is_served(running, repository, clock):
    async with running() as server:
        repository.write_root(2, clock.now)
        answer = await server.get(f"{PUBLIC}/metadata/2.root.json")
        assert answer.status_code == 200
        assert (await server.get(f"{PUBLIC}/metadata/1.root.json")).status_code == 200


async def test_two_epochs_with_one_serial_are_refused(running, repository):
    async with running() as server:
        repository.publish({2: (2, LATER), 1: (2, LATER)})
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["serials"] == [1]


@pytest.mark.parametrize(("days", "due"), [(11, 0.0), (9, 1.0)])
async def test_a_publish_is_due_in_the_last_third_of_the_signatures_life(running, repository, days, due):
    repository.publish({1: (2, LATER)}, life=timedelta(days=days))
    async with running():
        assert REGISTRY.get_sample_value("pilookup_publish_due", {"channel": "public"}) == due
