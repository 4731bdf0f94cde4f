import contextlib
from dataclasses import dataclass

import httpx2
import pytest
from pilookup_server.app import create_app
from pilookup_server.settings import Settings, read_settings

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.support.server.release_fixture import LATER, Clock, HeldKeys, Repository
from tests.support.server.serve_process import Home, launched


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for field in Settings.model_fields:
        monkeypatch.delenv(f"PILOOKUP_{field.upper()}", raising=False)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys():
    return HeldKeys()


@pytest.fixture
def repository(tmp_path, keys):
    """The public channel with epoch 1 at serial 1."""
    repository = Repository(tmp_path, "public", keys)
    repository.publish({1: (1, LATER)})
    return repository


@pytest.fixture
def home(tmp_path):
    """A HOME with only its online half, whose public channel has epoch 1 at serial 1."""
    return Home.published(tmp_path / "home")


@pytest.fixture
def launch(home, tmp_path):
    """Start servers on `home` as processes of their own: `launch(*options, **settings)`."""
    with launched(home, tmp_path) as start:
        yield start


@dataclass
class Running:
    """An app whose lifespan has started, and a client that calls it by ASGI."""

    app: object
    client: httpx2.AsyncClient

    @property
    def public(self):
        return self.app.state.service.watchers["public"]

    async def get(self, path, **more):
        return await self.client.get(path, **more)

    async def evaluate(self, epoch=1, count=1, channel="public", **more):
        _, elements = oprf.blind([f"tel:+86139{n:08}".encode() for n in range(count)])
        body = EvaluateRequest(epoch, elements).to_json()
        headers = {"content-type": JSON} | more.pop("headers", {})
        path = f"/v1/channels/{channel}/evaluate"
        return await self.client.post(path, content=body, headers=headers, **more)


@pytest.fixture
def running(tmp_path, tmp_path_factory, keys, clock):
    """Start an app: `async with running(setting=...) as server:`."""

    @contextlib.asynccontextmanager
    async def run(client=("192.0.2.7", 4711), counts=None, **given):
        settings = read_settings(home=tmp_path, **({"poll_seconds": 3600} | given))
        scratch = tmp_path_factory.mktemp("scratch")
        app = create_app(settings, keys, scratch, clock, clock.elapsed, clock.boot, counts)
        transport = httpx2.ASGITransport(app, client=client, raise_app_exceptions=True)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://t") as http,
        ):
            yield Running(app, http)

    return run
