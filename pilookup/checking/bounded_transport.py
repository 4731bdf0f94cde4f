"""A transport for httpx whose requests end at a deadline, for exchanges with a server that are no checks.

The timeouts of an HTTP client begin again with each byte that a server sends, so a server that sends one now and then
could hold a call for days.
"""

from collections.abc import Iterator

import httpcore2
import httpx2

from pilookup.checking.deadline import Deadline
from pilookup.checking.network import Backend
from pilookup.checking.transport import pool_options


class BoundedTransport(httpx2.BaseTransport):
    """Sends requests to one server, all of which end at a deadline. The timeouts of the client above have no effect."""

    def __init__(self, base: str, deadline: Deadline) -> None:
        """Make a pool of connections.

        Args:
            base: the server's base URL.
            deadline: when every request must have ended.

        Raises:
            ValueError, MissingExtraError: a proxy cannot be used.
        """
        self._deadline = deadline
        self._pool = httpcore2.ConnectionPool(network_backend=Backend(), **pool_options(base))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raises httpcore's errors (`connect_errors.ERRORS`), also while the answer is read."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.content,
                extensions={"timeout": self._deadline.timeouts()},
            )
        )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """The body of an answer of httpcore."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
