"""Proxies that the environment names are used, each within the deadline, and a certificate's fault is told."""

import queue
import sys

import pytest

from pilookup import Client
from pilookup.checking import deadline
from pilookup.checking.proxies import proxy_of
from pilookup.checking.transport import httpx2
from pilookup.errors import MissingExtraError
from tests.support.checking.certificates import self_signed, server_context
from tests.support.checking.drip import is_closed
from tests.support.checking.numbers import HIT
from tests.support.checking.relays import Dripping, Relay, http_proxy, socks_proxy

HANG = 20.0
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy_for(url):
    return proxy_of(httpx2.URL(url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "https://[::1]"])
def test_this_machine_is_never_asked_through_a_proxy(url, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"https_proxy": "http://one:1"}, "http://one:1"),
        ({"HTTPS_PROXY": "http://one:1"}, "http://one:1"),
        ({"HTTPS_PROXY": "one:1"}, "http://one:1"),
        ({"HTTP_PROXY": "http://one:1"}, None),
        ({"ALL_PROXY": "socks5://two:2"}, "socks5://two:2"),
        ({"all_proxy": "socks5h://two:2"}, "socks5h://two:2"),
        ({"HTTPS_PROXY": "http://one:1", "ALL_PROXY": "socks5://two:2"}, "http://one:1"),
        ({"ALL_PROXY": "http://two:2", "NO_PROXY": "outside.example"}, None),
        ({"ALL_PROXY": "http://two:2", "NO_PROXY": ".example"}, None),
        ({"ALL_PROXY": "http://two:2", "NO_PROXY": "other.example"}, "http://two:2"),
        ({"ALL_PROXY": "http://two:2", "NO_PROXY": "*"}, None),
    ],
)
def test_the_environments_proxy_is_used_elsewhere(variables, proxy, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for("https://outside.example") == proxy


@pytest.mark.parametrize(
    "proxy", ["ftp://secret:word@proxy.example", "http://secret:word@[", "socks4://secret:word@p", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ValueError, match="ALL_PROXY") as caught:
        Client("https://pilookup.example", state_dir=tmp_path)
    assert "secret" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(MissingExtraError, match=r"pilookup\[socks\]"):
        Client("https://pilookup.example", state_dir=tmp_path)


SCHEMES = ("http", "https", "socks5")
HOST = "pilookup.test"


@pytest.fixture
def tls(host, tmp_path, monkeypatch):
    """Makes the host speak TLS, under a name that no resolver knows; returns what a TLS proxy may use too."""
    certificate = self_signed(tmp_path, HOST, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = server_context(certificate)
    host._server.socket = context.wrap_socket(host._server.socket, server_side=True)
    return context


def relay(scheme, port, seen, context):
    kind = socks_proxy if scheme == "socks5" else http_proxy
    return Relay(kind(port, seen), context if scheme == "https" else None)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_check_through_a_proxy(scheme, host, client_at, tls, monkeypatch):
    seen = []
    with relay(scheme, host._server.server_port, seen, tls) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        client = client_at(f"https://{HOST}")
        for _ in range(3):
            assert client.check(HIT).status == "found"
        client.close()
    expected = (3, HOST.encode()) if scheme == "socks5" else (f"CONNECT {HOST}:443 HTTP/1.1",)
    assert set(seen) == {expected}


def test_a_check_of_plain_http_through_a_proxy_with_a_password(host, client_at, monkeypatch):
    seen = []
    with relay("http", host._server.server_port, seen, None) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:word@127.0.0.1:{proxy.port}")
        client = client_at(f"http://{HOST}", insecure=True)
        assert client.check(HIT).status == "found"
        client.close()
    assert seen[0][0].startswith(f"GET http://{HOST}/v1/channels/public/metadata/")
    assert seen[0][1] == "Proxy-Authorization: Basic dXNlcjp3b3Jk"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"])
def test_a_proxy_that_refuses_is_told_and_its_connection_closed(answer, client_at, monkeypatch):
    closed = queue.Queue()

    def refuse(client):
        client.recv(65536)
        client.sendall(answer)
        closed.put(client.recv(1) == b"")

    with Relay(refuse) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        result = client_at(f"https://{HOST}").check(HIT)
        assert (result.reason, result.detail) == ("unreachable", "the proxy refused to connect to the server")
        assert closed.get(timeout=HANG)


SOCKS_ANSWERS = {
    "no method": b"\x05\xff",
    "another version": b"\x04\x00",
    "half a reply": b"\x05",
    "a refusal": b"\x05\x00\x05\x02\x00\x01" + bytes(6),
    "noise": bytes(range(200, 256)),
    "nothing": b"",
}
SOCKS_DETAILS = {
    "no method": "the proxy refused to connect to the server",
    "another version": "no answer within 0.5 seconds",
    "half a reply": "the proxy does not follow SOCKS5",
    "a refusal": "the proxy refused to connect to the server",
    "noise": "the proxy does not follow SOCKS5",
    "nothing": "the proxy does not follow SOCKS5",
}


@pytest.mark.parametrize("answer", SOCKS_ANSWERS)
def test_a_socks_proxy_that_refuses_is_unreachable_and_its_connection_closed(answer, client_at, monkeypatch):
    closed = queue.Queue()
    data = SOCKS_ANSWERS[answer]

    def refuse(client):
        client.recv(65536)
        client.sendall(data[:2])
        if data[2:]:
            client.recv(65536)
            client.sendall(data[2:])
        closed.put(not data or is_closed(client, HANG / 2))

    with Relay(refuse) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        result = client_at(f"https://{HOST}", timeout=0.5).check(HIT)
        assert (result.status, result.reason) == ("unknown", "unreachable")
        assert result.detail == SOCKS_DETAILS[answer]
        assert closed.get(timeout=HANG)


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time

    def late(self):
        self.time += 2 * HANG


@pytest.mark.parametrize("scheme", [None, *SCHEMES])
def test_a_drip_at_any_byte_of_a_handshake_ends_at_the_deadline(scheme, host, client_at, tls, monkeypatch):
    """With TLS, and with each kind of proxy before it: its own answer, its own TLS, and TLS within that."""
    clock, closed = Clock(), queue.Queue()
    monkeypatch.setattr(deadline, "now", clock)
    with relay(scheme or "http", host._server.server_port, [], tls) as proxy:
        dripping = Dripping(proxy.port if scheme else host._server.server_port, clock.late, closed)
        with Relay(dripping) as slow:
            if scheme:
                monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{slow.port}")
            url = f"https://{HOST}" if scheme else f"https://127.0.0.1:{slow.port}"
            checked = client_at(url, timeout=HANG)
            assert checked.check(HIT).status == "found"
            checked.close()
            for position in [*range(8), *range(8, 2000, 199)]:
                dripping.position = position
                client = client_at(url, timeout=HANG)
                result = client.check(HIT)
                assert (result.status, result.reason) == ("unknown", "unreachable"), position
                assert closed.get(timeout=HANG), position
                client.close()


def test_a_refused_certificate_is_told_from_an_unreachable_host(host, client_at, tls, monkeypatch, tmp_path):
    here = f"https://127.0.0.1:{host._server.server_port}"
    monkeypatch.delenv("SSL_CERT_FILE")
    result = client_at(here).check(HIT)
    assert (result.reason, result.detail) == (
        "unreachable",
        "the server's certificate was refused: self-signed certificate; nothing was sent",
    )
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(self_signed(tmp_path / "other", "127.0.0.1")))
    assert "certificate was refused" in client_at(here).check(HIT).detail
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    wrong_name = client_at(f"https://localhost:{host._server.server_port}").check(HIT)
    assert wrong_name.reason == "unreachable"
    assert "certificate is not valid for 'localhost'" in wrong_name.detail
    assert not host.asked


def test_tls_to_a_server_without_it_is_told(host, client_at):
    result = client_at(host.url.replace("http://", "https://")).check(HIT)
    assert result.reason == "unreachable"
    assert "TLS" in result.detail


def test_a_closed_port_and_an_unknown_name_are_told(host, client_at, monkeypatch):
    import socket

    def nobody(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    host.close()
    assert client_at().check(HIT).detail == "no connection: Connection refused"
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    unknown = client_at("https://pilookup.invalid").check(HIT)
    assert (unknown.reason, unknown.detail) == (
        "unreachable",
        "the server's name could not be looked up: Name or service not known",
    )
