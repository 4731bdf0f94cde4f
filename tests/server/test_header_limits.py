"""The head of a request must arrive in time; an idle connection between requests stays open."""

import asyncio
import contextlib
import socket

import pytest
import uvicorn
from pilookup_server.process import header_limits
from pilookup_server.process.header_limits import BoundedHeaderProtocol
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

pytestmark = pytest.mark.anyio
WHOLE = b"GET / HTTP/1.1\r\nhost: t\r\n\r\n"
TIME = 0.3


async def index(_):
    return PlainTextResponse("here")


@pytest.fixture
async def port(monkeypatch):
    monkeypatch.setattr(header_limits, "HEAD_SECONDS", TIME)
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/", index)])
    config = uvicorn.Config(
        app, http=BoundedHeaderProtocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    with contextlib.closing(listener):
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize("begun", [b"", WHOLE[:-2], b"GET"])
async def test_a_connection_whose_head_does_not_end_is_closed(port, begun):
    async with connected(port) as (reader, writer):
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), 30) == b""


async def test_an_idle_connection_between_requests_has_no_time_limit(port):
    async with connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(WHOLE)
            answer = await asyncio.wait_for(reader.readuntil(b"here"), 30)
            assert answer.startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(2 * TIME)
        writer.write(WHOLE[:-2])
        assert await asyncio.wait_for(reader.read(), 30) == b""
