"""What one connection can make a worker hold, in bytes and requests, and how long it may take, on a fake clock.

tests/attacks/scripts/server_attacks.py shows the same attacks on a real server, in memory and seconds.
"""

import asyncio

import pytest
from pilookup_server.middleware.refusals import MAX_REFUSALS, closes_connection
from pilookup_server.process import message_protocol
from pilookup_server.process.connection import CLOSING_SECONDS, READ_BYTES
from pilookup_server.process.message_protocol import DROPPED_BYTES, MAX_HEADERS, MAX_PIPELINED, OUTSIDE_BYTES
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from tests.support.server.fake_connection import TIMES, Worker, feed, settle

pytestmark = pytest.mark.anyio
GET = b"GET / HTTP/1.1\r\nhost: t\r\n\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n"
MARGIN = OUTSIDE_BYTES + 2 * READ_BYTES


class App:
    """Answers, echoes, waits until the test lets it answer, or streams; notes each request and who was cut off."""

    def __init__(self):
        self.requests, self.cut_off, self.sent = [], 0, 0
        self.open = asyncio.Event()
        routes = [
            Route("/", self.index),
            Route("/echo", self.echo, methods=["POST"]),
            Route("/wait", self.wait, methods=["GET", "POST"]),
            Route("/stream", self.stream),
            Route("/missing", self.missing),
        ]
        self.routed = Starlette(routes=routes)

    async def __call__(self, scope, receive, send):
        self.requests.append(scope["path"])

        async def note(message):
            if message["type"] == "http.response.start" and closes_connection(scope, message["status"]):
                message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self.routed(scope, receive, note)
        except ClientDisconnect:
            self.cut_off += 1

    async def index(self, _):
        return PlainTextResponse("here")

    async def echo(self, request):
        return PlainTextResponse(str(len(await request.body())))

    async def wait(self, _):
        await self.open.wait()
        return PlainTextResponse("late")

    async def missing(self, _):
        return PlainTextResponse("none", 404)

    async def stream(self, _):
        async def parts():
            for _ in range(100):
                self.sent += 1
                yield b"x" * 8192

        return StreamingResponse(parts())


@pytest.fixture
async def worker():
    return Worker(App())


def status(transport):
    return int(transport.written[9:12])


async def test_requests_are_answered_and_the_connection_is_kept(worker):
    one = worker.connect()
    for _ in range(3):
        one.written.clear()
        assert await feed(one, GET) == len(GET)
        assert status(one) == 200
    assert not one.closing
    assert len(worker.table) == 1


async def test_a_body_in_chunks_is_answered(worker):
    one = worker.connect()
    await feed(one, CHUNKED + b"5;name=value\r\nhello\r\n0\r\n\r\n")
    assert one.written.endswith(b"5")
    await feed(one, GET)
    assert one.written.endswith(b"here")


ENDLESS = {
    "a request line": (b"GET /", b"a"),
    "a header": (b"GET / HTTP/1.1\r\nhost: t\r\nx: ", b"a"),
    "headers": (b"GET / HTTP/1.1\r\nhost: t\r\n", b"a:\r\n"),
    "blank lines": (b"", b"\r\n"),
    "a chunk extension": (CHUNKED + b"1;", b"a"),
    "chunk extensions": (CHUNKED, b"1;aaaa\r\nx\r\n"),
    "chunks of one byte": (CHUNKED, b"1\r\nx\r\n"),
    "a chunk size": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n"),
    "a trailer": (CHUNKED + b"0\r\na: ", b"b"),
    "a trailer name": (CHUNKED + b"0\r\n", b"b"),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_is_outside_a_body_is_read_to_its_limit_only(worker, what):
    first, endless = ENDLESS[what]
    one = worker.connect()
    await feed(one, first)
    read = len(first)
    while not one.ended and not one.closing and read < 50 * MARGIN:
        read += await feed(one, endless * (READ_BYTES // len(endless)))
    bodies = 4 if "chunk" in what else 1  # of the framing of chunks, a part is body
    assert read <= bodies * MARGIN
    assert status(one) in (400, 431)
    assert one.written.count(b"HTTP/1.1") == 1
    assert sum(worker.table.refused.values()) == 1


async def test_trailers_are_refused_at_the_first_and_the_app_is_told(worker):
    one = worker.connect()
    await feed(one, CHUNKED + b"2\r\n{}\r\n0\r\na: b\r\nc: d\r\n\r\n")
    assert status(one) == 400
    assert worker.app.cut_off == 1
    assert worker.table.refused == {"trailer": 1}


async def test_a_refused_caller_can_read_the_answer_and_is_not_read(worker):
    one = worker.connect()
    await feed(one, b"nonsense\r\n\r\n")
    assert one.ended
    assert not one.closing  # a close would reset the connection while the caller sends
    await feed(one, GET * 1000)
    assert not one.closing
    assert worker.app.requests == []
    assert one.written.count(b"HTTP/1.1") == 1


async def test_a_refused_caller_that_goes_on_is_cut(worker):
    one = worker.connect()
    await feed(one, b"nonsense\r\n\r\n")
    assert await feed(one, bytes(2**20)) <= DROPPED_BYTES + READ_BYTES
    assert one.aborted


async def test_headers_are_few(worker):
    head = b"GET / HTTP/1.1\r\nhost: t\r\n" + b"a: b\r\n" * (MAX_HEADERS - 1)
    one, other = worker.connect(), worker.connect()
    await feed(one, head + b"\r\n")
    assert status(one) == 200
    await feed(other, head + b"c: d\r\n\r\n")
    assert status(other) == 431


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nhost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nhost: a\r\nAuthorization: b\r\nauthorization: c\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: b\r\ncontent-type: c\r\ncontent-length: 0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\norigin: b\r\nOrigin: c\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: b\r\nx-forwarded-for: c\r\n\r\n", 200),
    ],
)
async def test_a_header_that_decides_comes_once(worker, head, expected):
    one = worker.connect()
    await feed(one, head)
    assert status(one) == expected


async def test_few_requests_wait_behind_one(worker):
    one = worker.connect()
    await feed(one, b"GET /wait HTTP/1.1\r\nhost: t\r\n\r\n" + GET * MAX_PIPELINED)
    assert one.paused
    worker.app.open.set()
    await settle()
    assert one.written.count(b"HTTP/1.1 200") == 1 + MAX_PIPELINED
    assert len(worker.app.requests) == 1 + MAX_PIPELINED


async def test_more_requests_than_may_wait_end_the_connection(worker):
    one = worker.connect()
    await feed(one, b"GET /wait HTTP/1.1\r\nhost: t\r\n\r\n" + GET * 500)
    assert one.aborted
    assert worker.app.requests == ["/wait"]
    assert worker.table.refused == {"pipeline": 1}
    worker.app.open.set()
    await settle()
    assert worker.app.requests == ["/wait"]  # those that waited are not begun
    assert one.written == b""


async def test_a_bad_request_behind_one_that_waits_is_not_answered_in_its_place(worker):
    one = worker.connect()
    await feed(one, b"GET /wait HTTP/1.1\r\nhost: t\r\n\r\nnonsense\r\n\r\n")
    assert one.aborted
    assert one.written == b""


async def test_a_body_after_the_answer_is_dropped_to_a_limit(worker):
    one = worker.connect()
    read = await feed(one, b"POST /missing HTTP/1.1\r\nhost: t\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 2**20)
    assert read <= DROPPED_BYTES + 65536 + 3 * READ_BYTES  # what came before the answer, and after it
    assert one.closing
    assert one.written.count(b"HTTP/1.1") == 1


async def test_a_body_that_nobody_reads_is_not_taken_from_the_system(worker):
    one = worker.connect()
    read = await feed(one, b"POST /wait HTTP/1.1\r\nhost: t\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 2**20)
    assert read <= 65536 + 2 * READ_BYTES
    assert one.paused


async def test_an_answer_that_nobody_takes_stops_and_is_cut_after_its_time(worker):
    one = worker.connect(reads=False)
    await feed(one, b"GET /stream HTTP/1.1\r\nhost: t\r\n\r\n")
    assert one.unsent <= 32 * 1024
    assert worker.app.sent < 10
    worker.table.sweep()
    worker.clock.now += TIMES.progress
    worker.table.sweep()
    assert not one.aborted
    worker.clock.now += 1
    worker.table.sweep()
    assert one.aborted
    assert worker.table.refused == {"no_progress": 1}
    assert len(worker.table) == 0


@pytest.mark.parametrize("count", [1, 9000])
async def test_an_answer_that_is_taken_slowly_goes_on(worker, count):
    """Also if as many bytes are unsent at each look, because the app writes as many as the caller takes."""
    one = worker.connect(reads=False)
    await feed(one, b"GET /stream HTTP/1.1\r\nhost: t\r\n\r\n")
    for _ in range(20):
        worker.clock.now += TIMES.progress - 1
        one.take(count)
        await settle()
        worker.table.sweep()
    assert not one.closing


async def test_a_short_answer_that_nobody_takes_is_cut_too(worker):
    one = worker.connect(reads=False)
    await feed(one, GET)
    worker.table.sweep()
    worker.clock.now += TIMES.progress + 1
    worker.table.sweep()
    assert one.aborted


async def test_a_close_that_waits_for_the_caller_is_cut(worker):
    one = worker.connect(reads=False)
    await feed(one, GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    worker.table.sweep()
    assert one.closing
    assert not one.aborted
    worker.clock.now += CLOSING_SECONDS + 1
    worker.table.sweep()
    assert one.aborted


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET /", GET[:-2], GET + GET[:-2]])
async def test_a_head_must_come_in_time_however_it_drips(worker, begun):
    one = worker.connect()
    await feed(one, begun)
    for byte in (b"a", b"b", b"c"):
        worker.clock.now += TIMES.head / 4
        await feed(one, byte if begun not in (b"", b"\r\n") else b"")
        worker.table.sweep()
        assert not one.closing
    worker.clock.now += TIMES.head / 4 + 1
    worker.table.sweep()
    assert one.aborted
    assert worker.table.refused == {"slow_head": 1}


async def test_an_idle_connection_between_requests_has_no_head_to_wait_for(worker):
    one = worker.connect()
    await feed(one, GET)
    worker.clock.now += 70
    worker.table.sweep()
    assert not one.closing
    await feed(one, GET)
    assert one.written.count(b"HTTP/1.1 200") == 2


async def test_a_body_must_come_in_time_also_after_the_answer(worker):
    one = worker.connect()
    await feed(one, b"POST /missing HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nx")
    assert b"HTTP/1.1 4" in one.written
    worker.clock.now += TIMES.body + 6
    worker.table.sweep()
    assert one.aborted
    assert worker.table.refused == {"slow_body": 1}


async def test_a_request_that_is_being_answered_has_no_time_here(worker):
    one = worker.connect()
    await feed(one, b"GET /wait HTTP/1.1\r\nhost: t\r\n\r\n")
    worker.clock.now += 1000
    worker.table.sweep()
    assert not one.closing


async def test_a_connection_refused_often_is_closed(worker):
    one = worker.connect()
    bad = b"GET /missing HTTP/1.1\r\nhost: t\r\n\r\n"
    for _ in range(MAX_REFUSALS - 1):
        await feed(one, bad)
    assert not one.closing
    await feed(one, bad)
    assert one.closing
    assert one.written.count(b"connection: close") == 1


async def test_refusals_among_answers_do_not_close_a_connection(worker):
    one = worker.connect()
    for _ in range(3 * MAX_REFUSALS):
        await feed(one, b"GET /missing HTTP/1.1\r\nhost: t\r\n\r\n")
        await feed(one, GET)
    assert not one.closing


async def test_an_upgrade_is_answered_as_a_request(worker):
    one = worker.connect()
    await feed(one, b"GET / HTTP/1.1\r\nhost: t\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
    assert status(one) == 200
    await feed(one, b"\x81\x05hello" * 100)
    assert one.written.count(b"HTTP/1.1 200") == 1


async def test_a_caller_that_goes_away_ends_its_requests(worker):
    one = worker.connect()
    await feed(one, CHUNKED + b"5\r\nhel")
    one.close()
    await settle()
    assert worker.app.cut_off == 1
    assert len(worker.table) == 0


async def test_an_answer_to_half_a_body_is_not_lost_by_closing(monkeypatch):
    """Closing a socket with unread bytes resets the connection: the rest is read and dropped before."""
    monkeypatch.setattr(message_protocol, "LINGER_SECONDS", 0.0)
    transport = Worker(App()).connect()
    await feed(transport, b"POST /missing HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: 100\r\n\r\n")
    await feed(transport, b"x" * 50)
    assert transport.written.startswith(b"HTTP/1.1 40")
    assert transport.ended
    while not transport.aborted:
        await settle()


async def test_a_body_that_goes_on_after_the_answer_is_dropped_up_to_a_limit():
    transport = Worker(App()).connect()
    head = b"POST /missing HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: 10000000\r\n\r\n"
    await feed(transport, head)
    assert transport.ended
    assert not transport.closing
    await feed(transport, b"x" * (DROPPED_BYTES + READ_BYTES))
    assert transport.aborted
