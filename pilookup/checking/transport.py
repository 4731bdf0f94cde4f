"""HTTP to one channel, sync and async: what is sent, what comes back, and nothing else.

The transports of httpx2 are used without its client: no cookies that would tie one check to the next, no
redirects, and no log lines with URLs, which name buckets.
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
"""An unused connection is closed before common servers do it (5 s): a request on a dying one is lost."""

_DRAIN_BYTES = 4096
"""So much of an error's body is read, to keep the connection; only a 429's is looked at, for a challenge."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a channel is served, and who asks."""

    base: str
    channel: str
    token: str | None = field(default=None, repr=False)

    def url(self, path: str) -> str:
        return f"{self.base}/v1/channels/{self.channel}/{path}"

    def evaluate(self, need: Evaluate) -> "Call":
        """The one POST; its body is n x 32 bytes."""
        return Call(self.url(f"evaluate?epoch={need.epoch}"), need.answer_bytes, need.elements, need.proof_of_work)

    def bucket(self, need: Fetch, index: int) -> "Call":
        """One bucket's body: slots and Merkle path."""
        return Call(self.url(f"snapshots/{need.serial}/buckets/{index}"), need.geometry.body_bytes)

    def headers(self) -> dict[str, str]:
        names = {
            "user-agent": f"pilookup/{pilookup.__version__}",
            "accept": "*/*",
            "accept-encoding": "identity",
        }
        return names | ({"authorization": f"Bearer {self.token}"} if self.token is not None else {})


def check_url(url: str, *, insecure: bool = False) -> str:
    """The base URL without a trailing slash.

    Raises ValueError unless it is https://, or http:// to a loopback host (to any host with `insecure`), and
    has neither user, query nor fragment.
    """
    try:
        _ = urlsplit(url).port  # refuses ports and brackets that httpx2 lets pass
        parts = httpx2.URL(url)
        parts.raw_host.decode("ascii").encode("idna")  # refuses labels that no resolver takes
    except (ValueError, httpx2.InvalidURL):
        raise ValueError("url: not a URL") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise ValueError("url: must start with https://")
    if parts.userinfo or parts.query or parts.fragment:
        raise ValueError("url: must have no user, query or fragment")
    if parts.scheme == "http" and not (insecure or is_loopback(parts.host)):
        raise ValueError("url: http:// shows everyone on the way who asks: use https://")
    return str(parts).rstrip("/")


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `limit` is the most bytes its answer may have."""

    url: str
    limit: int
    body: bytes | None = field(default=None, repr=False)
    proof_of_work: str | None = field(default=None, repr=False)

    def request(self, endpoint: Endpoint, timeout: float) -> httpx2.Request:
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
    """Blocking requests over kept connections; for many threads.

    `timeout` bounds the connection, each wait for more of the head, and the body as a whole.
    """

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self.endpoint = endpoint
        self._timeout = timeout
        self._transport = httpx2.HTTPTransport(**_transport_options(endpoint.base))
        self._free_connections = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def send(self, call: Call) -> bytes:
        """The body of a 200 answer; raises Failure."""
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
        """The same for what may be asked for again: up to two retries; raises Failure."""
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
        self._transport.close()


class AsyncHttp:
    """The same for one event loop; here `timeout` bounds the whole exchange."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self.endpoint = endpoint
        self._timeout = timeout
        self._transport = httpx2.AsyncHTTPTransport(**_transport_options(endpoint.base))
        self._free_connections = asyncio.BoundedSemaphore(MAX_CONNECTIONS)

    async def send(self, call: Call) -> bytes:
        """The body of a 200 answer; raises Failure."""
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
        """The same for what may be asked for again: up to two retries; raises Failure."""
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
        await self._transport.aclose()


class _Body:
    """An answer as it comes in: never more than `limit` bytes, never after the deadline."""

    def __init__(self, response: httpx2.Response, limit: int, deadline: float) -> None:
        self._failure = _failure_of(response)
        self._limit = _DRAIN_BYTES if self._failure else limit
        self._deadline = deadline
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limit:
            raise self._failure or Failure(Reason.BAD_RESPONSE)
        if time.monotonic() > self._deadline:
            raise self._failure or Failure(Reason.UNREACHABLE)
        self._chunks.append(chunk)

    def finish(self) -> bytes:
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
    """What a status means; None for a 200 in plain encoding."""
    status = response.status_code
    if status == 200:
        plain = response.headers.get("content-encoding", "identity") == "identity"
        return None if plain else Failure(Reason.BAD_RESPONSE)
    reason = _REASONS.get(status, Reason.SERVER_ERROR if status >= 500 else Reason.BAD_RESPONSE)
    wait = _retry_after(response.headers.get("retry-after", ""))
    return Failure(reason, retry_after=wait, missing=status == 404)


def _challenge(body: bytes) -> Challenge | None:
    """What a 429 wants solved; None when it wants time, or something that cannot be read."""
    try:
        return Challenge.from_problem(body)
    except FormatError:
        return None


def _retry_after(retry_after: str) -> float | None:
    """`Retry-After` when it is in seconds (RFC 9110 section 10.2.3); a date is left aside."""
    whole = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7
    return float(retry_after) if whole else None


def _unreachable(error: httpx2.HTTPError) -> Failure:
    """Before a connection stands nothing has been sent."""
    unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return Failure(Reason.UNREACHABLE, unsent=unsent)


def _transport_options(base: str) -> dict[str, Any]:
    """TLS is verified wherever there is TLS; for plain http:// the certificates are not even loaded."""
    url = httpx2.URL(base)
    limits = httpx2.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
    )
    return {"verify": url.scheme == "https", "limits": limits, "proxy": _proxy(url)}


def _proxy(url: httpx2.URL) -> str | None:
    """The environment's proxy (HTTPS_PROXY and its like), except for this machine itself."""
    if is_loopback(url.host) or proxy_bypass(url.host):
        return None
    return getproxies().get(url.scheme)
