"""Only the online half signs timestamps: the server takes up what custody has signed, once all of it is there."""

from datetime import timedelta

import pytest
from pilookup_server.release.timestamp import newer_snapshot, take_over, take_up
from tuf.api.metadata import Metadata, Timestamp

from pilookup.errors import TrustError
from pilookup.release_files.serving_state import read_refused
from tests.support.server.release_fixture import LATER, START, HeldKeys, Repository

pytestmark = pytest.mark.anyio
PUBLIC = "/v1/channels/public"


def stamp_of(repository):
    return Metadata[Timestamp].from_bytes((repository.metadata / "timestamp.json").read_bytes()).signed


async def readiness(server):
    return (await server.get("/readyz")).json()["channels"]["public"]


async def test_what_custody_signed_is_taken_up_with_the_next_version(running, repository, clock):
    async with running() as server:
        before = stamp_of(repository).version
        clock.pass_(hours=3)
        repository.publish({2: (3, LATER), 1: (2, LATER)}, clock.now, stamp=False)
        assert newer_snapshot(repository.directory) == 2
        await server.public.tick()
        assert (await readiness(server))["serials"] == [2, 3]
        fresh = stamp_of(repository)
        assert (fresh.version, fresh.snapshot_meta.version) == (before + 1, 2)
        assert fresh.expires == clock.now + timedelta(hours=48)
        assert newer_snapshot(repository.directory) is None
        await server.public.tick()
        assert stamp_of(repository) == fresh


async def test_the_first_release_needs_no_timestamp_of_custody(running, repository):
    (repository.metadata / "timestamp.json").unlink()
    async with running() as server:
        assert (await readiness(server))["serials"] == [1]
        assert stamp_of(repository).version == 1


@pytest.mark.parametrize("name", ["buckets.bin", "manifest.json", "exposure.base.fuse16"])
async def test_a_release_is_not_taken_up_before_all_its_files_are_there(running, repository, clock, name):
    """A copy that is going on, or that failed. What is on disk stays one that another server can start from."""
    late = {}

    def leave_out(files):
        late[name] = files.pop(name)

    async with running() as server:
        before = stamp_of(repository)
        repository.publish({1: (2, LATER)}, damage=leave_out, stamp=False)
        await server.public.tick()
        assert stamp_of(repository) == before
        state = await readiness(server)
        assert (state["serials"], state["release_refused"]) == ([1], True)
        assert read_refused(repository.directory) is not None
        await server.public.tick()
        repository.publish({1: (2, LATER)}, stamp=False)
        clock.pass_(seconds=31)
        await server.public.tick()
        state = await readiness(server)
        assert (state["serials"], state["release_refused"]) == ([2], False)
        assert read_refused(repository.directory) is None


async def test_snapshot_metadata_of_strangers_is_not_taken_up(running, repository, tmp_path):
    stranger = Repository(tmp_path / "elsewhere", "public", HeldKeys())
    stranger.version = 5
    stranger.keys.scalars["public", 1] = repository.keys.scalars["public", 1]
    stranger.publish({1: (9, LATER)})
    async with running() as server:
        before = stamp_of(repository)
        for path in stranger.metadata.glob("6.*"):
            (repository.metadata / path.name).write_bytes(path.read_bytes())
        await server.public.tick()
        assert (await readiness(server))["serials"] == [1]
        assert stamp_of(repository) == before


def test_older_targets_metadata_are_not_taken_up(repository, keys):
    first = (repository.metadata / "1.targets.json").read_bytes()
    repository.publish({1: (2, LATER)})
    repository.version = 0
    (repository.metadata / "2.snapshot.json").rename(repository.metadata / "kept")
    repository.publish({1: (3, LATER)}, stamp=False)
    snapshot = Metadata.from_bytes((repository.metadata / "1.snapshot.json").read_bytes()).signed
    snapshot.version = 3
    (repository.metadata / "3.snapshot.json").write_bytes(repository.sign(snapshot))
    (repository.metadata / "kept").rename(repository.metadata / "2.snapshot.json")
    assert first != (repository.metadata / "1.targets.json").read_bytes()
    with pytest.raises(TrustError, match="targets metadata of version 1, after version 2"):
        take_up(repository.directory, "public", keys, 3, START)


async def test_a_machine_that_does_not_renew_signs_nothing(running, repository, clock):
    async with running(renew=False) as server:
        before = stamp_of(repository)
        repository.publish({1: (2, LATER)}, stamp=False)
        clock.pass_(hours=30)
        await server.public.tick()
        assert stamp_of(repository) == before


@pytest.mark.parametrize("published", [True, False])
def test_taking_over_signs_above_what_another_machine_signed(repository, keys, published):
    later = START + timedelta(days=1)
    repository.publish({1: (2, LATER)}, stamp=published)
    take_over(repository.directory, "public", keys, later)
    stamp = stamp_of(repository)
    assert (stamp.version, stamp.snapshot_meta.version) == (int(later.timestamp()), 2)
    take_over(repository.directory, "public", keys, START)
    assert stamp_of(repository).version == int(later.timestamp()) + 1


async def test_many_workers_take_up_once(repository, keys):
    from concurrent.futures import ThreadPoolExecutor

    repository.publish({1: (2, LATER)}, stamp=False)
    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(take_up, repository.directory, "public", keys, 2, START) for _ in range(32)]
    assert sum(one.result() for one in work) == 1
    assert stamp_of(repository).version == 2


@pytest.mark.parametrize("arrived", ["by bundles", "on the custody machine", "another way"])
async def test_files_of_a_former_release_are_deleted_once_nobody_reads_them(running, repository, clock, arrived):
    """On a machine that imports bundles. Elsewhere, somebody else deletes them."""
    home = repository.directory.parents[2]
    if arrived != "another way":
        (home / "online" / "bundle-taken-up").touch()
    if arrived == "on the custody machine":
        (home / "custody").mkdir()

    def present():
        return {path for folder in (repository.targets, repository.metadata) for path in folder.rglob("*.*")}

    async with running(grace_seconds=300) as server:
        former = {path for path in present() if path.name.endswith("buckets.bin")}
        clock.pass_(hours=1)
        repository.publish({1: (2, LATER)}, clock.now, stamp=False)
        await server.public.tick()
        assert (await readiness(server))["serials"] == [2]
        clock.pass_(seconds=299)
        await server.public.tick()
        assert former < present()
        clock.pass_(seconds=2)
        await server.public.tick()
        assert former.isdisjoint(present()) == (arrived == "by bundles")
        assert (await server.get(f"{PUBLIC}/snapshots/2/buckets/0")).status_code == 200
        assert (repository.metadata / "1.root.json").exists()
        assert newer_snapshot(repository.directory) is None
