"""What a host can do: nothing that it sends takes the place of what was signed, and no mirror goes back."""

import socket
from threading import Event

import pytest

from pilookup import Mirror, MirrorError
from pilookup.checking.mirror import ranges
from tests.mirror.conftest import NUMBER
from tests.support.checking.numbers import LABEL
from tests.support.checking.publisher import Lifetimes
from tests.support.checking.server import Answer, Host
from tests.support.checking.static_channel import StaticChannel


@pytest.fixture
def refused(folder, publisher, sync):
    """Asserts that a sync fails for a reason and leaves serial 1 to readers, byte for byte."""
    sync()

    def check(*reasons, **options):
        paths = [path for part in ("metadata", "targets") for path in (folder / part).rglob("*.*")]
        before = {path: path.read_bytes() for path in paths}
        with pytest.raises(MirrorError) as raised:
            sync(**options)
        assert raised.value.reason in reasons, raised.value
        assert Mirror(folder).serial == 1
        for path, data in before.items():
            assert path.read_bytes() == data
        return raised.value

    return check


def publish_second(publisher):
    publisher.publish({NUMBER: LABEL, b"tel:+8613900139001": LABEL}, serial=2)


def only(name, answer):
    """A twist of the answers to requests for one file."""
    return lambda asked, right: answer(right) if asked.path.endswith(name) else right


def test_roll_back_of_metadata(host, publisher, refused, sync, folder):
    first = dict(publisher.metadata)
    publish_second(publisher)
    host.twist = only("buckets.bin", lambda _: Answer(503))
    refused("server_error")  # the metadata of serial 2 were verified, so from here on there is no way back
    host.twist = lambda asked, answer: answer
    publisher.metadata = first
    refused("rolled_back")


def test_roll_back_by_another_host(publisher, refused, sync):
    old = StaticChannel()
    old.metadata, old.targets = dict(publisher.metadata), dict(publisher.targets)
    publisher.sign_timestamp()
    other = Host(old)
    try:
        sync()
        refused("rolled_back", url=other.url)
    finally:
        other.close()


def test_roll_back_of_the_serial_under_new_metadata(publisher, sync, folder):
    publish_second(publisher)
    sync()
    publisher.publish({NUMBER: LABEL}, serial=1)
    with pytest.raises(MirrorError) as raised:
        sync()
    assert raised.value.reason == "rolled_back"
    assert Mirror(folder).serial == 2


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root"])
def test_freeze(publisher, refused, role):
    """A host that withholds what is new can do so until the metadata expire."""
    publisher.life = Lifetimes(**{role: -Lifetimes().timestamp})
    publisher.sign_root(2) if role == "root" else publish_second(publisher)
    refused("stale")


def test_mix_and_match_of_one_channels_releases(publisher, refused):
    first = publisher.metadata["1.targets.json"]
    publish_second(publisher)
    publisher.metadata["2.targets.json"] = first
    refused("bad_snapshot")


def test_mix_and_match_of_two_publishers(publisher, refused):
    other = StaticChannel()
    other.publish({NUMBER: LABEL})
    publish_second(publisher)
    publish_second(other)
    publisher.metadata["2.targets.json"] = other.metadata["2.targets.json"]
    publisher.targets |= other.targets
    refused("bad_signature")


def test_files_of_another_serial_under_the_new_name(publisher, refused):
    first = next(data for path, data in publisher.targets.items() if path.endswith("buckets.bin"))
    publish_second(publisher)
    for path in [path for path in publisher.targets if path.endswith("buckets.bin")]:
        publisher.targets[path] = first
    refused("bad_snapshot")


def endless(head):
    """Sends an answer without an end, and tells how much was taken."""
    taken = []

    def send(connection, _):
        connection.sendall(head)
        while True:
            connection.sendall(b"\x00" * 65_536)
            taken.append(65_536)

    return send, taken


@pytest.mark.parametrize("name", ["timestamp.json", "manifest.json", "buckets.bin"])
@pytest.mark.parametrize("part", [False, True])
def test_endless_data(host, publisher, refused, name, part):
    publish_second(publisher)
    span = b"Content-Range: bytes 0-2047/8192\r\n" if name == "buckets.bin" else b""
    send, taken = endless(b"HTTP/1.1 %d OK\r\n%s\r\n" % (206 if part else 200, span if part else b""))
    host.twist = only(name, lambda right: Answer(raw=send))
    refused("bad_snapshot", "bad_response")
    assert sum(taken) < 32 * 2**20  # metadata have a limit of 4 MiB; the rest is in the system's buffers


def test_slow_retrieval_ends_and_the_next_sync_goes_on(host, publisher, folder, refused, sync):
    """The host sends two parts, then half of the third, and then nothing more."""
    publish_second(publisher)
    over = Event()

    def stall(connection: socket.socket, body: bytes):
        connection.sendall(b"HTTP/1.1 206 OK\r\nContent-Range: bytes 4096-6143/8192\r\nContent-Length: 2048\r\n\r\n")
        connection.sendall(body[:1024])
        over.wait(30)

    def twist(asked, answer):
        stalls = asked.path.endswith("buckets.bin") and asked.headers["range"] == "bytes=4096-6143"
        return Answer(body=answer.body, raw=stall) if stalls else answer

    host.twist = twist
    refused("unreachable", timeout=0.5)
    over.set()
    host.twist = lambda asked, answer: answer
    before = len(host.asked)
    assert sync().serial == 2
    asked = [one.headers["range"] for one in host.asked[before:] if one.path.endswith("buckets.bin")]
    assert asked == ["bytes=4096-6143", "bytes=6144-8191"]


def test_truncated_in_the_middle_of_a_part(host, publisher, refused):
    publish_second(publisher)
    host.twist = only("buckets.bin", lambda right: Answer(206, right.body, right.headers, cut=100))
    refused("unreachable")


def test_truncated_by_a_host_whose_file_is_shorter(host, publisher, refused):
    publish_second(publisher)
    (path,) = [
        p
        for p in publisher.targets
        if p.endswith("buckets.bin")
        and publisher.targets[p] != b""
        and publisher.targets[p] == publisher.files[1]["buckets.bin"]
    ]
    publisher.targets[path] = publisher.targets[path][:5000]
    refused("bad_response")


def test_a_part_that_is_shorter_than_it_says(host, publisher, refused):
    publish_second(publisher)
    host.twist = only("buckets.bin", lambda right: Answer(206, right.body[:-1], right.headers))
    assert "cut short" in str(refused("bad_response"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Range": "bytes 0-2047/9999"},
        {"Content-Range": "bytes 1-2048/8192"},
        {"Content-Range": "bytes */8192"},
    ],
)
def test_a_part_of_something_else(host, publisher, refused, headers):
    publish_second(publisher)
    host.twist = only("buckets.bin", lambda right: Answer(206, right.body, headers))
    assert "does not send the part" in str(refused("bad_response"))


def test_a_host_without_ranges_is_told(host, publisher, refused):
    publish_second(publisher)
    host.twist = only("buckets.bin", lambda right: Answer(200, publisher.files[1]["buckets.bin"]))
    assert "does not send the part" in str(refused("bad_response"))


def test_a_whole_file_may_come_as_a_200(monkeypatch, host, publisher, sync):
    monkeypatch.setattr(ranges, "PART_BYTES", 1 << 20)
    host.twist = only("buckets.bin", lambda right: Answer(200, publisher.files[1]["buckets.bin"]))
    assert sync().serial == 1


def test_wrong_digest(host, publisher, folder, refused, sync):
    publish_second(publisher)
    changed = lambda right: Answer(206, right.body[:-1] + bytes([right.body[-1] ^ 1]), right.headers)  # noqa: E731
    host.twist = only("buckets.bin", changed)
    assert "not the file that was signed" in str(refused("bad_snapshot"))
    host.twist = lambda asked, answer: answer
    assert sync().serial == 2


def test_what_a_power_cut_left_in_a_partial_file_is_replaced(host, publisher, folder, refused, sync):
    publish_second(publisher)
    host.twist = only(
        "buckets.bin", lambda right: right if "bytes 0-" in right.headers["Content-Range"] else Answer(503)
    )
    refused("server_error")
    (partial,) = [path for path in (folder / "partial").iterdir() if path.stat().st_size == 2048]
    partial.write_bytes(bytes(2048))
    host.twist = lambda asked, answer: answer
    assert sync().serial == 2


def test_buckets_that_the_publisher_signed_by_mistake_are_refused(publisher, refused):
    """The digests are right, and the root is not that of the buckets."""
    publisher.publish({NUMBER: LABEL}, serial=2, root=bytes(32))
    assert "root" in str(refused("bad_snapshot"))


def test_a_redirect_is_not_followed(host, publisher, refused):
    publish_second(publisher)
    host.twist = only("timestamp.json", lambda _: Answer(302, headers={"Location": host.url}))
    refused("bad_response")


def test_credentials_are_sent_to_the_host(host, sync):
    host.token = "host-token"
    sync(token="host-token")
    host.token = None
    sync(credentials=("mirror", "pass:word"))
    assert host.asked[-1].headers["authorization"] == "Basic bWlycm9yOnBhc3M6d29yZA=="
    sync()
    assert "authorization" not in host.asked[-1].headers
