"""Security headers on every response, and CORS for a page on another host (Fetch standard, section 3.2)."""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_PREFLIGHT: Final = (
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, If-None-Match, Range, Pilookup-Proof"),
    (b"access-control-max-age", b"86400"),
)
_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"ETag, Content-Range, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
)


class SecurityHeaders:
    """Adds the security headers to each response, except those that a route has set (the page's policy)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                message["headers"].extend(header for header in SECURITY if header[0] not in named)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class CrossOrigin:
    """Lets pages of the given origins read responses. Cookies and other credentials are never allowed."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        """Wrap `app`. `origins` may contain `*`; if it is empty, no header is added."""
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._origins:
            await self._app(scope, receive, send)
            return
        request_headers = Headers(scope=scope)
        added = self._headers(request_headers.get("origin"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].extend(added)
            await send(message)

        if (
            scope["method"] == "OPTIONS"
            and "origin" in request_headers
            and "access-control-request-method" in request_headers
        ):
            answer = Response(status_code=204)
            answer.raw_headers.extend(_PREFLIGHT)
            await answer(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _headers(self, origin: str | None) -> list[tuple[bytes, bytes]]:
        if "*" in self._origins:
            return [(b"access-control-allow-origin", b"*"), _EXPOSED]
        # Caches must keep responses to different origins apart, also the response to a request without an origin.
        vary = (b"vary", b"Origin")
        if origin is None or origin not in self._origins:
            return [vary]
        return [vary, (b"access-control-allow-origin", origin.encode("latin-1")), _EXPOSED]
