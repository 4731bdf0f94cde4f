"""Faults on demand: an evaluation is answered as an overloaded, failing or slow server would answer it."""

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pilookup.protocol.problems import Problem
from pilookup_server.limits.platform_quota import WARNING_HEADER
from pilookup_server.problems import ProblemError

HEADER: Final = "pilookup-sandbox-fault"
PREFIX: Final = "/faults/"
SLOW: Final = "slow"
SLOW_SECONDS: Final = 5.0
RETRY_AFTER: Final = 30
QUOTA_RETRY_AFTER: Final = 86_400

PROBLEMS: Final = {
    "401": ProblemError(Problem.UNAUTHORIZED),
    "410": ProblemError(Problem.RETIRED),
    "429": ProblemError(Problem.RATE_LIMITED, headers={"retry-after": str(RETRY_AFTER)}),
    "500": ProblemError(Problem.INTERNAL),
    "503": ProblemError(Problem.UNAVAILABLE),
    "quota": ProblemError(
        Problem.QUOTA_EXCEEDED,
        headers={"retry-after": str(QUOTA_RETRY_AFTER), WARNING_HEADER: '"signup";used=100'},
        members={"window": "signup", "limit": 12_000, "left": 0, "end": "2027-05-01T00:00:00Z"},
    ),
}
NAMES: Final = (*PROBLEMS, SLOW)


class Faults:
    """ASGI middleware. A request names a fault by the header, or by `/faults/NAME` in front of its path.

    Only evaluations are affected, so that a client that knows the fault by its address can still verify the release.
    """

    def __init__(self, app: ASGIApp, slow_seconds: float = SLOW_SECONDS) -> None:
        """Wrap `app`.

        Args:
            app: The app of the server.
            slow_seconds: How much later a slow answer comes.
        """
        self._app = app
        self._slow_seconds = slow_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name, inner = _separated(scope)
        if name is None:
            name = Headers(scope=scope).get(HEADER)
        if name is not None and name not in NAMES:
            unknown = ProblemError(Problem.NOT_FOUND, f"the sandbox's faults are {', '.join(NAMES)}")
            await unknown.response()(inner, receive, send)
            return
        if inner["path"].endswith("/evaluate"):
            if name in PROBLEMS:
                await PROBLEMS[name].response()(inner, receive, send)
                return
            if name == SLOW:
                await asyncio.sleep(self._slow_seconds)
        await self._app(inner, receive, send)


def _separated(scope: Scope) -> tuple[str | None, Scope]:
    """Return the fault that the path begins with, if any, and the scope of the request without it."""
    path: str = scope["path"]
    if not path.startswith(PREFIX):
        return None, scope
    name, slash, rest = path.removeprefix(PREFIX).partition("/")
    inner = slash + rest
    return name, {**scope, "path": inner, "raw_path": inner.encode()}
