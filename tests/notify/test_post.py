"""Sending one message: whatever the names, the network and the receiver do, it ends in time with an outcome."""

import asyncio
import ssl
import threading
import tracemalloc
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.notify import checked_network
from pilookup_server.notify import names as names_module
from pilookup_server.notify.checked_network import MOST_BYTES
from pilookup_server.notify.endpoint import Endpoint
from pilookup_server.notify.message import Message
from pilookup_server.notify.names import MOST_LOOK_UPS, Names
from pilookup_server.notify.post import Fault, Outcome, Post
from pilookup_server.notify.public_address import is_public
from standardwebhooks import Webhook, webhooks

from tests.support.notify.receivers import HOST, OK, Receiver
from tests.support.server.notice_examples import NOW, made_notice

SECRET = b"s" * 32
SYSTEM = ssl.create_default_context()
LONG = 30.0
SHORT = 0.5


def message(now=NOW):
    return Message.of(made_notice(7), "https://check.example", SECRET, now)


class Resolver:
    """Answers with one list of addresses after another, the last of them for ever."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def anywhere(_):
    return True


async def sent(receiver, *, look_up=None, allowed=anywhere, tls=None, seconds=LONG):
    post = Post(look_up or Resolver(["127.0.0.1"]), allowed, tls or receiver.trusting(), seconds)
    return await post.send(Endpoint.parse(receiver.url), message())


def outcome(folder, answer=OK, *, names=(HOST,), tls=True, **given):
    """What becomes of a message to a receiver, and the receiver."""

    async def run():
        async with Receiver(folder, answer, names=names, tls=tls) as receiver:
            return await sent(receiver, **given), receiver

    return asyncio.run(run())


def test_a_message_arrives_with_the_name_in_host_and_sni(tmp_path):
    result, receiver = outcome(tmp_path)
    assert result == Outcome()
    [(head, body)] = receiver.requests
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /notices?token=of-the-receiver HTTP/1.1"
    assert f"host: {HOST}:{receiver.port}" in lines
    assert receiver.names == [HOST]
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert set(headers) == {
        "host", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "content-length", "user-agent", "connection",
    }  # fmt: skip
    assert body == message().body


def test_the_signature_is_that_of_standard_webhooks(monkeypatch):
    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(NOW, tz)

    monkeypatch.setattr(webhooks, "datetime", Then)
    signed = message()
    data = Webhook(SECRET).verify(signed.body, dict(signed.headers))
    assert data["type"] == "release.served"
    assert data["data"]["serial"] == 7
    with pytest.raises(webhooks.WebhookVerificationError):
        Webhook(b"t" * 32).verify(signed.body, dict(signed.headers))


def test_a_repetition_has_the_same_id_and_body():
    first, second = dict(message().headers), dict(message(NOW + 600).headers)
    assert message().body == message(NOW + 600).body
    assert first["webhook-id"] == second["webhook-id"] == "platform-7"
    assert first["webhook-signature"] != second["webhook-signature"]


@given(
    st.lists(
        st.sampled_from(["8.8.8.8", "10.0.0.1", "127.0.0.1", "::1", "2400:3200::1", "::ffff:10.1.1.1"]), min_size=1
    )
)
@settings(deadline=None, max_examples=40)
def test_one_address_that_is_not_public_among_any_others_refuses_all(addresses):
    if all(map(is_public, addresses)):
        return

    async def run():
        post = Post(Resolver(addresses), is_public, SYSTEM, LONG)
        return await post.send(Endpoint.parse("https://hooks.example/"), message())

    assert asyncio.run(run()) == Outcome(Fault.FORBIDDEN)


def test_a_rebinding_resolver_is_asked_once_and_its_second_answer_never_used(tmp_path, monkeypatch):
    """The first answer is allowed, and leads to the receiver; every further one is another address."""
    look_up = Resolver(["127.0.0.1"], ["127.0.0.2"])

    def only_first(address):
        return address == "127.0.0.1"

    def no_look_up(*_, **__):
        raise AssertionError("the system's look-up was asked")

    async def run():
        async with Receiver(tmp_path) as receiver:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_look_up)
            first = await sent(receiver, look_up=look_up, allowed=only_first)
            return first, await sent(receiver, look_up=look_up, allowed=only_first), receiver

    first, second, receiver = asyncio.run(run())
    assert (first, second) == (Outcome(), Outcome(Fault.FORBIDDEN))
    assert look_up.asked == [(HOST, receiver.port)] * 2
    assert receiver.connections == 1


def test_a_connection_to_another_address_than_the_checked_one_is_closed_unused(tmp_path, monkeypatch):
    connect = checked_network.httpcore2.AnyIOBackend.connect_tcp

    async def elsewhere(self, address, port):
        return await connect(self, "127.0.0.1", port)

    monkeypatch.setattr(checked_network.httpcore2.AnyIOBackend, "connect_tcp", elsewhere)
    result, receiver = outcome(tmp_path, look_up=Resolver(["127.0.0.9"]))
    assert result == Outcome(Fault.FORBIDDEN)
    assert receiver.requests == []


def test_the_next_address_is_tried(tmp_path):
    result, _ = outcome(tmp_path, look_up=Resolver(["127.0.0.9", "127.0.0.1"]))
    assert result == Outcome()
    assert outcome(tmp_path, look_up=Resolver(["127.0.0.9"]))[0] == Outcome(Fault.UNREACHABLE)


def test_names_without_an_address(tmp_path):
    for answer in (OSError("not known"), []):
        assert outcome(tmp_path, look_up=Resolver(answer))[0] == Outcome(Fault.NO_ADDRESS)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path, status):
    answer = f"HTTP/1.1 {status} X\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".encode()
    result, receiver = outcome(tmp_path, answer)
    assert result == Outcome(f"a redirect, which is not followed: status {status}")
    assert receiver.connections == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503, 599])
def test_other_statuses_are_failures(tmp_path, status):
    answer = f"HTTP/1.1 {status} X\r\ncontent-length: 4\r\n\r\nnews".encode()
    assert outcome(tmp_path, answer)[0] == Outcome(f"status {status}", gone=status == 410)


async def drip(_, writer):
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def continue_for_ever(_, writer):
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0)


async def silence(reader, _):
    await reader.read()


async def headers_for_ever(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-header: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def one_header_for_ever(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nx-header: ")
    while True:
        writer.write(b"y" * 1000)
        await writer.drain()


async def body_for_ever(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"3e8\r\n" + b"y" * 1000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize("answer", [drip, silence])
def test_slow_answers_end_in_time(tmp_path, answer):
    assert outcome(tmp_path, answer, seconds=SHORT)[0] == Outcome(Fault.TIMEOUT)


@pytest.mark.parametrize("answer", [continue_for_ever, headers_for_ever, one_header_for_ever])
def test_endless_heads_are_cut_off_by_their_size(tmp_path, answer):
    tracemalloc.start()
    result, _ = outcome(tmp_path, answer)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.fault in {Fault.TOO_LARGE, Fault.BAD_ANSWER}
    assert most < 100 * MOST_BYTES


def test_an_endless_body_is_not_read(tmp_path):
    assert outcome(tmp_path, body_for_ever)[0] == Outcome()


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"\x00" * 100, b"HTTP/1.1 200 OK\r\nx", b"HTTP/1.1 101 Switching\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_answer_is_a_failure(tmp_path, answer):
    assert outcome(tmp_path, answer)[0].fault in {Fault.BAD_ANSWER, Fault.UNREACHABLE, "status 101"}


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=40)
def test_no_bytes_make_it_raise(tmp_path_factory, answer):
    result, _ = outcome(tmp_path_factory.mktemp("receiver"), answer)
    assert result.fault is None or len(result.fault) <= 64


def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(tmp_path):
    for names in (("other.example",), ("127.0.0.1",)):
        result, receiver = outcome(tmp_path, names=names)
        assert result == Outcome(Fault.TLS)
        assert receiver.requests == []


def test_an_unknown_issuer_is_refused(tmp_path):
    async def run():
        async with Receiver(tmp_path) as receiver:
            return await sent(receiver, tls=SYSTEM), receiver

    result, receiver = asyncio.run(run())
    assert result == Outcome(Fault.TLS)
    assert receiver.requests == []


def test_a_receiver_without_tls_gets_nothing(tmp_path):
    async def run():
        async with Receiver(tmp_path, tls=False) as receiver:
            return await sent(receiver, seconds=SHORT), receiver

    result, receiver = asyncio.run(run())
    assert result.fault in {Fault.TLS, Fault.TIMEOUT}
    assert receiver.requests == []


def test_no_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert outcome(tmp_path)[0] == Outcome()


def test_look_ups_that_hang_are_left_behind_and_are_bounded(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(names_module, "_addresses", lambda *_: go.wait(LONG) and ["127.0.0.1"])
    names = Names()

    async def run():
        post = Post(names.look_up, anywhere, SYSTEM, SHORT)
        endpoint = Endpoint.parse("https://hanging.example/")
        first = await asyncio.gather(*(post.send(endpoint, message()) for _ in range(MOST_LOOK_UPS + 1)))
        go.set()
        return first

    outcomes = asyncio.run(run())
    assert outcomes.count(Outcome(Fault.TIMEOUT)) == MOST_LOOK_UPS
    assert outcomes.count(Outcome(Fault.NO_ADDRESS)) == 1


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "no.such.name.invalid"])
def test_what_the_systems_look_up_cannot_find_is_an_os_error(host):
    with pytest.raises(OSError):
        asyncio.run(Names().look_up(host, 443))
