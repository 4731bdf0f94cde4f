"""uvicorn's HTTP protocol with limits on what one connection may make it hold.

uvicorn's parser keeps a head, a trailer or a chunk extension in memory however long it is, and parses each request of a
pipeline however many there are. Here every byte outside a body is counted until its message is complete, trailers are
refused, and few requests may wait behind one that is being answered.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pilookup_server.middleware.refusals import EXTENSION, ConnectionRefusals
from pilookup_server.process.lingering_transport import LingeringTransport

OUTSIDE_BYTES: Final = 32 * 1024
"""Most bytes of a message outside its body: request line, headers, framing of chunks."""

MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 4
"""Most requests that may wait behind the one that is being answered."""

LINGER_SECONDS: Final = 2.0
"""What the caller of a refused message still sends is dropped for this long; then the connection is closed."""

DROPPED_BYTES: Final = 256 * 1024
"""Most bytes that are read and dropped of a body after its request has been answered, or after a refusal."""

_ONCE: Final = frozenset(
    {
        b"host",
        b"authorization",
        b"content-type",
        b"content-length",
        b"transfer-encoding",
        b"pilookup-proof",
        b"pilookup-purpose",
        b"range",
        b"if-range",
        b"origin",
        b"access-control-request-method",
    }
)
"""Headers of which two would be ambiguous: a proxy may have read the other one."""

_CLOSE: Final = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\n" + _CLOSE
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE


class _RefusedError(Exception):
    """Raised in a callback of the parser, which then stops."""


class MessageProtocol(HttpToolsProtocol):
    """Parses the requests of one connection, and refuses a message that breaks a limit.

    A refused message is answered with 400 or 431 if nothing else is being answered, and its connection is closed.

    Attributes:
        in_message: Whether a message has begun that is not complete.
        in_body: Whether its head is complete.
        is_refused: Whether a message was refused, or answered before all of it had arrived, and the connection is being
            closed; what still arrives is dropped.
    """

    in_message = False
    in_body = False
    is_refused = False
    _violation = "malformed"
    _outside = 0
    _dropped = 0
    _current: Any = None

    def __init__(
        self,
        *args: Any,
        on_message: Callable[[], None],
        on_idle: Callable[[], None],
        on_refusal: Callable[[str], None],
        **named: Any,
    ) -> None:
        """Make the protocol.

        Args:
            args: As uvicorn passes them.
            on_message: Called when a message begins, when its head is complete, and when the whole message is.
            on_idle: Called when all messages that have begun are complete and answered.
            on_refusal: Called with a word for the violation when a message is refused.
            named: As uvicorn passes them.
        """
        super().__init__(*args, **named)
        self._on_message = on_message
        self._on_idle = on_idle
        self._on_refusal = on_refusal
        self._refusals = ConnectionRefusals()
        self._refusal = _BAD_REQUEST

    @property
    def is_paused(self) -> bool:
        """Whether nothing is read from the caller until an answer has gone on."""
        return bool(self.flow.read_paused)

    @property
    def is_answering(self) -> bool:
        """Whether a request has been passed to the app that is not answered completely."""
        return self._current is not None and not self._current.response_complete

    def connection_made(self, transport: Any) -> None:
        super().connection_made(LingeringTransport(transport, lambda: self._close(transport)))  # type: ignore[arg-type]

    def _close(self, transport: Any) -> None:
        """Close the connection, after a while if a message is answered that has not arrived completely."""
        if self.in_message and not self.is_refused and not transport.is_closing():
            self.is_refused = True
            self._linger()
        else:
            transport.close()

    def _linger(self) -> None:
        """Send no more, and drop what arrives: closing now would reset the connection, and the answer could be lost."""
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self.is_refused:
            self._drop(len(data))
            return
        self._outside += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # no other protocol is offered; the request is answered as any other, and the next one is refused
        except httptools.HttpParserError:
            self._refuse(self._violation)
            return
        if self._outside > OUTSIDE_BYTES:
            self._refusal = _BAD_REQUEST if self.in_body else _TOO_LARGE
            self._refuse("outside_body")

    def _drop(self, count: int) -> None:
        self._dropped += count
        if self._dropped > DROPPED_BYTES:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disconnect()
        super().connection_lost(exc)

    def _refuse(self, violation: str) -> None:
        """Answer the refused message, unless another answer has begun, and close the connection."""
        self.is_refused = True
        self._on_refusal(violation)
        its_own_answer = self.in_body and self._current is self.cycle
        answer_has_begun = self._current.response_started if its_own_answer else self.is_answering
        if answer_has_begun:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._disconnect()
            self.transport.write(self._refusal)
            self._linger()

    def _disconnect(self) -> None:
        """Tell the app that nobody waits for its answer; requests that still wait are dropped."""
        self.pipeline.clear()
        if self._current is not None and not self._current.response_complete:
            self._current.disconnected = True
            self._current.message_event.set()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise self._stop("pipeline")
        super().on_message_begin()
        self.in_message, self.in_body = True, False
        self.scope["extensions"] = cast("dict[str, dict[object, object]]", {EXTENSION: self._refusals})
        self._on_message()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_body:
            raise self._stop("trailer")
        if len(self.headers) >= MAX_HEADERS:
            self._refusal = _TOO_LARGE
            raise self._stop("headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers if name in _ONCE]
        if len(names) != len(set(names)) or (b"host" not in names and self.parser.get_http_version() != "1.0"):
            raise self._stop("ambiguous")
        self.in_body = True
        self._dropped = 0
        super().on_headers_complete()
        self._on_message()

    def on_body(self, body: bytes) -> None:
        self._outside -= len(body)
        if self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > DROPPED_BYTES:
                raise self._stop("late_body")
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._outside = 0
        self.in_message = self.in_body = False
        self._on_message()
        self._note_idle()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._current = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note_idle()

    def _note_idle(self) -> None:
        if not self.in_message and not self.is_answering:
            self._on_idle()

    def _stop(self, violation: str) -> _RefusedError:
        self._violation = violation
        return _RefusedError(violation)
