"""Limits on the size and duration of a request's head, which apply before the app is called.

uvicorn's parser keeps an incomplete header in memory, however long it is and however slowly it arrives.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 64 * 1024
"""Most bytes received while a head is incomplete."""

HEAD_SECONDS: Final = 10.0
"""Most seconds from a head's first byte, or from the start of the connection, until the head is complete."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHeaderProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too long (after a 431) or arrive too slowly."""

    _timer: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._start_timer()
        super().data_received(data)
        # The chunk that completes a head may also contain body bytes, so only an incomplete head is checked.
        self._received += len(data)
        if self._timer is not None and self._received > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._cancel_timer()
        super().on_headers_complete()

    def _start_timer(self) -> None:
        self._received = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self._expired)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        self._timer = None
        self.transport.close()
