"""Refusals of one connection: a connection whose requests are refused often is closed."""

from typing import Final

from starlette.types import Scope

EXTENSION: Final = "pilookup.refusals"
"""The ASGI extension under which the server passes the refusals of a request's connection."""

MAX_REFUSALS: Final = 20
"""A connection is closed with this refusal, if as many more requests were refused than answered."""


class ConnectionRefusals:
    """Counts the refusals of one connection; a request that is answered takes one off."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def note(self, status: int) -> bool:
        """Count a response.

        Returns:
            Whether the connection must be closed after it.
        """
        if status < 400:
            self._count = max(0, self._count - 1)
        else:
            self._count += 1
        return self._count >= MAX_REFUSALS


def closes_connection(scope: Scope, status: int) -> bool:
    """Count a response for its connection; whether the connection must be closed after it.

    False if the server does not pass the extension.
    """
    refusals: ConnectionRefusals | None = scope.get("extensions", {}).get(EXTENSION)
    return refusals is not None and refusals.note(status)
