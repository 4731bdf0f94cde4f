"""HTTP requests to one channel, blocking and asynchronous.

The transports of httpx2 are used without its client, because a client keeps cookies, which would link one check to the
next, follows redirects, and logs URLs, which name buckets.
"""

import asyncio
import math
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

import pilookup
from pilookup.checking.check import Evaluate, Fetch
from pilookup.checking.result import Failure, Reason
from pilookup.checking.retries import MAX_CONNECTIONS, retry_delay
from pilookup.errors import FormatError
from pilookup.loopback import is_loopback
from pilookup.protocol.messages import OCTETS
from pilookup.protocol.proof_of_work import HEADER, Challenge

IDLE_SECONDS = 4.0
"""Seconds after which an unused connection is closed. Common servers close it after 5 s, and a request that is sent on
a connection while the server closes it is lost."""

_DRAIN_BYTES = 4096
"""Number of bytes of an error's body that are read, so that the connection can be used again. Only the body of a 429 is
parsed, for a challenge."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a channel is served, and the bearer token that goes with each request."""

    base: str
    channel: str
    token: str | None = field(default=None, repr=False)

    def url(self, path: str) -> str:
        """Return the URL of a path below the channel."""
        return f"{self.base}/v1/channels/{self.channel}/{path}"

    def evaluate(self, need: Evaluate) -> "Call":
        """Make the call that has blinded elements evaluated, the only POST; its body is n x 32 bytes."""
        return Call(self.url(f"evaluate?epoch={need.epoch}"), need.answer_bytes, need.elements, need.proof_of_work)

    def bucket(self, need: Fetch, index: int) -> "Call":
        """Make the call that fetches one bucket's body, its slots and Merkle path."""
        return Call(self.url(f"snapshots/{need.serial}/buckets/{index}"), need.geometry.body_bytes)

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        names = {
            "user-agent": f"pilookup/{pilookup.__version__}",
            "accept": "*/*",
            "accept-encoding": "identity",
        }
        return names | ({"authorization": f"Bearer {self.token}"} if self.token is not None else {})


def check_url(url: str, *, insecure: bool = False) -> str:
    """Return the base URL without a trailing slash.

    Args:
        url: the URL that the user gave.
        insecure: whether http:// is allowed to hosts other than this machine.

    Raises:
        ValueError: it is not an https:// URL (or an allowed http:// one), or has a user, a query or a fragment.
    """
    try:
        _ = urlsplit(url).port  # raises for ports and brackets that httpx2 accepts
        parts = httpx2.URL(url)
        parts.raw_host.decode("ascii").encode("idna")  # raises for labels that no resolver accepts
    except (ValueError, httpx2.InvalidURL):
        raise ValueError("url: not a URL") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise ValueError("url: must start with https://")
    if parts.userinfo or parts.query or parts.fragment:
        raise ValueError("url: must have no user, query or fragment")
    if parts.scheme == "http" and not (insecure or is_loopback(parts.host)):
        raise ValueError("url: http:// shows everyone on the network path who checks: use https://")
    return str(parts).rstrip("/")


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the server.

    Attributes:
        url: the URL.
        limit: largest size of the answer, in bytes.
        body: the body of a POST, or None for a GET.
        proof_of_work: the header value that answers a challenge, if there is one.
    """

    url: str
    limit: int
    body: bytes | None = field(default=None, repr=False)
    proof_of_work: str | None = field(default=None, repr=False)

    def request(self, endpoint: Endpoint, timeout: float) -> httpx2.Request:
        """Make the HTTP request; `timeout` is in seconds, for each step of the exchange."""
        headers = endpoint.headers()
        if self.body is None:
            method = "GET"
        else:
            method, headers["content-type"] = "POST", OCTETS
        if self.proof_of_work is not None:
            headers[HEADER] = self.proof_of_work
        extensions = {"timeout": httpx2.Timeout(timeout).as_dict()}
        return httpx2.Request(method, self.url, headers=headers, content=self.body, extensions=extensions)


class Http:
    """Blocking requests over a pool of connections. May be used by many threads."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        """Make a pool for an endpoint.

        Args:
            endpoint: where the channel is served.
            timeout: seconds for the connection, for each wait for more of the head, and for the body as a whole.
        """
        self.endpoint = endpoint
        self._timeout = timeout
        self._transport = httpx2.HTTPTransport(**_transport_options(endpoint.base))
        self._free_connections = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def send(self, call: Call) -> bytes:
        """Send a request once and return the body of the 200 answer; raises Failure."""
        with self._free_connections:
            deadline = time.monotonic() + self._timeout
            try:
                return self._exchange(call, deadline)
            except httpx2.HTTPError as error:
                raise _unreachable(error) from None

    def _exchange(self, call: Call, deadline: float) -> bytes:
        response = self._transport.handle_request(call.request(self.endpoint, self._timeout))
        try:
            body = _Body(response, call.limit, deadline)
            for chunk in response.iter_raw():
                body.add(chunk)
            return body.finish()
        finally:
            response.close()

    def get(self, call: Call) -> bytes:
        """Send a request that may be repeated, with up to two retries, and return the body; raises Failure."""
        attempt = 0
        while True:
            try:
                return self.send(call)
            except Failure as failure:
                wait = retry_delay(attempt, failure)
                if wait is None:
                    raise
            time.sleep(wait)
            attempt += 1

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()


class AsyncHttp:
    """Asynchronous requests over a pool of connections, on one event loop."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        """Make a pool for an endpoint; `timeout` is in seconds, for one exchange as a whole."""
        self.endpoint = endpoint
        self._timeout = timeout
        self._transport = httpx2.AsyncHTTPTransport(**_transport_options(endpoint.base))
        self._free_connections = asyncio.BoundedSemaphore(MAX_CONNECTIONS)

    async def send(self, call: Call) -> bytes:
        """Send a request once and return the body of the 200 answer; raises Failure."""
        async with self._free_connections:
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._exchange(call)
            except TimeoutError:
                raise Failure(Reason.UNREACHABLE) from None
            except httpx2.HTTPError as error:
                raise _unreachable(error) from None

    async def _exchange(self, call: Call) -> bytes:
        response = await self._transport.handle_async_request(call.request(self.endpoint, self._timeout))
        try:
            body = _Body(response, call.limit, math.inf)
            async for chunk in response.aiter_raw():
                body.add(chunk)
            return body.finish()
        finally:
            await response.aclose()

    async def get(self, call: Call) -> bytes:
        """Send a request that may be repeated, with up to two retries, and return the body; raises Failure."""
        attempt = 0
        while True:
            try:
                return await self.send(call)
            except Failure as failure:
                wait = retry_delay(attempt, failure)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
            attempt += 1

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


class _Body:
    """Collects an answer's body, with a limit on its size and on the time."""

    def __init__(self, response: httpx2.Response, limit: int, deadline: float) -> None:
        """Start with a response's head.

        Args:
            response: the response whose body follows.
            limit: largest size of the body of a 200 answer, in bytes.
            deadline: `time.monotonic` at which the exchange is given up.
        """
        self._failure = _failure_of(response)
        self._limit = _DRAIN_BYTES if self._failure else limit
        self._deadline = deadline
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Take a chunk of the body; raises Failure past the limit or the deadline."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise self._failure or Failure(Reason.BAD_RESPONSE)
        if time.monotonic() > self._deadline:
            raise self._failure or Failure(Reason.UNREACHABLE)
        self._chunks.append(chunk)

    def finish(self) -> bytes:
        """Return the body of a 200 answer; raises the Failure of any other."""
        body = b"".join(self._chunks)
        if self._failure is None:
            return body
        if self._failure.reason is Reason.RATE_LIMITED:
            self._failure.challenge = _challenge(body)
        raise self._failure


_REASONS = {
    401: Reason.UNAUTHORIZED,
    403: Reason.UNAUTHORIZED,
    410: Reason.RETIRED,
    429: Reason.RATE_LIMITED,
}


def _failure_of(response: httpx2.Response) -> Failure | None:
    """Return the Failure that a response's status means, or None for a 200 without content encoding."""
    status = response.status_code
    if status == 200:
        plain = response.headers.get("content-encoding", "identity") == "identity"
        return None if plain else Failure(Reason.BAD_RESPONSE)
    reason = _REASONS.get(status, Reason.SERVER_ERROR if status >= 500 else Reason.BAD_RESPONSE)
    wait = _retry_after(response.headers.get("retry-after", ""))
    return Failure(reason, retry_after=wait, missing=status == 404)


def _challenge(body: bytes) -> Challenge | None:
    """Return the challenge in the body of a 429, or None if it has none or one that cannot be parsed."""
    try:
        return Challenge.from_problem(body)
    except FormatError:
        return None


def _retry_after(retry_after: str) -> float | None:
    """Return the seconds in a `Retry-After` header (RFC 9110 section 10.2.3); None for a date, which is ignored."""
    whole = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7
    return float(retry_after) if whole else None


def _unreachable(error: httpx2.HTTPError) -> Failure:
    """Return the Failure for a transport error; nothing was sent where the connection was never established."""
    unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return Failure(Reason.UNREACHABLE, unsent=unsent)


def _transport_options(base: str) -> dict[str, Any]:
    """Return the arguments of httpx2's transports. Certificates are verified for https:// and not loaded for http://."""
    url = httpx2.URL(base)
    limits = httpx2.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
    )
    return {"verify": url.scheme == "https", "limits": limits, "proxy": _proxy(url)}


def _proxy(url: httpx2.URL) -> str | None:
    """Return the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), or None for this machine."""
    if is_loopback(url.host) or proxy_bypass(url.host):
        return None
    return getproxies().get(url.scheme)
