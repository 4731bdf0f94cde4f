"""HTTP requests to one channel, blocking and asynchronous, each within the deadline of the call that it is part of.

The connection pools of httpcore are used without an HTTP client above them, because a client keeps cookies, which would
link one check to the next, follows redirects, and logs URLs, which name buckets.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import httpcore2
import httpx2

from pilookup.checking.answers import Answer
from pilookup.checking.async_network import AsyncBackend
from pilookup.checking.connect_errors import ERRORS, failure_of, too_late
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.checking.network import Backend
from pilookup.checking.proxies import make_proxy, proxy_of
from pilookup.checking.quota_warnings import QuotaWarnings
from pilookup.checking.requests import Call, Endpoint
from pilookup.checking.result import Failure
from pilookup.checking.retries import MAX_CONNECTIONS, Retries

_Stream = TypeVar("_Stream")

IDLE_SECONDS = 4.0
"""Seconds after which an unused connection is closed. Common servers close it after 5 s, and a request that is sent on
a connection while the server closes it is lost."""


class Http:
    """Blocking requests over a pool of connections. May be used by many threads."""

    def __init__(self, endpoint: Endpoint, quota_warnings: QuotaWarnings | None = None) -> None:
        """Make a pool for an endpoint.

        Args:
            endpoint: where the channel is served.
            quota_warnings: what takes the server's warnings; None for a new one.

        Raises:
            ValueError, MissingExtraError: a proxy cannot be used.
        """
        self.endpoint = endpoint
        self.quota_warnings = quota_warnings or QuotaWarnings()
        self._start()
        self._pool: httpcore2.ConnectionPool | None = self._make_pool()
        renew_in_children(self)

    def _start(self) -> None:
        self._backend = Backend()
        self._pool_lock = threading.Lock()
        self._free_connections = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def _make_pool(self) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(network_backend=self._backend, **pool_options(self.endpoint.base))

    def renew_after_fork(self) -> None:
        """Start without connections. The new pool is made when it is needed: it reads certificates from files."""
        self._backend.abandon()
        self._start()
        self._pool = None

    def send(self, call: Call, deadline: Deadline) -> bytes:
        """Send a request once and return the body of the 200 answer; raises Failure."""
        free = self._free_connections
        if not free.acquire(timeout=deadline.left()):
            raise too_late(deadline, unsent=True)
        try:
            return self._exchange(call, deadline)
        finally:
            free.release()

    def _exchange(self, call: Call, deadline: Deadline) -> bytes:
        events, answer = _Events[httpcore2.NetworkStream](), Answer(call.limit, call.too_long, call.span)
        try:
            return self._read(call.request(self.endpoint, deadline, events.note), answer)
        except Failure:
            raise
        except BaseException as error:
            for stream in events.opened:  # httpcore leaves them open if a proxy refuses
                stream.close()
            if events.explains(error):
                raise answer.failure or failure_of(error, deadline) from None
            raise

    def _read(self, request: httpcore2.Request, answer: Answer) -> bytes:
        response = self._current_pool().handle_request(request)
        try:
            self.quota_warnings.note(response.headers)
            answer.begin(response)
            for chunk in response.iter_stream():
                answer.add(chunk)
            return answer.finish()
        finally:
            response.close()

    def _current_pool(self) -> httpcore2.ConnectionPool:
        with self._pool_lock:
            if self._pool is None:
                self._pool = self._make_pool()
            return self._pool

    def get(self, call: Call, deadline: Deadline) -> bytes:
        """Send a request that may be repeated, with up to two retries, and return the body; raises Failure."""
        retries = Retries(deadline)
        while True:
            try:
                return self.send(call, deadline)
            except Failure as failure:
                wait = retries.delay(failure)
            time.sleep(wait)

    def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            self._pool.close()


class AsyncHttp:
    """Asynchronous requests over a pool of connections, on one event loop."""

    def __init__(self, endpoint: Endpoint, quota_warnings: QuotaWarnings | None = None) -> None:
        """Make a pool for an endpoint.

        Args:
            endpoint: where the channel is served.
            quota_warnings: what takes the server's warnings; None for a new one.

        Raises:
            ValueError, MissingExtraError: a proxy cannot be used.
        """
        self.endpoint = endpoint
        self.quota_warnings = quota_warnings or QuotaWarnings()
        self._start()
        self._pool: httpcore2.AsyncConnectionPool | None = self._make_pool()
        self._inherited: list[object] = []
        renew_in_children(self)

    def _start(self) -> None:
        self._backend = AsyncBackend()
        self._free_connections = asyncio.BoundedSemaphore(MAX_CONNECTIONS)

    def _make_pool(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(network_backend=self._backend, **pool_options(self.endpoint.base))

    def renew_after_fork(self) -> None:
        """Start without connections. The former ones are kept and never freed, as `AsyncBackend.abandon` explains."""
        self._backend.abandon()
        self._inherited += [self._backend, self._pool]
        self._start()
        self._pool = None

    async def send(self, call: Call, deadline: Deadline) -> bytes:
        """Send a request once and return the body of the 200 answer; raises Failure."""
        async with ending(deadline, unsent=True):
            await self._free_connections.acquire()
        try:
            return await self._exchange(call, deadline)
        finally:
            self._free_connections.release()

    async def _exchange(self, call: Call, deadline: Deadline) -> bytes:
        events, answer = _Events[httpcore2.AsyncNetworkStream](), Answer(call.limit, call.too_long, call.span)
        try:
            async with asyncio.timeout(deadline.left()):
                return await self._read(call.request(self.endpoint, deadline, events.note_async), answer)
        except Failure:
            raise
        except BaseException as error:
            for stream in events.opened:  # httpcore leaves them open if a proxy refuses, or a handshake is cancelled
                await stream.aclose()
            if events.explains(error):
                raise answer.failure or failure_of(error, deadline) from None
            raise

    async def _read(self, request: httpcore2.Request, answer: Answer) -> bytes:
        if self._pool is None:
            self._pool = self._make_pool()
        response = await self._pool.handle_async_request(request)
        try:
            self.quota_warnings.note(response.headers)
            answer.begin(response)
            async for chunk in response.aiter_stream():
                answer.add(chunk)
            return answer.finish()
        finally:
            await response.aclose()

    async def get(self, call: Call, deadline: Deadline) -> bytes:
        """Send a request that may be repeated, with up to two retries, and return the body; raises Failure."""
        retries = Retries(deadline)
        while True:
            try:
                return await self.send(call, deadline)
            except Failure as failure:
                wait = retries.delay(failure)
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()


class _Events(Generic[_Stream]):
    """What httpcore says of one exchange while it lasts."""

    def __init__(self) -> None:
        self.opened: list[_Stream] = []
        """The connections that were made for the exchange."""
        self._no_socks = False

    def note(self, event: str, values: dict[str, Any]) -> None:
        if event.endswith(".connect_tcp.complete"):
            self.opened.append(values["return_value"])
        elif event.endswith(".setup_socks5_connection.failed"):
            self._no_socks = True

    async def note_async(self, event: str, values: dict[str, Any]) -> None:
        self.note(event, values)

    def explains(self, error: BaseException) -> bool:
        """Whether an error is one of the network, and not of this program.

        httpcore raises whatever comes up, an AssertionError for example, if a proxy's answers do not follow SOCKS5.
        """
        return isinstance(error, (TimeoutError, *ERRORS)) or (self._no_socks and isinstance(error, Exception))


@asynccontextmanager
async def ending(deadline: Deadline, *, unsent: bool = False) -> AsyncIterator[None]:
    """Let a block of waiting end at a call's deadline; raises Failure then."""
    try:
        async with asyncio.timeout(deadline.left()):
            yield
    except TimeoutError:
        raise too_late(deadline, unsent=unsent) from None


def pool_options(base: str) -> dict[str, Any]:
    """Return the arguments of httpcore's pools for a base URL. Certificates are loaded only where TLS is spoken."""
    url = httpx2.URL(base)
    proxy = proxy_of(url)
    options: dict[str, Any] = {
        "max_connections": MAX_CONNECTIONS,
        "max_keepalive_connections": MAX_CONNECTIONS,
        "keepalive_expiry": IDLE_SECONDS,
    }
    if url.scheme == "https" or proxy is not None:
        options["ssl_context"] = httpx2.create_ssl_context()
    if proxy is not None:
        options["proxy"] = make_proxy(proxy, options["ssl_context"])
    return options
