"""A root that replaces the key of timestamps: the server signs with the new one, whatever the former one has signed."""

import pytest
from pilookup_server.release.timestamp import check_follows, newer_snapshot, renew, take_signed, take_up
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Timestamp

from pilookup.errors import TrustError
from tests.support.server.release_fixture import LATER, START, timedelta

pytestmark = pytest.mark.anyio
HIGH = 2**53 - 1


def stamp_of(repository):
    return Metadata[Timestamp].from_bytes((repository.metadata / "timestamp.json").read_bytes()).signed


def stolen(repository):
    """What a thief of the timestamp key leaves on the serving machine; returns its bytes."""
    stamp = stamp_of(repository)
    stamp.version = HIGH
    data = repository.sign(stamp)
    repository.swap("timestamp.json", data)
    return data


def replace(repository, now):
    """Carry a new timestamp key and the root that lists it to the serving machine; returns the former signer."""
    former = repository.signers["timestamp"][0]
    new = CryptoSigner.generate_ed25519()
    repository.signers["timestamp"] = [new]
    repository.keys.signing["public"] = [former._private_key, new._private_key]
    repository.write_root(2, now)
    return former


async def serials(server):
    return (await server.get("/readyz")).json()["channels"]["public"]["serials"]


async def test_a_release_under_a_new_key_is_taken_up_from_version_1_on(running, repository, clock):
    async with running() as server:
        stolen(repository)
        await server.public.tick()
        assert await serials(server) == [1]
        replace(repository, clock.now)
        repository.publish({1: (2, LATER)}, clock.now, stamp=False)
        await server.public.tick()
        assert await serials(server) == [2]
        assert stamp_of(repository).version == 1
        answer = await server.get("/v1/channels/public/metadata/timestamp.json")
        assert answer.content == (repository.metadata / "timestamp.json").read_bytes()
        assert (await server.get("/v1/channels/public/metadata/2.root.json")).status_code == 200
        clock.pass_(hours=30)
        await server.public.tick()
        assert stamp_of(repository).version == 2


async def test_a_server_that_starts_before_the_release_arrives_signs_with_the_new_key(running, repository, clock):
    replace(repository, clock.now)
    async with running() as server:
        assert await serials(server) == [1]
        assert stamp_of(repository).version == 1


def test_a_key_that_the_root_does_not_list_signs_nothing(repository, keys):
    former = replace(repository, START)
    keys.signing["public"] = [former._private_key]
    repository.publish({1: (2, LATER)}, stamp=False)
    with pytest.raises(TrustError, match="not one of the channel's root"):
        take_up(repository.directory, "public", keys, 2, START)
    with pytest.raises(TrustError):
        renew(repository.directory, "public", keys, timedelta(hours=48), START)


def test_the_timestamp_of_another_machine_is_taken_after_a_replacement(repository):
    """A machine that fetches: what it holds is of the former key, and of a version that nothing could follow."""
    held = stolen(repository)
    fresh = stamp_of(repository)
    fresh.version = 1
    with pytest.raises(TrustError, match="after version"):
        check_follows(repository.directory, repository.sign(fresh), held)
    replace(repository, START)
    data = repository.sign(fresh)
    check_follows(repository.directory, data, held)
    assert take_signed(repository.directory, data, START)
    assert stamp_of(repository).version == 1
    with pytest.raises(TrustError):
        take_signed(repository.directory, held, START)


def test_a_timestamp_of_the_former_key_names_no_release(repository):
    assert newer_snapshot(repository.directory) is None
    replace(repository, START)
    assert newer_snapshot(repository.directory) == repository.version
