"""Receives notices of new releases, and brings the mirror up to date.

uvicorn notice_receiver:app_from_environment --factory
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

from pilookup import Mirror, MirrorError

MOST_BYTES = 1 << 20
RETRY_SECONDS = 30.0

Sync = Callable[[int], Awaitable[None]]
"""Brings the mirror to a serial or a later one; raises MirrorError if that is not possible yet."""


class Follower:
    """Syncs to the newest serial that it was told of. What arrives meanwhile replaces what waits: newest wins."""

    def __init__(self, sync: Sync, retry_seconds: float = RETRY_SECONDS) -> None:
        self._sync = sync
        self._retry_seconds = retry_seconds
        self._wanted = self._reached = 0
        self._told = asyncio.Event()

    def tell(self, serial: int) -> None:
        """Say that there is a serial. A repetition, or an older one, changes nothing."""
        self._wanted = max(self._wanted, serial)
        self._told.set()

    async def run(self) -> None:
        """Sync whenever there is something newer, without end."""
        while True:
            await self._told.wait()
            self._told.clear()
            while self._reached < self._wanted:
                serial = self._wanted
                try:
                    await self._sync(serial)
                except MirrorError as error:
                    print(f"sync to serial {serial} failed, and is tried again: {error}")
                    await asyncio.sleep(self._retry_seconds)
                else:
                    self._reached = serial


def create_app(secret: str, sync: Sync, *, channel: str = "platform", retry_seconds: float = RETRY_SECONDS) -> FastAPI:
    """Make the app.

    Args:
        secret: What `pilookup notify add` printed on the serving machine: `whsec_...`.
        sync: Brings the mirror to a serial.
        channel: The channel of the mirror; notices of others are acknowledged and ignored.
        retry_seconds: The pause after a sync that failed.
    """
    webhook, follower = Webhook(secret), Follower(sync, retry_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(follower.run())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.post("/pilookup")
    async def receive(request: Request) -> Response:
        """Verify a notice, and answer before the sync: the sender waits some seconds only."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return Response(status_code=413)
        try:
            event: Any = webhook.verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError):  # ValueError: a signature that is not even base64
            return Response(status_code=401)
        if event["type"] == "release.served" and event["data"]["channel"] == channel:
            follower.tell(event["data"]["serial"])
        return Response(status_code=204)

    return app


def app_from_environment() -> FastAPI:
    """Make the app for production. Sync every hour by a timer too: a notice is a hint, and may be lost."""
    mirror = Mirror(os.environ["MIRROR"])
    run = partial(
        mirror.sync,
        os.environ["MIRROR_URL"],
        channel="platform",
        trust=os.environ["CHECK_TRUST"],
        token=os.environ.get("MIRROR_TOKEN"),
    )

    async def sync(serial: int) -> None:
        await asyncio.to_thread(run, at_least=serial)

    return create_app(os.environ["NOTICE_SECRET"], sync)
