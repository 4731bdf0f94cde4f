"""The outermost middleware: a log line and a metric for every request, and a response to every error."""

from collections.abc import Mapping
from secrets import token_hex
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilookup.protocol.problems import Problem
from pilookup_server import metrics
from pilookup_server.logs import describe, logger
from pilookup_server.middleware.refusals import closes_connection
from pilookup_server.problems import ProblemError

UNROUTED = "unrouted"
DISCONNECTED = 499
"""The status that is recorded, as nginx does, when the caller closes the connection before its request is complete."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Logs and counts each request by the template of its route and by its channel.

    Nothing else of the request is recorded. An error that no inner part handles is logged and answered with 500.
    """

    def __init__(self, app: ASGIApp, templates: Mapping[object, str], channels: tuple[str, ...]) -> None:
        """Wrap `app`.

        Args:
            app: The inner ASGI app.
            templates: The path template of each endpoint.
            channels: The served channels; no other name of a channel is recorded.
        """
        self._app = app
        self._templates = templates
        self._channels = frozenset(channels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, request_id, status = perf_counter(), token_hex(8), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
                if closes_connection(scope, status):
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            status = DISCONNECTED
        except Exception as error:  # noqa: BLE001 - the last place where an error can become a response
            logger().error("request failed", request=request_id, **describe(error))
            if not status:
                await ProblemError(Problem.INTERNAL).response()(scope, receive, send_and_note)
            # A response that has started cannot be replaced. uvicorn closes the connection, as it has no end.
        self._record(scope, status, request_id, perf_counter() - started)

    def _record(self, scope: Scope, status: int, request_id: str, seconds: float) -> None:
        route = self._templates.get(scope.get("endpoint"), UNROUTED)
        channel = scope.get("path_params", {}).get("channel", "")
        channel = channel if channel in self._channels else ""
        metrics.observe_request(route, channel, status, seconds)
        method: Any = scope["method"] if scope["method"] in _METHODS else "other"
        logger().info(
            "request",
            request=request_id,
            method=method,
            route=route,
            channel=channel,
            status=status,
            ms=round(seconds * 1000, 2),
        )
