"""Paths that lead out of what a release lists: 4xx, and never a byte of a file that is not listed."""

import contextlib
import socket
from urllib.parse import quote

import pytest

from tests.support.attacks.server import Served
from tests.support.server.platform_keys import KEY
from tests.support.server.raw_socket import read_all

CANARY = b"canary-in-the-keys-that-no-answer-may-hold"
FILE_NAMES = ("keys/canary", "canary", "channels/canary", "channels/public/canary", "channels/public/targets/canary",
          "channels/public/metadata/canary.json", "channels/public/targets/epochs/canary")  # fmt: skip
ROUTES = (
    "/v1/channels/public/targets/",
    "/v1/channels/public/metadata/",
    "/v1/channels/platform/targets/",
    "/v1/channels/",
)


@pytest.fixture(scope="module")
def home(original, tmp_path_factory):
    held = original.copy(tmp_path_factory.mktemp("paths") / "home")
    for file_name in FILE_NAMES:
        (held.path / "online" / file_name).write_bytes(CANARY)
    (held.channel() / "targets" / "link").symlink_to(held.path / "online" / "keys" / "canary")
    return held


@pytest.fixture(scope="module")
def port(home):
    server = Served(home.path)
    yield int(server.url.rpartition(":")[2])
    server.close()


def send(port, target: bytes, method=b"GET"):
    """A request target as it stands, which no client library would send."""
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        head = b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n\r\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            raw.sendall(method + b" " + target + head)
        return read_all(raw)


def ways(file_name):
    """Spellings of a path from a channel's folder to a file below online/."""
    names = [
        "",
        "../",
        "../../",
        "../../../",
        "../../../../",
        "x/../../../../",
        "epochs/../../../../",
        "epochs/1/../../../../../",
    ]
    for up in names:
        for path in (up + file_name, "./" + up + file_name, up.replace("/", "//") + file_name):
            yield path
            yield path.replace("..", "%2e%2e")
            yield quote(path, safe="").replace(".", "%2e")
            yield path.replace("/", "%2f")
            yield path.replace("/", "%252f").replace("..", "%252e%252e")
            yield path.replace("../", "..\\")
            yield path.replace("../", "%c0%ae%c0%ae/")
            yield path.replace("../", "..;/")
            yield path + "%00.json"
            yield path + "%00"
            yield path + "?x=.json"
            yield path + "/"


@pytest.mark.parametrize("route", ROUTES)
def test_no_spelling_of_a_path_outside_gives_a_file(route, port, home):
    targets = {route + way for file_name in FILE_NAMES for way in ways(file_name)}
    targets |= {route + str(home.path / "online" / file_name) for file_name in FILE_NAMES}
    targets |= {
        route + quote(str(home.path / "online" / FILE_NAMES[0]), safe=""),
        route + "link",
        route + "file:///etc/passwd",
    }
    assert len(targets) > 1000
    for target in sorted(targets)[:: 3 if route != ROUTES[0] else 1]:
        check(send(port, target.encode()), home)


def check(data, home):
    assert CANARY not in data
    assert str(home.path).encode() not in data
    assert b"root:" not in data
    assert data.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), data[:120]


@pytest.mark.parametrize(
    "target",
    [b"/v1/channels/public/targets/" + b"a" * 100_000, b"/v1/channels/public/metadata/" + b"../" * 10_000, b"/" * 60_000,
     b"/v1/channels/public/targets/\x00", b"/v1/channels/public/targets/\xff\xfe", b"*", b"", b"http://other/v1/channels/public/targets/canary",
     b"//etc/passwd", b"/v1/channels/public/metadata/", b"/v1/channels/public/targets/", b"/v1/channels//metadata/root.json",
     b"/v1/channels/PUBLIC/metadata/root.json", b"/v1/channels/public%20/metadata/root.json", b"/V1/channels/public/metadata/root.json",
     b"/v1/channels/../channels/public/metadata/root.json", b"/v1/channels/custody/metadata/root.json", b"/metrics", b"/docs",
     b"/openapi.json", b"/redoc", b"/favicon.ico"],
    ids=str,
)  # fmt: skip
def test_targets_that_name_nothing_are_4xx(target, port):
    data = send(port, target)
    assert CANARY not in data
    assert data == b"" or data.startswith(b"HTTP/1.1 4"), data[:120]


def test_keys_and_keyring_are_on_no_route(port, home):
    secrets = {path.name: path.read_bytes() for path in (home.path / "online" / "keys").iterdir()}
    secrets["keyring.json"] = (home.path / "online" / "keyring.json").read_bytes()
    for route in ROUTES:
        for name, secret in secrets.items():
            for way in (name, f"../../../keys/{name}", f"..%2f..%2f..%2fkeys%2f{name}", f"../../../{name}"):
                data = send(port, (route + way).encode())
                assert data.startswith(b"HTTP/1.1 404 ")
                assert secret[:40] not in data


@pytest.mark.parametrize(
    "serial", ["0", "2", "01", "+1", "1.0", "1e0", "-1", "١", "9" * 400, "1%00", " 1", "..", "1/../1"]
)
@pytest.mark.parametrize("index", ["0", "8", "00", "-1", "1.5", "９", "9" * 400, "..%2f..", "0%00", "0x0"])
def test_serials_and_indices_have_one_spelling(serial, index, port):
    data = send(port, quote(f"/v1/channels/public/snapshots/{serial}/buckets/{index}", safe="/%+.").encode())
    assert data.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 410 ")), data[:120]


def test_only_what_a_release_lists_is_served_by_head_and_range_too(port, home):
    for method in (b"HEAD", b"POST", b"PUT", b"DELETE", b"PROPFIND"):
        data = send(port, b"/v1/channels/public/targets/canary", method)
        assert data.startswith(b"HTTP/1.1 404 " if method == b"HEAD" else b"HTTP/1.1 405 "), data[:60]
    path = f"/v1/channels/public/targets/{home.release().epochs[0].path('tree.bin')}"
    assert send(port, path.encode()).endswith(home.file("tree.bin").read_bytes())
