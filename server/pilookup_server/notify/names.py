"""Name look-ups that a deadline can leave behind: the system's look-up cannot be interrupted."""

import asyncio
import socket
from contextlib import suppress
from threading import BoundedSemaphore, Thread
from typing import Final

MOST_LOOK_UPS: Final = 16
"""Most look-ups at the same time, those that were left behind included."""


class Names:
    """Looks up names on threads that the process does not wait for at its end."""

    def __init__(self) -> None:
        """Start nothing."""
        self._free = BoundedSemaphore(MOST_LOOK_UPS)

    async def look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a name, as texts, in the order in which to try them.

        Raises:
            OSError: It has none, it is not a name, or too many look-ups hang.
        """
        if not self._free.acquire(blocking=False):
            raise OSError("too many look-ups hang")
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def work() -> None:
            outcome = _addresses(host, port)
            self._free.release()
            with suppress(RuntimeError):  # the loop is closed, so nobody waits any more
                loop.call_soon_threadsafe(_give, future, outcome)

        Thread(target=work, name="pilookup-names", daemon=True).start()
        outcome = await future
        if isinstance(outcome, OSError):
            raise outcome
        addresses: list[str] = outcome
        return addresses


def _addresses(host: str, port: int) -> list[str] | OSError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return OSError("not a name")
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def _give(future: "asyncio.Future[list[str] | OSError]", outcome: list[str] | OSError) -> None:
    if not future.done():
        future.set_result(outcome)
