"""Blocking connections that obey the deadline of a call, at each byte.

httpcore passes a request's timeouts on to its network backend. Here such a value is not a duration, which a peer can
renew with each byte that it sends, but the time (`deadline.now`) at which the call must have ended. Each read and write
gets what is left until then, and a connection that fails or runs out of time is closed at once.
"""

import select
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakSet

import httpcore2

from pilookup.checking.connect_errors import HostNameError, handshake_error
from pilookup.checking.deadline import left_until
from pilookup.checking.resolver import RESOLVER

_T = TypeVar("_T")

_READ_BYTES = 64 * 1024

NEXT_ADDRESS_SECONDS = 2.0
"""Seconds after which the next address of a host is tried instead: long enough for a packet to be sent again."""


class Backend(httpcore2.NetworkBackend):
    """Opens TCP connections, and knows the ones that are open."""

    def __init__(self) -> None:
        """Make a backend without connections."""
        self._open: WeakSet[TcpStream] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
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
        with _mapped(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            stream = TcpStream(_connect(_addresses(host, port, timeout), port, timeout))
        self._open.add(stream)
        return stream

    def abandon(self) -> None:
        """Close this process's descriptors of all connections, in a child after a fork. The peers do not notice."""
        for stream in list(self._open):
            stream.close()


class TcpStream(httpcore2.NetworkStream):
    """A TCP connection."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return 1 to `max_bytes` bytes, or none at the end; raises ReadError, and ReadTimeout when the call ends."""
        with self._closing(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(_left(timeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`; raises WriteError, and WriteTimeout when the call ends."""
        rest = memoryview(buffer)
        with self._closing(httpcore2.WriteTimeout, httpcore2.WriteError):
            while rest:
                self._socket.settimeout(_left(timeout))
                rest = rest[self._socket.send(rest) :]

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return a TLS stream over this connection; raises ConnectError and ConnectTimeout."""
        return TlsStream(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return the socket, or whether there is something to read; None for everything else."""
        if info == "socket":
            return self._socket
        if info == "is_readable":
            return _is_readable(self._socket)
        return None

    @contextmanager
    def _closing(self, late: type[Exception], broken: type[Exception]) -> Iterator[None]:
        try:
            with _mapped(late, broken):
                yield
        except BaseException:
            self.close()
            raise


class TlsStream(httpcore2.NetworkStream):
    """A TLS connection over another stream, which may be one of TLS itself: a proxy with https:// in its URL."""

    def __init__(
        self, inner: httpcore2.NetworkStream, context: ssl.SSLContext, hostname: str | None, timeout: float | None
    ) -> None:
        """Make the handshake.

        Args:
            inner: the stream below; it is closed if the handshake fails.
            context: what to trust.
            hostname: the name that the certificate must be for.
            timeout: the time at which the call ends.

        Raises:
            ConnectError: the handshake failed.
            ConnectTimeout: it did not end in time.
        """
        self._inner = inner
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=hostname)
        try:
            self._run(self._tls.do_handshake, timeout)
        except httpcore2.TimeoutException as error:
            raise httpcore2.ConnectTimeout(error) from error
        except (OSError, httpcore2.NetworkError, ssl.CertificateError) as error:
            self.close()
            raise handshake_error(error) from error
        except BaseException:
            self.close()
            raise

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return 1 to `max_bytes` bytes, or none at the end; raises ReadError, and ReadTimeout when the call ends.

        A connection that ends without TLS's own end is a ReadError: somebody may have cut it.
        """
        try:
            return self._run(lambda: self._tls.read(max_bytes), timeout)
        except ssl.SSLZeroReturnError:
            return b""
        except OSError as error:
            self.close()
            raise httpcore2.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`; raises WriteError, and WriteTimeout when the call ends."""
        rest = memoryview(buffer)
        try:
            while rest:
                rest = rest[self._run(lambda some=rest: self._tls.write(some), timeout) :]  # type: ignore[misc]
        except OSError as error:
            self.close()
            raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        """Close the connection below, without a farewell that could block."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return a TLS stream over this one; raises ConnectError and ConnectTimeout."""
        return TlsStream(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return this connection's SSL object, or what the stream below says."""
        return self._tls if info == "ssl_object" else self._inner.get_extra_info(info)

    def _run(self, step: Callable[[], _T], timeout: float | None) -> _T:
        """Run a step of TLS, and move bytes between it and the stream below until it is done."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush(timeout)
                data = self._inner.read(_READ_BYTES, timeout)
                self._received.write(data) if data else self._received.write_eof()
            else:
                self._flush(timeout)
                return result

    def _flush(self, timeout: float | None) -> None:
        data = self._to_send.read()
        if data:
            self._inner.write(data, timeout)


def _addresses(host: str, port: int, timeout: float | None) -> list[str]:
    look_up = RESOLVER.look_up(host, port)
    if not wait([look_up], _left(timeout)).done:
        raise TimeoutError
    outcome = look_up.result()
    if isinstance(outcome, OSError):
        raise HostNameError(outcome)
    return outcome


def _connect(addresses: list[str], port: int, timeout: float | None) -> socket.socket:
    """Try addresses one after the other; each but the last may take an equal part of the time, and not long."""
    for at, address in enumerate(addresses, 1):
        part = _left(timeout)
        if at < len(addresses):
            part = min(part / (len(addresses) - at + 1), NEXT_ADDRESS_SECONDS)
        try:
            connection = socket.create_connection((address, port), part)
        except OSError:
            if at == len(addresses):
                raise
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise OSError("no address")


def _left(timeout: float | None) -> float:
    """Return the seconds until the call ends; raises TimeoutError if it is over."""
    if timeout is None:
        raise RuntimeError("a request without a deadline")
    left = left_until(timeout)
    if left <= 0:
        raise TimeoutError
    return left


@contextmanager
def _mapped(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Raise TimeoutError as `late`, and any other OSError as `broken`."""
    try:
        yield
    except TimeoutError as error:
        raise late(error) from error
    except OSError as error:
        raise broken(error) from error


def _is_readable(connection: socket.socket) -> bool:
    """Whether there is something to read; for an idle connection this means that the server has closed it."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
