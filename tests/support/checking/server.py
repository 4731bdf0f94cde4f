"""A loopback HTTP server that serves a Publisher's files and can be made to misbehave."""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pilookup.protocol import oprf
from pilookup.protocol.problems import Problem

ROUTE = re.compile(r"/v1/channels/([a-z0-9-]+)/(metadata|targets|snapshots|evaluate)(?:/(.*))?")

USED_UP = json.dumps(
    {"type": Problem.QUOTA_EXCEEDED.uri, "window": "signup", "limit": 12, "left": 0, "end": "2027-01-01T00:00:00Z"}
).encode()
"""The body of a 429 (application/problem+json) where the quota of the epoch is used up."""


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    """Number of bytes of the body after which the connection is closed; -1 closes it before the head."""
    drip: float = 0.0
    """Seconds between two single bytes of the body."""
    raw: Callable[[socket.socket, bytes], None] | None = None
    """Takes the connection and the body in place of what is sent otherwise; the connection is closed afterwards."""


@dataclass
class Asked:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


class Host:
    """Serves a publisher; `twist(asked, answer) -> Answer` changes answers before they are sent."""

    def __init__(self, publisher):
        self.publisher = publisher
        self.twist = lambda asked, answer: answer
        self.asked: list[Asked] = []
        self.token = None
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def paths(self, part: str) -> list[str]:
        return [asked.path for asked in self.asked if part in asked.path]

    def evaluations(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def answer(self, asked: Asked) -> Answer:
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401)
        match = ROUTE.fullmatch(urlsplit(asked.path).path)
        if not match or match[1] != self.publisher.channel:
            return Answer(404)
        if match[2] == "metadata":
            return self._file(self.publisher.metadata.get(match[3]))
        if match[2] == "targets":
            return _part(self._file(self.publisher.targets.get(match[3])), asked.headers.get("range"))
        if match[2] == "snapshots":
            return self._bucket(match[3])
        return self._evaluate(asked)

    def _file(self, data):
        return Answer(404) if data is None else Answer(body=data)

    def _bucket(self, rest):
        serial, _, index = rest.split("/")
        buckets = self.publisher.buckets.get(int(serial))
        return Answer(body=buckets.body(int(index))) if buckets else Answer(410)

    def _evaluate(self, asked):
        key = self.publisher.keys.get(int(parse_qs(urlsplit(asked.path).query)["epoch"][0]))
        return Answer(body=evaluate(asked.body, key)) if key else Answer(410)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def _part(answer, asked):
    """Answer a request for one range of bytes as a static host does."""
    if asked is None or answer.status != 200:
        return answer
    first, last = map(int, asked.removeprefix("bytes=").split("-"))
    size = len(answer.body)
    if first >= size:
        return Answer(416, headers={"Content-Range": f"bytes */{size}"})
    last = min(last, size - 1)
    return Answer(206, answer.body[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{size}"})


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, address):
        """Print errors of this file, but not that a client has hung up, as many tests want it to."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, address)


def evaluate(elements: bytes, key, proof_key=None) -> bytes:
    evaluated = oprf.evaluate(elements, key)
    return evaluated + oprf.prove(elements, evaluated, proof_key or key)


def _handler(host):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # sends head and body in one packet; otherwise each answer waits for a delayed ACK

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Asked(self.command, self.path, body, {k.lower(): v for k, v in self.headers.items()})
            host.asked.append(asked)
            answer = host.twist(asked, host.answer(asked))
            time.sleep(answer.delay)
            try:
                self.put(answer)
            except OSError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - the name http.server calls

        def put(self, answer):
            if answer.raw:
                self.close_connection = True
                answer.raw(self.connection, answer.body)
                return
            if answer.cut == -1:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.drip:
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(answer.drip)
                return
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        def log_message(self, *_):
            pass

    return Handler
