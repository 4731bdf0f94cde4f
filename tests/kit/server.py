"""The kit's HTTP server, on a loopback address: cases, their roots, the list, and the control routes.

/case/NAME/...          the base URL of a case
/v1/...                 the case that was chosen for the root, if any
/trust/NAME.json        the root to pin
/cases.json             the list of cases
POST /step/NAME/N       sets the step, from 1; step 1 also empties the log
GET /log/NAME           what the case was asked since step 1, and rules that the client has broken
"""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from tests.kit.case import Case
from tests.kit.site import ELSEWHERE, JSON, Reply, Request, Site, elements_of

MAX_BODY = 64 * 1024
_CONTROL = re.compile(r"/(trust|step|log)/([a-z0-9-]+)(?:\.json|/([0-9]+))?")


@dataclass
class Running:
    """A case as it is served: its step, the log, and the elements that it was sent."""

    case: Case
    number: int = 1
    sites: dict[int, Site] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    elements: set[bytes] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def site(self, now: datetime) -> Site:
        """Return what the present step serves. Each start of a step makes it again."""
        if self.number not in self.sites:
            self.sites[self.number] = self.case.steps[self.number - 1].build(now)
        return self.sites[self.number]

    def go_to(self, number: int) -> None:
        with self.lock:
            self.number = number
            self.sites.clear()
            if number == 1:
                self.log, self.broken, self.elements = [], [], set()

    def note(self, request: Request, reply: Reply) -> None:
        """Add a request to the log, and the rules of SPEC.md that it breaks."""
        self.log.append(
            {"step": self.number, "method": request.method, "target": request.target, "status": reply.status}
        )
        elements = set(elements_of(request)) if request.method == "POST" else set()
        if elements & self.elements:
            self.broken.append("a blinded element was sent twice (3.2)")
        if "cookie" in request.headers:
            self.broken.append("a cookie was kept (8)")
        if request.path.endswith(ELSEWHERE):
            self.broken.append("a redirect was followed (8)")
        self.elements |= elements


class Kit:
    """Serves cases from a thread. A context manager that stops it."""

    def __init__(self, cases: Iterable[Case], port: int = 0, *, at_root: str | None = None) -> None:
        """Listen on 127.0.0.1.

        Args:
            cases: the cases.
            port: the port; 0 takes a free one.
            at_root: the name of a case to serve at the root too.
        """
        self._at_root = at_root
        self.running = {case.name: Running(case) for case in cases}
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self) -> None:
        """Serve until interrupted."""
        self._thread.join()

    def list(self) -> dict[str, Any]:
        return case_list(running.case for running in self.running.values())

    def answer(self, request: Request) -> Reply:
        """Answer a request of any path."""
        if request.target == "/cases.json":
            return as_json(self.list())
        _, kind, name, *rest = [*request.target.split("/", 3), "", ""]
        if kind == "case" and name in self.running:
            return self._ask(self.running[name], request, "/" + rest[0])
        if kind == "v1" and self._at_root is not None:
            return self._ask(self.running[self._at_root], request, request.target)
        return self._control(request)

    def _ask(self, running: Running, request: Request, target: str) -> Reply:
        inner = Request(request.method, target, request.headers, request.body)
        with running.lock:
            reply = running.site(self.now).answer(inner)
            running.note(inner, reply)
        return reply

    def _control(self, request: Request) -> Reply:
        match = _CONTROL.fullmatch(request.target)
        running = self.running.get(match[2]) if match else None
        if match is None or running is None:
            return Reply(404)
        if match[1] == "trust":
            with running.lock:
                return Reply(body=running.site(self.now).trust, headers={"Content-Type": JSON})
        if match[1] == "log":
            return as_json({"requests": running.log, "broken": running.broken})
        if request.method != "POST" or not 1 <= int(match[3] or 0) <= len(running.case.steps):
            return Reply(404)
        running.go_to(int(match[3]))
        return Reply(204)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print an error of the kit, but not that a client has hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def case_list(cases: Iterable[Case]) -> dict[str, Any]:
    """Return the list of cases, as `/cases.json` has it."""
    return {"format": 1, "cases": [case.to_json() for case in cases]}


def as_json(value: object) -> Reply:
    body = json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    return Reply(body=body, headers={"Content-Type": JSON})


def _handler(kit: Kit) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # sends head and body in one packet; otherwise each answer waits for a delayed ACK
        timeout = 60

        def do_GET(self) -> None:
            length = self.headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > MAX_BODY:
                self.close_connection = True
                self.put(Reply(413))
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(int(length)))
            try:
                self.put(kit.answer(request))
            except ConnectionError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - the name http.server calls

        def put(self, reply: Reply) -> None:
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if reply.whole else reply.body[:-1])
            self.close_connection = self.close_connection or not reply.whole

        def log_message(self, *_: object) -> None:
            """Write no log: `/log/NAME` has it."""

    return Handler
