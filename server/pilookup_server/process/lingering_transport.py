"""A transport whose `close` leaves the caller the time to read an answer that it did not wait for."""

from collections.abc import Callable
from typing import Any


class LingeringTransport:
    """Passes everything on to a transport, but `close` to a function.

    Closing a socket with bytes that were not read resets the connection, and the caller may lose the answer.
    """

    def __init__(self, transport: Any, close: Callable[[], None]) -> None:
        """Wrap a transport.

        Args:
            transport: The transport.
            close: Called in place of its `close`.
        """
        self._transport = transport
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
