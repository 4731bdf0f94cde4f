"""Two serving machines in one process: one signs timestamps, the other one fetches them. Their clock is a fake one."""

import contextlib
import shutil

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
        self.app = None
        self.cut = None
        self.fetches = []
        self.answer = None

    async def handle_async_request(self, request):
        self.fetches.append(request)
        if self.cut is not None:
            raise self.cut
        if self.answer is not None:
            return self.answer(request)
        return await httpx2.ASGITransport(self.app, client=("192.0.2.9", 4711)).handle_async_request(request)


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
    transport = httpx2.ASGITransport(app, client=("192.0.2.7", 4711))
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://t") as http:
        yield Machine(home, app, http)


def follow_over(monkeypatch, wire):
    """Let machines that are made from now on fetch over `wire`."""

    def source(url, channel, token=None):
        return TimestampSource(url, channel, token, wire)

    monkeypatch.setattr(service, "TimestampSource", source)
