"""Name look-ups: at most four threads, shared by equal names, and left behind at the deadline."""

import contextlib
import socket
import threading

import pytest

from pilookup.checking import network
from pilookup.checking.resolver import MAX_THREADS, Resolver
from tests.support.checking.names import Names
from tests.support.checking.numbers import HIT

HANG = 20.0


@pytest.fixture
def names(monkeypatch):
    names = Names(monkeypatch)
    yield names
    names.go.set()


def test_an_address_is_its_own_outcome(names):
    for address in ("127.0.0.1", "::1", "fe80::1%lo"):
        assert Resolver().look_up(address, 80).result(0) == [address]
    assert not names.asked


def test_a_name_has_its_addresses_and_a_missing_one_its_error(monkeypatch):
    resolver = Resolver()
    assert set(resolver.look_up("localhost", 80).result(HANG)) <= {"127.0.0.1", "::1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror(-2, "unknown")))
    assert isinstance(resolver.look_up("nobody.example", 80).result(HANG), OSError)
    assert isinstance(resolver.look_up("a" * 70 + ".example", 80).result(HANG), OSError)


def test_at_most_four_threads_and_one_for_each_name(names):
    resolver = Resolver()
    first = [resolver.look_up(f"{n}.slow", 80) for n in range(10)]
    again = [resolver.look_up(f"{n}.slow", 80) for n in range(10)]
    for _ in range(MAX_THREADS):
        assert names.started.acquire(timeout=HANG)
    assert not names.started.acquire(timeout=0.05)
    assert resolver.look_up("localhost", 80).done() is False  # waits for one of the four
    names.go.set()
    assert all(future.result(HANG) == ["127.0.0.1"] for future in first + again)
    assert len(names.asked) == 10
    assert len({thread for _, thread in names.asked}) <= MAX_THREADS
    assert resolver.look_up("localhost", 80).result(HANG)


def test_threads_do_not_keep_the_process(names):
    Resolver().look_up("one.slow", 80)
    assert names.started.acquire(timeout=HANG)
    (thread,) = (one for one in threading.enumerate() if one.name == names.asked[0][1])
    assert thread.daemon


def test_a_check_leaves_a_name_that_hangs_at_its_deadline(names, host, client_at):
    client = client_at(host.url.replace("127.0.0.1", "check.slow"), insecure=True, timeout=0.2)
    for _ in range(3):
        result = client.check(HIT)
        assert (result.reason, result.detail) == ("unreachable", "no answer within 0.2 seconds")
    assert len(names.asked) == 1
    names.go.set()


def test_each_address_is_tried(host, client_at, monkeypatch):
    """The first address refuses; the second one is the host."""
    port = host._server.server_port

    def two(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", _for_names(two, socket.getaddrinfo))
    client = client_at(host.url.replace("127.0.0.1", "two.example"), insecure=True)
    assert client.check(HIT).status == "found"


def test_an_address_that_says_nothing_does_not_use_up_the_time(host, client_at, monkeypatch):
    """The first address has a full backlog, so that a connection to it is neither made nor refused."""
    monkeypatch.setattr(network, "NEXT_ADDRESS_SECONDS", 0.1)
    with socket.socket() as silent, contextlib.ExitStack() as waiting:
        silent.bind(("127.0.0.3", host._server.server_port))
        silent.listen(0)
        for _ in range(3):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(silent.getsockname())

        def two(*_, **__):
            port = host._server.server_port
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.3", "127.0.0.1")]

        monkeypatch.setattr(socket, "getaddrinfo", _for_names(two, socket.getaddrinfo))
        client = client_at(host.url.replace("127.0.0.1", "two.example"), insecure=True, timeout=HANG)
        assert client.check(HIT).status == "found"


def _for_names(own, real):
    return lambda host, *args, **options: own() if str(host).endswith(".example") else real(host, *args, **options)
