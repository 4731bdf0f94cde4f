"""Bytes and seconds the head of one request may take, before there is an app to ask.

uvicorn's parser keeps a header until it is whole, however long it is and however slowly it comes.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 10.0

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHeaderProtocol(HttpToolsProtocol):
    """Ends a connection whose request line and headers are too long (431) or too late."""

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
        # The chunk that ends a head may bring a body along, so only a head that goes on is counted.
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
