"""`pilookup notify` as operators run it: commands, a real process, a real receiver, a kill, and what may be read where."""

import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pilookup_server.service_database.notices import NoticeTable
from standardwebhooks import Webhook

from tests.support.checking.certificates import self_signed, server_context
from tests.support.notify.command import PATIENCE, Notify, secret_of, until
from tests.support.server.notice_examples import made_notice
from tests.support.server.platform_keys import add_platform
from tests.support.server.serve_process import Home, Process
from tests.support.server.service_databases import opened


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver(tmp_path):
    """A receiver with the name localhost."""
    certificate = self_signed(tmp_path, "localhost")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
    server.got, server.status, server.certificate = [], 204, certificate
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def notify_at(home, receiver, folder):
    """The command with a HOME, and the address of the receiver."""
    notify = Notify(home, receiver.certificate, folder)
    notify.url = f"https://localhost:{receiver.server_address[1]}/notices?token=receivers-token"
    return notify


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "online").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def notify(home, receiver, tmp_path):
    notify = notify_at(home, receiver, tmp_path)
    yield notify
    notify.stop()


def tell(home, *serials, channel="platform"):
    with opened(home) as database:
        NoticeTable(database.engine).record([made_notice(serial, channel) for serial in serials])


def test_notices_arrive_signed_with_the_secret_that_add_printed(notify, receiver, home):
    secret = secret_of(notify("add", "shop", notify.url))
    tell(home, 1)
    process = notify.start(PILOOKUP_NOTIFY_METRICS_PORT="0")
    until(lambda: receiver.got)
    headers, body = receiver.got[0]
    data = Webhook(secret).verify(body, headers)["data"]
    assert (data["channel"], data["serial"], data["datasets"]) == ("platform", 1, [1, 2])
    assert data["manifest"].startswith("https://check.example/v1/channels/platform/targets/epochs/1/")
    tell(home, 2, 3)
    until(lambda: len(receiver.got) == 2)
    assert json.loads(receiver.got[1][1])["data"]["serial"] == 3
    assert b"/proc" not in process.log.read_bytes()
    until(lambda: json.loads(notify("list", "--json"))[0]["delivered"] == 3)
    [told] = json.loads(notify("list", "--json"))
    assert (told["target"], told["url"], told["paused_because"]) == ("shop", notify.url, None)
    assert "serial 3 delivered" in notify("list")


def test_a_kill_while_the_receiver_answers_repeats_the_same_message(notify, receiver, home):
    notify("add", "shop", notify.url)
    tell(home, 1)
    arrived, go = threading.Event(), threading.Event()

    class Slow(Handler):
        def do_POST(self):
            arrived.set()
            go.wait(PATIENCE)
            with contextlib.suppress(OSError):  # the sender was killed
                super().do_POST()

    receiver.RequestHandlerClass = Slow
    process = notify.start()
    assert arrived.wait(PATIENCE)
    process.kill()
    process.wait()
    go.set()
    until(lambda: receiver.got)
    with sqlite3.connect(home / "online" / "service.sqlite3") as connection:
        connection.execute("UPDATE notice_delivery SET taken_until = 1")  # the lease ends
    connection.close()
    notify.start()
    until(lambda: len(receiver.got) == 2)
    first, second = receiver.got
    assert first[1] == second[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"]


def test_without_the_operators_word_no_private_address_is_reached(notify, receiver, home):
    notify("add", "shop", notify.url)
    tell(home, 1)
    process = notify.start(PILOOKUP_NOTIFY_NETWORKS="")
    until(lambda: "notice not delivered" in process.log.read_text())
    assert "an address of the name is not public" in process.log.read_text()
    assert "an address of the name is not public" in notify("list")
    assert receiver.got == []


def test_no_secret_and_no_url_is_where_others_read(notify, receiver, home, tmp_path):
    secret = secret_of(notify("add", "shop", notify.url))
    tell(home, 1)
    process = notify.start()
    until(lambda: "notice delivered" in process.log.read_text())
    raw = Webhook(secret)._whsecret
    key = (home / "online" / "notify.key").read_bytes().strip()
    assert (home / "online" / "notify.key").stat().st_mode & 0o777 == 0o600
    everything = b"".join(path.read_bytes() for path in (home / "online").glob("service.sqlite3*"))
    everything += process.log.read_bytes() + b"".join(body for _, body in receiver.got)
    for sentinel in (secret.encode(), raw, raw.hex().encode(), key):
        assert sentinel not in everything
    assert b"receivers-token" not in process.log.read_bytes()


def test_the_operators_commands(notify, home):
    assert "no targets; add one: pilookup notify add NAME URL" in notify("list")
    first = json.loads(notify("add", "shop", notify.url, "--json"))
    assert (first["target"], first["channel"]) == ("shop", "platform")
    assert "there is a target named shop" in notify("add", "shop", notify.url, status=1)
    assert "paused since" in notify("pause", "shop") + notify("list")
    assert "resumed" in notify("resume", "shop")
    assert "removed" in notify("remove", "shop")
    assert secret_of(notify("add", "shop", notify.url)) != first["secret"]
    assert "there is no target named none" in notify("pause", "none", status=1)
    assert "add takes a name" in notify("add", status=2)
    assert "list takes no name" in notify("list", "shop", status=2)
    assert "pause takes no URL" in notify("pause", "shop", notify.url, status=2)
    assert "the URL has an address" in notify("add", "other", "https://127.1/", status=1)
    assert "the name is not 1 to 32" in notify("add", "A B", notify.url, status=1)
    assert "channel: not 1 to 32" in notify("add", "other", notify.url, "--channel", "A", status=1)


def test_a_key_that_is_lost_or_another_is_told_and_nothing_is_signed_with_it(notify, receiver, home):
    path = home / "online" / "notify.key"
    assert "notify.key: missing" in notify(status=1)
    notify("add", "shop", notify.url)
    kept = path.read_bytes()
    path.chmod(0o644)
    assert "chmod 600" in notify(status=1)
    path.unlink()
    assert "there are targets that were added with it: put it back" in notify("add", "other", notify.url, status=1)
    path.write_text("A" * 43 + "\n")
    path.chmod(0o600)
    tell(home, 1)
    process = notify.start()
    until(lambda: "not the key that the target shop was added with" in process.log.read_text())
    notify.stop()
    assert receiver.got == []
    path.write_bytes(kept)
    with sqlite3.connect(home / "online" / "service.sqlite3") as connection:
        connection.execute("UPDATE notice_delivery SET next_at = 0")
    connection.close()
    notify.start()
    until(lambda: receiver.got)


def test_a_release_that_a_server_takes_up_is_told_by_list_and_push(tmp_path, receiver):
    """The whole way: a signed release on disk, two workers, the keeper, the process, the receiver."""
    home = Home.published(tmp_path / "serving", "platform")
    notify = notify_at(home.path, receiver, tmp_path)
    token = add_platform(home.path)
    server = Process(home.path, tmp_path / "serve.log", "--workers", "2", channels="platform")
    try:
        server.wait()
        notify("add", "shop", notify.url)
        notify.start()
        until(lambda: receiver.got)
        home.publish("platform", {1: 2})
        until(lambda: len(receiver.got) >= 2)
        assert [json.loads(body)["data"]["serial"] for _, body in receiver.got] == [1, 2]
        ask = [sys.executable, "-c", ASK, server.url, token]
        listed = []
        until(lambda: listed.append(json.loads(subprocess.check_output(ask))) or len(listed[-1]["notices"]) == 2)
        assert [one["serial"] for one in listed[-1]["notices"]] == [1, 2]
    finally:
        notify.stop()
        server.stop()


ASK = """
import sys, urllib.request
request = urllib.request.Request(sys.argv[1] + "/v1/channels/platform/notices")
request.add_header("authorization", "Bearer " + sys.argv[2])
sys.stdout.buffer.write(urllib.request.urlopen(request).read())
"""
