"""Answers that arrive byte by byte: whole messages with every element of HTTP/1.1, and endless ones."""

import queue
import select
import socket
import time

from tests.support.checking.server import Answer

HANG = 20.0
"""Seconds after which a call has not ended: far more than any call takes here."""

EXCHANGES = {"metadata": "timestamp.json", "evaluate": "/evaluate", "bucket": "/buckets/"}
"""A part of the path of each exchange's request."""

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

ENDLESS = {
    "head": (b"HTTP/1.1 200 O", b"K"),
    "header line": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "1xx": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunk size": (CHUNKED, b"0"),
    "chunk extension": (CHUNKED + b"1;", b"e"),
    "trailers": (CHUNKED + b"0\r\n", b"T: u\r\n"),
}
"""Messages that never end, by the element that does not: how each begins, and what is then repeated."""


def plain(body: bytes) -> bytes:
    """A message with its length in front."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def elaborate(body: bytes) -> bytes:
    """A message with an interim answer, two chunks with extensions, and a trailer."""
    half = len(body) // 2
    chunks = b"".join(b"%x;e=f\r\n%s\r\n" % (len(some), some) for some in (body[:half], body[half:]))
    return b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + CHUNKED + chunks + b"0;e=f\r\nT: u\r\n\r\n"


FORMS = {"plain": plain, "elaborate": elaborate}


def positions(message: bytes, body: bytes, step: int) -> list[int]:
    """Every position of a message but its last, except that of the bytes of the body only each `step`th is one."""
    half = len(body) // 2
    inside = set()
    for part in (body[:half], body[half:]) if message == elaborate(body) else (body,):
        start = message.index(part)
        inside |= {at for at in range(start + 1, start + len(part)) if (at - start) % step}
    return [at for at in range(len(message) - 1) if at not in inside]


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Whether the peer closes the connection within a time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([connection], [], [], left)[0]:
            try:
                if not connection.recv(65536):
                    return True
            except OSError:
                return True
    return False


def send_slowly(connection: socket.socket, data: bytes, pause: float, limit: float) -> bool:
    """Send single bytes with pauses between them, until the peer closes the connection or `limit` seconds are over.

    Returns:
        Whether all bytes were sent.
    """
    end = time.monotonic() + limit
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        if is_closed(connection, pause) or time.monotonic() > end:
            return at == len(data) - 1
    return True


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


class Dripping:
    """Sends a message up to a position, then moves the clock past the deadline, and sends one more byte.

    `closed` gets for each such answer whether the client closed the connection.
    """

    def __init__(self, form, clock):
        self.form = form
        self.clock = clock
        self.position = None
        self.body = None
        self.closed = queue.Queue()

    def __call__(self, asked, answer):
        self.body = answer.body
        return Answer(body=answer.body, raw=self.send) if self.position is not None else answer

    def send(self, connection, body):
        message = self.form(body)
        connection.sendall(message[: self.position])
        self.clock.time += 2 * HANG
        try:
            connection.sendall(message[self.position : self.position + 1])
            self.closed.put(is_closed(connection, HANG / 2))
        except OSError:  # the client has closed it already
            self.closed.put(True)
