"""Servers between the browser and the real server, which record every byte of a request and may change the answer.

`Proxy` forwards to the real server. `Static` hosts only the built page, as an organisation without the server would.
"""

import itertools
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from pilookup_server.page_host.assets import BUILT, read_assets
from pilookup_server.page_host.config import Operator, PageConfig

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class RecordedRequest:
    """A request: its parts, and `raw`, every byte of it as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    """Number of bytes of the body after which the connection is closed; -1 closes it before the head."""

    @classmethod
    def problem(cls, status, **headers):
        body = {"type": "urn:pilookup:problem:synthetic", "title": "synthetic", "status": status}
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        return cls(status, json.dumps(body).encode(), {"content-type": "application/problem+json"} | named)


Twist = Callable[[RecordedRequest, Answer], Answer]


class Recorder(ABC):
    """A loopback HTTP server that records its requests. `answer` makes the answers, and the twists change them."""

    def __init__(self):
        self.recorded: list[RecordedRequest] = []
        self.dropped: list[RecordedRequest] = []
        """Requests whose connection ended before anything was answered."""
        self.twists: list[Twist] = []
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @abstractmethod
    def answer(self, request: RecordedRequest) -> Answer:
        """The answer before any twist."""

    def change(self, part: str, twist: Twist):
        """Run `twist(request, answer)` on answers to paths that contain `part`."""
        self.twists.append(lambda request, answer: twist(request, answer) if part in request.path else answer)

    def alter(self, part: str, change: Callable[[bytes], bytes]):
        """Change the bodies of 200 answers to paths that contain `part`, and such files within `combined.json`."""

        def twist(_, answer):
            if answer.status != 200:
                return answer
            # The ETag is of the original body: with it a browser could get a 304 for the changed one.
            headers = {name: value for name, value in answer.headers.items() if name != "etag"}
            return replace(answer, body=change(answer.body), headers=headers)

        self.change(part, twist)
        self._alter_combined(lambda name, data: change(data) if part in f"/{name}" else data)

    def _alter_combined(self, change: Callable[[str, bytes], bytes]):
        """Change the files in `combined.json`, by their names and bytes."""

        def twist(_, answer):
            if answer.status != 200:
                return answer
            texts = {name: change(name, text.encode()).decode() for name, text in json.loads(answer.body).items()}
            headers = {name: value for name, value in answer.headers.items() if name != "etag"}
            return replace(answer, body=json.dumps(texts).encode(), headers=headers)

        self.change("/combined.json", twist)

    def put_over(self, files: dict[str, bytes]):
        """Serve these metadata files in place of the server's."""

        def twist(request, answer):
            name = request.path.rpartition("/")[2]
            return Answer(200, files[name], answer.headers) if name in files else answer

        self.change("/metadata/", twist)

        def combined(_, answer):
            return replace(answer, body=json.dumps({name: data.decode() for name, data in files.items()}).encode())

        self.change("/combined.json", combined)

    def hold(self, part: str):
        """Let answers to paths that contain `part` wait until `release`."""
        self._released.clear()

        def twist(_, answer):
            self._released.wait(60)
            return answer

        self.change(part, twist)

    def release(self):
        self._released.set()

    def honest(self):
        self.twists = []

    def paths(self, part=""):
        return [request.path for request in self.recorded if part in request.path]

    def close(self):
        """Stop the server; later connections are refused."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()


class Proxy(Recorder):
    """Forwards to a server. Every proxy has its own client address, and so its own quota.

    With `encoded` it passes on what the browser accepts, and bodies as the server has compressed them; they cannot be
    altered then.
    """

    count = itertools.count(1)

    def __init__(self, upstream: str, *, encoded: bool = False):
        self.encoded = encoded
        self.upstream = httpx2.Client(base_url=upstream, timeout=60)
        self.address = f"2001:db8:{next(self.count):x}::1"
        self._forwarding = threading.Condition()
        self._forwarded, self._closed = 0, False
        super().__init__()

    def answer(self, request):
        headers = {n: v for n, v in request.headers.items() if n not in HOP | {"host"}}
        headers |= {"x-forwarded-for": self.address} | ({} if self.encoded else {"accept-encoding": "identity"})
        if self.twists:
            headers = {name: value for name, value in headers.items() if name != "if-none-match"}
        with (
            self._open(),
            self.upstream.stream(request.method, request.path, content=request.body, headers=headers) as got,
        ):
            body = b"".join(got.iter_raw())
        return Answer(got.status_code, body, {n: v for n, v in got.headers.items() if n not in HOP})

    @contextmanager
    def _open(self):
        """Keeps the client open within the block; raises ConnectionAbortedError if it is closed."""
        with self._forwarding:
            if self._closed:
                raise ConnectionAbortedError
            self._forwarded += 1
        try:
            yield
        finally:
            with self._forwarding:
                self._forwarded -= 1
                self._forwarding.notify_all()

    def close(self):
        super().close()
        with self._forwarding:
            self._closed = True
            self._forwarding.wait_for(lambda: not self._forwarded, timeout=60)
        self.upstream.close()


class Static(Recorder):
    """The built page, its policy and a config.json, in a folder of a host that has nothing else."""

    def __init__(self, server: str, buckets: str, root: bytes, folder="/check"):
        self.folder = folder
        config = PageConfig(Operator(name_zh="测试协会", name_en="Test association"), server=server, buckets=buckets)
        self.policy = config.policy()
        self.files = {name: (asset.media_type, asset.plain) for name, asset in read_assets().items()}
        self.files["config.json"] = ("application/json", config.to_json(root))
        super().__init__()
        self.page = f"{self.url}{folder}/"

    def answer(self, request):
        path = urlsplit(request.path).path
        name = path.removeprefix(f"{self.folder}/") or "index.html"
        if not path.startswith(f"{self.folder}/") or name not in self.files:
            return Answer(404)
        media_type, data = self.files[name]
        return Answer(200, data, {"content-type": media_type, "content-security-policy": self.policy})


def is_built(folder: Path = BUILT) -> bool:
    return (folder / "index.html").is_file()


class _Tee:
    """A reader that keeps what it reads."""

    def __init__(self, file):
        self.file = file
        self.kept = bytearray()

    def readline(self, *size):
        return self._keep(self.file.readline(*size))

    def read(self, *size):
        return self._keep(self.file.read(*size))

    def _keep(self, data):
        self.kept += data
        return data

    def close(self):
        self.file.close()

    @property
    def closed(self):
        return self.file.closed


def _handler(recorder):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def setup(self):
            super().setup()
            self.rfile = _Tee(self.rfile)

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            raw, self.rfile.kept = bytes(self.rfile.kept), bytearray()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = RecordedRequest(self.command, self.path, headers, body, raw)
            recorder.recorded.append(request)
            try:
                answer = recorder.answer(request)
                for twist in list(recorder.twists):
                    answer = twist(request, answer)
                time.sleep(answer.delay)
                self.put(answer)
            except (OSError, RuntimeError, httpx2.HTTPError):
                # The browser or the server behind has closed, or the answer is to be cut: end the connection.
                self.close_connection = True
                recorder.dropped.append(request)

        do_POST = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - the names http.server calls

        def put(self, answer):
            if answer.cut == -1:
                raise ConnectionAbortedError
            self.send_response_only(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        def log_message(self, *_):
            pass

    return Handler
