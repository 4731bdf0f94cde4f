"""A connection of the server: reads few bytes at a time, and knows when it takes too long.

uvloop reads up to 250 kB at a time into a protocol of the usual kind, more than a paused connection may hold. A
buffered protocol brings its own buffer, and one small buffer serves all connections, since each read is processed at
once.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.types import ASGIApp

from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.process.connection_table import ConnectionTable
from pilookup_server.process.message_protocol import MessageProtocol

READ_BYTES: Final = 16 * 1024
WRITE_BUFFER_BYTES: Final = 16 * 1024
"""An answer of several parts goes on when no more than this waits to be taken by the caller."""

CLOSING_SECONDS: Final = 10.0
"""Most seconds without progress once the connection is being closed."""

_BODY_MARGIN_SECONDS: Final = 5.0
"""A request whose body is late has this long to be answered with 408 by the app."""

_BUFFER: Final = memoryview(bytearray(READ_BYTES))


@dataclass(frozen=True, slots=True)
class ConnectionTimes:
    """Most seconds that the parts of an exchange may take.

    Attributes:
        head: From the first byte of a request, or the start of the connection, until the head is complete.
        body: From then until the body is complete.
        progress: While the caller takes no byte of an answer.
    """

    head: float
    body: float
    progress: float


@dataclass(frozen=True, slots=True)
class Listener:
    """What the connections to one listening socket have in common.

    Attributes:
        table: The table that admits them.
        app: The app that answers them; None for the app of uvicorn's configuration.
    """

    table: ConnectionTable
    app: ASGIApp | None = None


@dataclass(frozen=True, slots=True)
class ConnectionFactory:
    """Makes the connections of a worker; uvicorn takes it in place of a protocol class.

    Attributes:
        main: The listener of the service.
        others: Further listeners, by port.
        addresses: Finds the address that a connection is counted for.
        times: How long the parts of an exchange may take.
    """

    main: Listener
    others: Mapping[int, Listener]
    addresses: ClientAddresses
    times: ConnectionTimes

    def __call__(self, **named: Any) -> "Connection":
        """Make a connection; the arguments are those that uvicorn gives to a protocol class."""
        return Connection(self, partial(MessageProtocol, **named))

    def listener_of(self, transport: Any) -> Listener:
        """The listener that accepted a connection."""
        name = transport.get_extra_info("sockname")
        return self.others.get(name[1], self.main) if isinstance(name, tuple) else self.main


class Connection(asyncio.BufferedProtocol):
    """Passes what arrives to a `MessageProtocol`, in reads of at most READ_BYTES."""

    def __init__(self, factory: ConnectionFactory, make: Callable[..., MessageProtocol]) -> None:
        """Make a connection that is not yet connected.

        Args:
            factory: What it has in common with others.
            make: Makes the protocol, given `on_message`, `on_idle` and `on_refusal`.
        """
        self._factory = factory
        self._times = factory.times
        self._protocol = make(on_message=self._message_moved, on_idle=self._idle, on_refusal=self._refused)
        self._table = factory.main.table
        self._transport: Any = None
        self._admitted = False
        self._deadline: float | None = None
        self._received_at = self._taken_at = 0.0
        self._unsent = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        listener = self._factory.listener_of(transport)
        self._table = listener.table
        peer = transport.get_extra_info("peername")
        address, is_proxy = self._factory.addresses.peer(peer[0] if isinstance(peer, tuple) else None)
        self._received_at = self._taken_at = self._table.clock()
        self._admitted = self._table.admit(self, address, capped=not is_proxy)
        if not self._admitted:
            transport.abort()
            return
        self._deadline = self._received_at + self._times.head
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._protocol.connection_made(transport)
        if listener.app is not None:
            self._protocol.app = listener.app

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.remove(self)
        if self._admitted:
            self._protocol.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the buffer has one size
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        if not self._admitted or self._transport.is_closing():
            return
        self._received_at = self._table.clock()
        if self._deadline is None:
            self._deadline = self._received_at + self._times.head
        self._table.set_busy(self)
        self._protocol.data_received(bytes(_BUFFER[:nbytes]))

    def eof_received(self) -> None:
        if self._admitted:
            self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._taken_at = self._table.clock()
        self._protocol.resume_writing()

    def progressed_at(self) -> float:
        """The time of the last byte received from the caller or taken by it."""
        return max(self._received_at, self._taken_at)

    def overdue(self, now: float) -> str | None:
        """The reason why the connection takes too long at the time `now`; None if it does not.

        Must be called every few seconds: what the caller has taken is seen by comparison with the last call.
        """
        unsent, closing = self._transport.get_write_buffer_size(), self._transport.is_closing()
        if unsent < self._unsent or not self._unsent:
            self._taken_at = now
        self._unsent = unsent
        if unsent and now - self._taken_at > (CLOSING_SECONDS if closing else self._times.progress):
            return "no_progress"
        if self._deadline is None or closing:
            return None
        if self._protocol.is_paused:
            self._deadline = max(self._deadline, now + self._times.head)
        if now <= self._deadline:
            return None
        return "slow_body" if self._protocol.in_body else "slow_head"

    def abort(self) -> None:
        """Close the connection at once, without sending what is still to be sent."""
        self._transport.abort()

    def _message_moved(self) -> None:
        """A message has begun, its head is complete, or all of it: set the deadline of what comes next."""
        if self._protocol.in_body:
            self._deadline = self._table.clock() + self._times.body + _BODY_MARGIN_SECONDS
        elif self._protocol.in_message:
            self._deadline = self._table.clock() + self._times.head
        else:
            self._deadline = None

    def _refused(self, reason: str) -> None:
        self._table.refused[reason] += 1

    def _idle(self) -> None:
        self._table.set_idle(self)
