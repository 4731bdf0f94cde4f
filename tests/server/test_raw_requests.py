"""Requests as bytes on a socket of `pilookup serve`: odd paths, lengths that lie, heads too long, large bodies."""

import contextlib
import socket

import httpx2
import pytest

from tests.support.server.raw_socket import read_all
from tests.support.server.serve_process import Home, launched


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A running server, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("served")
    with launched(Home.published(folder / "home"), folder) as start:
        yield start().wait(seconds=300)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/v1/channels/public/targets/../metadata/root.json", 404),
        (b"/v1/channels/public/targets/..%2f..%2f..%2fkeyring.json", 404),
        (b"/v1/channels/../online/keyring.json", 404),
        (b"//v1/channels/public/metadata/root.json", 404),
        (b"/v1/channels/public/metadata/root.json\x00", 400),
        (b"/v1/channels/public/metadata/root.json%00", 404),
        (b"/v1/channels/public/metadata/%ff%fe", 404),
    ],
)
def test_raw_paths(served, path, status):
    with socket.create_connection(("127.0.0.1", served.port), 10) as raw:
        raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        assert read_all(raw).startswith(b"HTTP/1.1 %d " % status)


def test_raw_bodies(launch):
    server = launch(body_seconds=1).wait()
    head = b"POST /v1/channels/public/evaluate HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
    cases = [
        (b"Content-Length: 99999999\r\n\r\n", b"", 413),
        (b"Content-Length: 99999999999999999999999\r\n\r\n", b"", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n", 413),
        (b"Content-Length: 10\r\n\r\n{", b"", 408),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 400),
    ]
    for headers, chunk, status in cases:
        with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
            raw.sendall(head + headers)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for _ in range(40 if chunk else 0):
                    raw.sendall(chunk)
            answer = read_all(raw)
            assert answer.startswith(b"HTTP/1.1 %d " % status), (headers, answer[:100])
            assert b"connection: close" in answer.lower()


def test_an_endless_head_ends_the_connection(launch):
    """The parser keeps an incomplete header value; after 64 KiB the connection is closed."""
    server = launch().wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: ")
        with pytest.raises(ConnectionError):
            connection.sendall(b"a" * (64 << 20))
    assert httpx2.get(f"{server.url}/healthz").status_code == 200


def test_a_head_slightly_too_long_is_431(launch):
    server = launch().wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: " + b"a" * 70_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_large_body_may_come_with_its_head(launch):
    server = launch().wait()
    body = b"x" * 65_000
    head = f"POST /v1/channels/public/evaluate HTTP/1.1\r\nhost: t\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(head + body)
            answer = b""
            while b"unsupported-media-type" not in answer:
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 415 ")
