"""Limits on the size and duration of one request."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError

_CLOSE = {"connection": "close"}


class RequestLimits:
    """Refuses a body that is too large (413), and ends a request that takes too long (408).

    At any time one deadline applies: first until the body has arrived, then until the response starts. From then on the
    connection is watched for progress (`process.connection`).
    """

    def __init__(self, app: ASGIApp, max_body: int, body: float, request: float) -> None:
        """Wrap `app`.

        Args:
            app: The inner ASGI app.
            max_body: The most bytes in a body.
            body: The most seconds until the body has arrived.
            request: The most seconds from the request until the response starts.
        """
        self._app = app
        self._max_body = max_body
        self._seconds = {"body": body, "request": request}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared_length(scope) > self._max_body:
            await ProblemError(Problem.TOO_LARGE, headers=_CLOSE).response()(scope, receive, send)
        else:
            await self._limited(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, received, started = asyncio.get_running_loop().time(), 0, False
        deadline = asyncio.timeout_at(arrived + self._seconds["body"])

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body:
                raise ProblemError(Problem.TOO_LARGE, headers=_CLOSE)
            if not started and not message.get("more_body", False):
                deadline.reschedule(arrived + self._seconds["request"])
            return message

        async def send_timed(message: Message) -> None:
            nonlocal started
            if not started:
                started = True
                deadline.reschedule(None)
            await send(message)

        try:
            async with deadline:
                await self._app(scope, receive_limited, send_timed)
        except TimeoutError:
            if started or not deadline.expired():
                raise  # raised by the app itself
            await ProblemError(Problem.TIMEOUT, headers=_CLOSE).response()(scope, receive, send)


def _declared_length(scope: Scope) -> int:
    """The value of Content-Length; 0 if there is none or it is malformed (uvicorn refuses malformed ones)."""
    headers: Any = scope["headers"]
    value = next((value for name, value in headers if name == b"content-length"), b"")
    return int(value) if value.isdigit() and len(value) < 20 else 0
