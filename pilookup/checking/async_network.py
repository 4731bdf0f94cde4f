"""Connections on an event loop that obey the deadline of a call, at each byte.

As in `network`, a timeout is the time at which the call must have ended. The exchange as a whole is cancelled then; in
addition, each read and write is refused once the time is over, and whatever ends a handshake closes the connection.
"""

import asyncio
import os
import ssl
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, TypeVar
from weakref import WeakSet

import httpcore2

from pilookup.checking.connect_errors import HostNameError, handshake_error
from pilookup.checking.deadline import left_until
from pilookup.checking.resolver import RESOLVER

NEXT_ADDRESS_SECONDS = 0.25
"""Seconds after which the next address of a host is tried as well (RFC 8305 section 5)."""

_T = TypeVar("_T")
_Attempt = asyncio.Task[httpcore2.AsyncNetworkStream]


class AsyncBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections, and knows the ones that are open. No thread of the loop's default executor is used."""

    def __init__(self) -> None:
        """Make a backend without connections."""
        self._backend = httpcore2.AnyIOBackend()
        self._open: WeakSet[AsyncStream] = WeakSet()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of a host that accepts; raises ConnectError and ConnectTimeout.

        Args:
            host: the host's name or address.
            port: the TCP port.
            timeout: the time at which the call ends.
            local_address: not supported.
            socket_options: not supported.
        """
        if local_address is not None or socket_options:
            raise NotImplementedError("local_address and socket_options are not supported")
        _left(timeout, httpcore2.ConnectTimeout)
        outcome = await outcome_of(RESOLVER.look_up(host, port))
        if isinstance(outcome, OSError):
            raise HostNameError(outcome)
        stream = AsyncStream(await self._connect(outcome, port))
        self._open.add(stream)
        return stream

    async def _connect(self, addresses: list[str], port: int) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that accepts. The next one is tried as well after a failure or a short time."""
        waiting, trying = deque(addresses), set[_Attempt]()
        failure: BaseException = httpcore2.ConnectError("no address")
        try:
            while waiting or trying:
                if waiting:
                    trying.add(asyncio.create_task(self._backend.connect_tcp(waiting.popleft(), port)))
                pause = NEXT_ADDRESS_SECONDS if waiting else None
                done, _ = await asyncio.wait(trying, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                for attempt in done:
                    trying.remove(attempt)
                    error = attempt.exception()
                    if error is None:
                        return attempt.result()
                    failure = error
            raise failure
        finally:
            await _end(trying)

    def abandon(self) -> None:
        """Give up this process's descriptors of all connections, in a child after a fork. The peers do not notice.

        Each is replaced by the null device rather than closed: it belongs to a transport of the parent's event loop,
        which would later close, or take out of the poll that both processes share, whatever has its number then.
        """
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            for stream in list(self._open):
                descriptor = stream.descriptor()
                if descriptor >= 0:
                    os.dup2(null, descriptor, inheritable=False)
        finally:
            os.close(null)


class AsyncStream(httpcore2.AsyncNetworkStream):
    """A connection, of TCP or TLS."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        """Take over a stream of httpcore."""
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return 1 to `max_bytes` bytes, or none at the end; raises ReadError, and ReadTimeout when the call ends."""
        _left(timeout, httpcore2.ReadTimeout)
        return await self._inner.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`; raises WriteError, and WriteTimeout when the call ends."""
        _left(timeout, httpcore2.WriteTimeout)
        await self._inner.write(buffer)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Return a TLS stream over this connection; raises ConnectError, and ConnectTimeout when the call ends."""
        try:
            _left(timeout, httpcore2.ConnectTimeout)
            return AsyncStream(await self._inner.start_tls(ssl_context, server_hostname))
        except httpcore2.ConnectError as error:
            raise handshake_error(error.args[0] if error.args else error) from error
        except BaseException:
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore's stream says."""
        return self._inner.get_extra_info(info)

    def descriptor(self) -> int:
        """Return the socket's descriptor, or -1 if it is closed."""
        return int(self.get_extra_info("socket").fileno())


async def outcome_of(future: Future[_T]) -> _T:
    """Wait for a thread's future. A caller that is cancelled leaves it to the others that wait for it."""
    loop, finished = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Future[_T]) -> None:
        try:
            loop.call_soon_threadsafe(finished.set)
        except RuntimeError:  # the loop is closed, so nobody waits any more
            return

    future.add_done_callback(tell)
    await finished.wait()
    return future.result()


async def _end(attempts: set[_Attempt]) -> None:
    """Cancel attempts to connect, and close the connections of those that were made nevertheless."""
    for attempt in attempts:
        attempt.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, httpcore2.AsyncNetworkStream):
            await outcome.aclose()


def _left(timeout: float | None, late: type[Exception]) -> None:
    """Raise `late` if the call is over."""
    if timeout is None:
        raise RuntimeError("a request without a deadline")
    if left_until(timeout) <= 0:
        raise late("the call's time is over")
