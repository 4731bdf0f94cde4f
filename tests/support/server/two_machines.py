"""Two serving machines in one process: one signs timestamps, the other one fetches them. Their clock is a fake one."""

import contextlib
import itertools
import shutil
from ipaddress import IPv4Address

import httpx2
from pilookup_server import service
from pilookup_server.app import create_app
from pilookup_server.release.timestamp_source import TimestampSource
from pilookup_server.settings import read_settings

from tests.support.server.release_fixture import Repository

SIGNING = "https://signing.example"
PATH = "/v1/channels/public/metadata/timestamp.json"


class Wire(httpx2.AsyncBaseTransport):
    """Carries requests to the app of the signing machine, unless it is cut."""

    def __init__(self):
        self.callers = None
        self.cut = None
        self.fetches = []
        self.answer = None

    async def handle_async_request(self, request):
        self.fetches.append(request)
        if self.cut is not None:
            raise self.cut
        if self.answer is not None:
            return self.answer(request)
        return await self.callers.handle_async_request(request)


class ManyCallers(httpx2.AsyncBaseTransport):
    """Calls an app, each time from another address, so that no quota counts."""

    def __init__(self, app):
        self.app = app
        self.addresses = itertools.count(int(IPv4Address("10.0.0.1")))

    async def handle_async_request(self, request):
        client = str(IPv4Address(next(self.addresses))), 4711
        return await httpx2.ASGITransport(self.app, client=client).handle_async_request(request)


class Machine:
    """A serving machine with a HOME of its own."""

    def __init__(self, home, app, client):
        self.home = home
        self.app = app
        self.client = client

    @property
    def watcher(self):
        return self.app.state.service.watchers["public"]

    @property
    def metadata(self):
        return self.home / "online" / "channels" / "public" / "metadata"

    def stamp(self):
        return (self.metadata / "timestamp.json").read_bytes()

    async def served(self):
        """The timestamp that a client gets."""
        answer = await self.client.get(PATH)
        assert answer.status_code == 200
        return answer.content

    async def readiness(self):
        return (await self.client.get("/readyz")).json()["channels"]["public"]


def copy_release(repository: Repository, home, *, but=()):
    """Copy what custody copies: all but timestamp.json, the snapshot metadata last."""
    target = home / "online" / "channels" / repository.channel
    for path in sorted(repository.directory.rglob("*"), key=lambda path: path.name.endswith("snapshot.json")):
        if path.is_file() and path.name not in ("timestamp.json", "lock", "refused.json", *but):
            to = target / path.relative_to(repository.directory)
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists() or to.read_bytes() != path.read_bytes():
                shutil.copy2(path, to)


@contextlib.asynccontextmanager
async def machine(home, scratch, keys, clock, **given):
    settings = read_settings(home=home, channels="public", **({"poll_seconds": 3600} | given))
    app = create_app(settings, keys, scratch, clock, clock.elapsed, clock.boot)
    transport = ManyCallers(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://t") as http:
        yield Machine(home, app, http)


def stage(repository: Repository, folder):
    """Move what the fixture publishes to a directory of custody's own; return HOME of the signing machine."""
    home = repository.directory.parents[2]
    shutil.copytree(home, folder, dirs_exist_ok=True)
    repository.directory = folder / "online" / "channels" / repository.channel
    repository.metadata, repository.targets = repository.directory / "metadata", repository.directory / "targets"
    return home


def follow_over(monkeypatch, wire):
    """Let machines that are made from now on fetch over `wire`."""

    def source(url, channel, token=None):
        return TimestampSource(url, channel, token, wire)

    monkeypatch.setattr(service, "TimestampSource", source)


def pair_of_machines(mktemp, monkeypatch, keys, clock, wire):
    """`async with pair(repository) as (signing, following):`, both started with the same release and keys."""

    @contextlib.asynccontextmanager
    async def run(repository, following_keys=keys, **given):
        follow_over(monkeypatch, wire)
        other = mktemp("following")
        copy_release(repository, other)
        async with machine(repository.directory.parents[2], mktemp("scratch"), keys, clock) as signing:
            wire.callers = ManyCallers(signing.app)
            options = {"renew": False, "metadata_from": SIGNING} | given
            async with machine(other, mktemp("scratch"), following_keys, clock, **options) as following:
                yield signing, following

    return run
