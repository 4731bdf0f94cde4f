"""What a refusal costs the worker, as a ratio to the evaluation of one element.

    python -m tests.attacks.scripts.refusal_costs [--requests 1000]

The processor time of the worker's main thread is read from /proc/PID/schedstat around each kind of request, so other load
on the machine hardly matters. A kind that costs more than an answer is marked.
"""

import argparse
import socket
import tempfile
from pathlib import Path

from pilookup.protocol import oprf
from pilookup.protocol.encoding import b64url
from tests.attacks.scripts.server_attacks import OPEN_QUOTAS
from tests.support.server.serve_process import Home, Process

EVALUATE = "/v1/channels/public/evaluate"
ELEMENT = oprf.blind([b"tel:+8613912345678"])[1]
GOOD = f'{{"epoch":1,"elements":["{b64url(ELEMENT)}"]}}'.encode()
JSON = "application/json"


def post(body, path=EVALUATE, media_type=JSON):
    head = f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode()


def padded(inner):
    return b'{"epoch":1,"elements":[' + inner + b"]}"


KINDS = {
    "an answer": (200, post(GOOD)),
    "an answer with 1,000 elements": (200, post(padded(b",".join([b'"' + b64url(ELEMENT).encode() + b'"'] * 1000)))),
    "no such path": (404, get("/nothing")),
    "no such channel": (404, post(GOOD, "/v1/channels/none/evaluate")),
    "wrong method": (405, get(EVALUATE)),
    "no token": (401, post(GOOD, "/v1/channels/platform/evaluate")),
    "media type": (415, post(GOOD, media_type="text/plain")),
    "no JSON": (400, post(b"x" * 100)),
    "epoch not served": (410, post(GOOD.replace(b":1,", b":9,"))),
    "invalid element": (422, post(GOOD.replace(b64url(ELEMENT).encode(), b"A" * 43))),
    "64 kB of numbers": (400, post(padded(b"1," * 30_000 + b"1"))),
    "64 kB of lists": (400, post(padded(b"[]," * 20_000 + b"[]"))),
    "64 kB of objects": (400, post(b"{" + b'"":{},' * 10_000 + b'"":{}}')),
    "64 kB of short texts": (400, post(padded(b'"",' * 20_000 + b'""'))),
    "64 kB of one text": (400, post(b'{"epoch":1,"elements":"' + b"a" * 65_000 + b'"}')),
    "1,000 elements, the last too short": (400, post(padded(b'"' + b'","'.join([b"A" * 43] * 999 + [b"A"]) + b'"'))),
    "64 kB nested": (400, post(b"[" * 65_000)),
}


def exchange(connection, request):
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    size = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[16:])
    while len(body) < size:
        body += connection.recv(65536)
    return int(data[9:12]), b"connection: close" in head.lower()


def spent(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def cost(server, status, request, count):
    """Microseconds of the worker for each request."""
    (pid,) = server.children()
    connection = None
    for number in range(count + 50):
        if number == 50:
            begun = spent(pid)
        if connection is None:
            connection = socket.create_connection(("127.0.0.1", server.port), 30)
        found, closed = exchange(connection, request)
        assert found == status, (found, request[:200])
        if closed:
            connection.close()
            connection = None
    return (spent(pid) - begun) / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home.published(Path(folder) / "home")
        home.publish("platform", {1: 1})
        server = Process(home.path, Path(folder) / "log", log_level="warning", **OPEN_QUOTAS)
        try:
            server.wait()
            answer = cost(server, *KINDS["an answer"], options.requests)
            for name, (status, request) in KINDS.items():
                ratio = cost(server, status, request, options.requests) / answer
                print(f"{name:36} {status}  {ratio:5.2f}{'  more than an answer' if ratio > 1.1 else ''}", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
