"""The real server on a loopback port, and a proxy in front of it that may change answers."""

import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import uvicorn
from pilookup_server.app import create_app
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.process.connection import ConnectionFactory, ConnectionTimes, Listener
from pilookup_server.process.connection_table import ConnectionTable
from pilookup_server.process.worker import HEAD_SECONDS
from pilookup_server.settings import read_settings

from pilookup.clock import utc_now
from pilookup.keyring import Half, Keyring
from tests.support.attacks.home import ONLINE
from tests.support.server.platform_keys import add_platform

MANY = "100000000/minute"
ROOMY = dict.fromkeys(("public_quota", "public_channel_quota", "platform_quota", "request_quota"), MANY) | {
    "public_reserve": "",
    "public_epoch_quota": 10**12,
}
PASSED = ("content-type", "retry-after", "etag", "ratelimit")


class Served:
    """The app in uvicorn in a thread, behind the connections of a worker, with the keyring of the online half."""

    def __init__(self, path, clock=utc_now, **given):
        add_platform(path)
        keys = KeyringKeys(Keyring.unlock(path / "online", Half.ONLINE, ONLINE))
        settings = read_settings(home=path, **({"poll_seconds": 0.2} | ROOMY | given))
        self.app = create_app(settings, keys, Path(tempfile.mkdtemp(dir=path)), clock)
        table = ConnectionTable(settings.max_connections, settings.max_connections_per_address, time.monotonic)
        times = ConnectionTimes(HEAD_SECONDS, settings.body_seconds, settings.response_seconds)
        self.server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                loop="asyncio",
                http=ConnectionFactory(Listener(table), {}, ClientAddresses(settings.trusted_proxies), times),
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)
        self.thread.start()
        end = time.monotonic() + 30
        while not self.server.started:
            assert self.thread.is_alive()
            assert time.monotonic() < end
            time.sleep(0.01)

    def close(self):
        self.server.should_exit = True
        self.thread.join(30)
        self.socket.close()


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    drip: float = 0.0


@dataclass(frozen=True)
class RecordedRequest:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


class Proxy:
    """Forwards requests to a server; `twist(request, answer) -> Answer` changes the answers."""

    def __init__(self, url):
        self.twist = lambda request, answer: answer
        self.recorded: list[RecordedRequest] = []
        self.upstream = httpx2.Client(base_url=url, timeout=30)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def pass_on(self, request: RecordedRequest) -> Answer:
        names = {"content-type", "authorization", "accept-encoding"}
        headers = {name: value for name, value in request.headers.items() if name in names}
        answer = self.upstream.request(request.method, request.path, content=request.body, headers=headers)
        kept = {name: answer.headers[name] for name in PASSED if name in answer.headers}
        return Answer(answer.status_code, answer.content, kept)

    def alter(self, part, change):
        """Replace the bodies of 200 answers to paths that contain `part` by `change(request, body)`."""

        def twist(request, answer):
            hit = part in request.path and answer.status == 200
            return replace(answer, body=change(request, answer.body)) if hit else answer

        self.twist = twist

    def put_over(self, files, gone=()):
        """Serve these metadata files in place of the server's, and 404 for the names in `gone`."""

        def twist(request, answer):
            name = request.path.rpartition("/metadata/")[2]
            if "/metadata/" not in request.path or (name not in files and name not in gone):
                return answer
            return Answer(body=files[name]) if name in files else Answer(404)

        self.twist = twist

    def honest(self):
        self.twist = lambda request, answer: answer

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.upstream.close()


def _handler(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = RecordedRequest(self.command, self.path, body, {k.lower(): v for k, v in self.headers.items()})
            proxy.recorded.append(request)
            answer = proxy.twist(request, proxy.pass_on(request))
            time.sleep(answer.delay)
            try:
                self.put(answer)
            except OSError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - the name http.server calls

        def put(self, answer):
            if answer.cut == -1:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in answer.body if answer.drip else b"":
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(answer.drip)
            if not answer.drip:
                self.wfile.write(answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        def log_message(self, *_):
            pass

    return Handler
