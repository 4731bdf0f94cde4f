"""What a worker asks of the process that has the service database: to keep a report, what became of one, or to
countersign a receipt.

Workers have no connection to the database. Each has one end of a pair of sockets, and the keeper of the counts the
others; a message is one datagram. The sockets are made before the processes are forked, so that a process that is
started again has them too.
"""

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from pilookup.protocol.received_reports import ReceivedReport

ANSWER_SECONDS: Final = 12.0
"""How long a worker waits. A database that does not answer takes the keeper five seconds, perhaps twice."""

_MAX_MESSAGE: Final = 1 << 16


class Outcome(StrEnum):
    """What came of a call."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    TOO_MANY = "too-many"
    FOUND = "found"
    MISSING = "missing"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Submit:
    """Keep a report."""

    report: ReceivedReport


@dataclass(frozen=True, slots=True)
class Find:
    """Say what became of a report of a platform."""

    platform: str
    report: str


@dataclass(frozen=True, slots=True)
class Countersign:
    """Countersign the statement of a platform.

    Attributes:
        platform: The name of the platform.
        statement_sha256: The SHA-256 of the statement.
        channel: The channel that it is about.
        since: The first day (UTC) that it is about.
        until: The last one.
    """

    platform: str
    statement_sha256: str
    channel: str
    since: date
    until: date


Call = Submit | Find | Countersign


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call.

    Attributes:
        outcome: What came of it.
        received: The day on which the report was received, where there is one.
        answer: The answer of custody, or the countersignature, as canonical JSON; None if there is none.
    """

    outcome: Outcome
    received: date | None = None
    answer: str | None = None


class ReportCalls(Protocol):
    """Makes calls. It never raises for a database that cannot be used: the reply is UNAVAILABLE."""

    async def call(self, call: Call) -> Reply:
        """Make a call and wait for its reply."""


class SocketCalls:
    """The end of a worker. Calls are made one after another."""

    def __init__(self, end: socket.socket, wait: float = ANSWER_SECONDS) -> None:
        self._end = end
        self._wait = wait
        self._lock = asyncio.Lock()

    async def call(self, call: Call) -> Reply:
        """Make a call; UNAVAILABLE if there is no reply in time. Then the report may have been kept nevertheless."""
        number = secrets.token_hex(8)
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._wait), self._lock:
                self._end.send(_encode(number, call))
                while True:
                    replied, reply = _decode_reply(await asyncio.get_running_loop().sock_recv(self._end, _MAX_MESSAGE))
                    if replied == number:  # else a reply to a call that was given up
                        return reply
        return Reply(Outcome.UNAVAILABLE)


class ReportDesk:
    """The pairs of sockets of all workers. Make it before they are forked."""

    def __init__(self, workers: Sequence[str]) -> None:
        """Make a pair for each worker, by its name."""
        self._workers: dict[str, socket.socket] = {}
        self._keeper: list[socket.socket] = []
        for name in workers:
            one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            one.setblocking(False)
            other.setblocking(False)
            self._workers[name] = one
            self._keeper.append(other)

    def close(self) -> None:
        """Close all sockets of this process."""
        for end in (*self._workers.values(), *self._keeper):
            end.close()

    def calls(self, worker: str) -> SocketCalls:
        """The end of a worker, for its event loop."""
        return SocketCalls(self._workers[worker])

    @property
    def descriptors(self) -> list[int]:
        """What the keeper waits at."""
        return [end.fileno() for end in self._keeper]

    def answer(self, handle: Callable[[Call], Reply]) -> None:
        """Answer all calls that have arrived; `handle` must not raise."""
        for end in self._keeper:
            with suppress(OSError):  # nothing more has arrived, or the worker takes no reply, because it has ended
                while True:
                    number, call = _decode_call(end.recv(_MAX_MESSAGE))
                    end.send(_encode_reply(number, handle(call)))


def _encode(number: str, call: Call) -> bytes:
    if isinstance(call, Submit):
        return json.dumps([number, "submit", call.report.to_line().decode()]).encode()
    if isinstance(call, Countersign):
        days = call.since.isoformat(), call.until.isoformat()
        return json.dumps([number, "countersign", call.platform, call.statement_sha256, call.channel, *days]).encode()
    return json.dumps([number, "find", call.platform, call.report]).encode()


def _decode_call(data: bytes) -> tuple[str, Call]:
    number, kind, *rest = json.loads(data)
    if kind == "submit":
        return number, Submit(ReceivedReport.from_line(rest[0].encode()[:-1]))
    if kind == "countersign":
        platform, statement, channel, since, until = rest
        days = date.fromisoformat(since), date.fromisoformat(until)
        return number, Countersign(platform, statement, channel, *days)
    return number, Find(*rest)


def _encode_reply(number: str, reply: Reply) -> bytes:
    received = reply.received.isoformat() if reply.received else None
    return json.dumps([number, str(reply.outcome), received, reply.answer]).encode()


def _decode_reply(data: bytes) -> tuple[str, Reply]:
    number, outcome, received, answer = json.loads(data)
    return number, Reply(Outcome(outcome), date.fromisoformat(received) if received else None, answer)
