"""Connections to hosts of which every address was allowed first, and only to those addresses.

A name is looked up once for a connection. If one of its addresses is not allowed, none is used, so that no order of
addresses and no second answer of a resolver leads to a host that was not checked.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final

import httpcore2

CONNECT_SECONDS: Final = 4.0
"""Seconds after which the next address of a host is tried instead."""

MOST_BYTES: Final = 64 * 1024
"""Most bytes that are read of an answer."""

LookUp = Callable[[str, int], Awaitable[list[str]]]
Allowed = Callable[[str], bool]


class ForbiddenAddressError(Exception):
    """A name leads to an address that is not allowed."""


class NoAddressError(Exception):
    """A name leads to no address."""


class AnswerTooLargeError(Exception):
    """The other side sends more than is read."""


class HandshakeError(Exception):
    """No TLS with this host: its certificate is not valid for its name, or it speaks something else."""


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections. Time limits are its caller's, who cancels it."""

    def __init__(self, look_up: LookUp, allowed: Allowed) -> None:
        """Connect to nothing yet.

        Args:
            look_up: Looks up the addresses of a host's name and a port; raises OSError.
            allowed: Whether an address may be connected to.
        """
        self._look_up = look_up
        self._allowed = allowed
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of a host that accepts.

        Args:
            host: The host's name.
            port: The TCP port.
            timeout: Not supported; the caller cancels this call.
            local_address: Not supported.
            socket_options: Not supported.

        Raises:
            NoAddressError: The name cannot be looked up.
            ForbiddenAddressError: One of its addresses is not allowed.
            httpcore2.ConnectError: No address accepts.
        """
        if timeout is not None or local_address is not None or socket_options:
            raise NotImplementedError("timeout, local_address and socket_options are not supported")
        try:
            addresses = await self._look_up(host, port)
        except OSError as error:
            raise NoAddressError from error
        if not addresses:
            raise NoAddressError
        if not all(map(self._allowed, addresses)):
            raise ForbiddenAddressError
        for at, address in enumerate(addresses, 1):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._connect(address, port)
            except (TimeoutError, httpcore2.ConnectError) as error:
                if at == len(addresses):
                    raise httpcore2.ConnectError("no address accepts") from error
        raise AssertionError("unreachable: there is an address")

    async def _connect(self, address: str, port: int) -> httpcore2.AsyncNetworkStream:
        """Connect to an address, and make sure that the connection is to this address."""
        stream = await self._backend.connect_tcp(address, port)
        peer = stream.get_extra_info("server_addr")
        if ip_address(str(peer[0])) != ip_address(address):
            await stream.aclose()
            raise ForbiddenAddressError
        return _BoundedStream(stream)


class _BoundedStream(httpcore2.AsyncNetworkStream):
    """A connection of which at most MOST_BYTES are read; what TLS itself needs is not counted."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self._left = MOST_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise AnswerTooLargeError
        data = await self._inner.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return _BoundedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except (httpcore2.ConnectError, OSError, ssl.CertificateError) as error:
            raise HandshakeError from error
        except BaseException:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
