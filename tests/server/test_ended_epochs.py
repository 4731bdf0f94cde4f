"""A fault in a former epoch drops that epoch alone; a key that was destroyed is never used again."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from pilookup.errors import FormatError
from pilookup.protocol.oprf import SecretKey
from pilookup.release_files.destroyed_epochs import DESTROYED, DestroyedEpochs
from pilookup.release_files.serving_state import REFUSED, read_refused
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, START

pytestmark = pytest.mark.anyio
END = START + timedelta(hours=20)


async def served(server):
    return (await server.get("/readyz")).json()["channels"]["public"]["epochs"]


def damage(repository, epoch, name, how):
    """Alter or remove the file on disk."""
    [path] = (repository.targets / "epochs" / str(epoch)).glob(f"*.{name}")
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", ["buckets.bin", "tree.bin", "manifest.json", "exposure.base.fuse16"])
@pytest.mark.parametrize("how", ["missing", "cut"])
async def test_a_damaged_file_of_the_former_epoch_drops_that_epoch_alone(
    running, tmp_path, repository, clock, name, how
):
    (repository.targets / "epochs" / "1").rename(tmp_path / "away")
    repository.publish({2: (3, LATER), 1: (2, END)})
    damage(repository, 1, name, how)
    async with running() as server:
        assert await served(server) == [2]
        assert (await server.evaluate(2)).status_code == 200
        problem(await server.evaluate(1), 410, "retired")
        assert REGISTRY.get_sample_value("pilookup_epochs_dropped", {"channel": "public"}) == 1


async def test_a_dropped_epoch_is_served_again_once_it_is_whole(running, repository, clock, keys):
    repository.publish({2: (3, LATER), 1: (2, END)})
    key = keys.scalars.pop(("public", 1))
    async with running() as server:
        assert await served(server) == [2]
        keys.scalars["public", 1] = key
        clock.pass_(minutes=10)
        await server.public.tick()
        assert await served(server) == [1, 2]
        assert REGISTRY.get_sample_value("pilookup_epochs_dropped", {"channel": "public"}) == 0


async def test_another_key_of_the_former_epoch_drops_that_epoch_alone(running, repository, keys):
    repository.publish({2: (3, LATER), 1: (2, END)})
    keys.scalars["public", 1] = SecretKey.generate()
    async with running() as server:
        assert await served(server) == [2]


async def test_a_destroyed_key_that_comes_back_is_refused_and_destroyed(running, repository, clock, keys):
    repository.publish({2: (3, LATER), 1: (2, END)})
    key = keys.scalars["public", 1]
    async with running() as server:
        clock.pass_(hours=21)
        await server.public.tick()
        assert keys.destroyed == [("public", 1)]
        keys.scalars["public", 1] = key
        clock.pass_(minutes=1)
        await server.public.tick()
        assert keys.destroyed == [("public", 1)] * 2
        keys.scalars["public", 1] = key
        # An older copy of the channel's directory, by a clock that agrees with it.
        clock.step(hours=-21)
        repository.publish({2: (5, LATER), 1: (4, END)})
    async with running() as server:
        assert await served(server) == [2]
        clock.pass_(hours=1)
        await server.public.tick()
        assert keys.destroyed == [("public", 1)] * 3


async def test_a_destroyed_epoch_as_the_newest_is_refused(running, repository):
    DestroyedEpochs(repository.directory).add([1])
    async with running() as server:
        problem(await server.get("/readyz"), 503, "unavailable")
        assert "its key was destroyed on this machine" in read_refused(repository.directory).reason


async def test_an_epoch_is_entered_before_its_key_is_destroyed(running, repository, clock, keys, monkeypatch):
    def killed(*_):
        assert DestroyedEpochs(repository.directory).read() == {1}
        raise OSError("stopped")

    repository.publish({2: (3, LATER)})
    async with running() as server:
        monkeypatch.setattr(keys, "destroy", killed)
        clock.pass_(hours=1)
        await server.public.tick()
        monkeypatch.undo()
        clock.pass_(minutes=1)
        await server.public.tick()
    assert keys.destroyed == [("public", 1)]


def test_the_list_grows_and_survives(tmp_path):
    listed = DestroyedEpochs(tmp_path)
    assert listed.read() == frozenset()
    listed.add([3, 1])
    listed.add([2])
    assert DestroyedEpochs(tmp_path).read() == {1, 2, 3}
    assert (tmp_path / DESTROYED).read_bytes() == b'{"version":1,"epochs":[1,2,3]}'
    assert (tmp_path / DESTROYED).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"version":1,"epochs":[0]}', b'{"version":1,"epochs":"1"}', b'{"version":2,"epochs":[]}']
)
async def test_a_damaged_list_is_refused_and_the_remedy_is_named(running, repository, tmp_path, data):
    (repository.directory / DESTROYED).write_bytes(data)
    with pytest.raises(FormatError, match=r"destroyed\.json: .*; restore it, or delete it"):
        DestroyedEpochs(repository.directory).read()
    async with running() as server:
        problem(await server.get("/readyz"), 503, "unavailable")


async def test_a_refused_release_is_told_until_another_one_is_served(running, repository):
    async with running() as server:
        assert read_refused(repository.directory) is None

        def cut(files):
            files["buckets.bin"] = files["buckets.bin"][:-1]

        repository.publish({1: (2, LATER)}, damage=cut)
        await server.public.tick()
        answer = await server.get("/readyz")
        assert answer.status_code == 200, "the former release is served on"
        assert answer.json()["channels"]["public"]["release_refused"] is True
        assert REGISTRY.get_sample_value("pilookup_release_refused", {"channel": "public"}) == 1
        assert "buckets.bin" in read_refused(repository.directory).reason
        repository.publish({1: (3, LATER)})
        assert read_refused(repository.directory) is None, "another release is on disk"
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["release_refused"] is False
        assert REGISTRY.get_sample_value("pilookup_release_refused", {"channel": "public"}) == 0
        assert not (repository.directory / REFUSED).exists()
