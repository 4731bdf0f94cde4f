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

    _waiting: asyncio.TimerHandle | None = None
    _taken = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None and (self.cycle is None or self.cycle.response_complete):
            self._begin()
        super().data_received(data)
        # The chunk that ends a head may bring a body along, so only a head that goes on is counted.
        self._taken += len(data)
        if self._waiting is not None and self._taken > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()

    def _begin(self) -> None:
        self._taken = 0
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._late)

    def _end(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _late(self) -> None:
        self._waiting = None
        self.transport.close()
