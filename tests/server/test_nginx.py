"""deploy/nginx/pilookup.conf in a real nginx, in front of a real server."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pilookup.protocol import oprf
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.support.server import release_fixture
from tests.support.server.release_fixture import TOKEN
from tests.support.server.serve_process import Home, Process

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "pilookup.conf"
PUBLIC = "/v1/channels/public"
GEOMETRY = Geometry(8, 256)  # buckets.bin has 2 MiB: three slices


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def make_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "check.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("check.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))


class Nginx:
    """nginx with the shipped configuration, of which only addresses and directories are replaced."""

    def __init__(self, folder, upstream):
        self.folder, self.port = folder, free_port()
        make_certificate(folder)
        (folder / "cache").mkdir()
        text = CONFIGURATION.read_text()
        for old, new in {
            "    listen [::]:443 ssl http2;\n": "",
            "    listen [::]:80;\n": "",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            "/etc/pilookup/tls": str(folder),
            "/var/cache/nginx/pilookup": str(folder / "cache"),
            "/var/log/nginx": str(folder),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.getuid() == 0 else ""
        (folder / "pilookup.conf").write_text(text)
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/start.log;\nevents {{}}\n"
            f"http {{\n{temporary}include {folder}/pilookup.conf;\n}}\n"
        )
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "start.log"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        raise AssertionError((self.folder / "start.log").read_text())

    def client(self):
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False  # it is called by its address
        return httpx2.Client(base_url=f"https://127.0.0.1:{self.port}", verify=context, timeout=30)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def log(self, skipped=0, lines=0):
        """The access log without the first `skipped` lines, once it has `lines` more."""
        for _ in range(200):
            found = (self.folder / "pilookup.log").read_text().splitlines()[skipped:]
            if len(found) >= lines:
                return found
            time.sleep(0.05)
        raise AssertionError(found)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(release_fixture, "GEOMETRY", GEOMETRY)
        home = Home(tmp_path_factory.mktemp("home") / "home")
        home.publish("public", {1: 1})
        home.publish("platform", {1: 1})
    return home


@pytest.fixture(scope="module")
def proxied(home, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("nginx")
    settings = {"trusted_proxies": "127.0.0.1/32", "platform_tokens": TOKEN, "health_listen": "127.0.0.1:0"}
    quotas = {"public_quota": "3/minute", "public_soft_quota": ""}
    server = Process(home.path, tmp_path / "serve.log", **settings, **quotas)
    try:
        server.wait()
        nginx = Nginx(tmp_path, server.port)
        try:
            yield server, nginx.wait()
        finally:
            nginx.stop()
    finally:
        server.stop()


def evaluate(client, **headers):
    elements = oprf.blind([b"tel:+8613912345678"])[1]
    body = EvaluateRequest(1, elements).to_json()
    return client.post(f"{PUBLIC}/evaluate", content=body, headers={"content-type": JSON, **headers})


def targets(home, channel):
    folder = home.path / "online" / "channels" / channel / "targets"
    return next(folder.rglob("*.buckets.bin")), folder


def test_a_caller_cannot_choose_the_address_it_is_counted_for(proxied):
    _, nginx = proxied
    with nginx.client() as client:
        answers = [evaluate(client, **{"x-forwarded-for": f"198.51.100.{n}"}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "strict-transport-security" in answers[0].headers


def test_buckets_and_files_are_kept_and_nothing_of_a_path_is_logged(proxied, home):
    server, nginx = proxied
    path, folder = targets(home, "public")
    before = len(nginx.log())
    content, url = path.read_bytes(), f"{PUBLIC}/targets/{path.relative_to(folder)}"
    with nginx.client() as client:
        buckets = [client.get(f"{PUBLIC}/snapshots/1/buckets/201") for _ in range(2)]
        files = [client.get(url) for _ in range(2)]
        middle = client.get(url, headers={"range": "bytes=1000000-1100000"})
        metadata = client.get(f"{PUBLIC}/metadata/timestamp.json")
    assert buckets[0].content == buckets[1].content
    assert [answer.status_code for answer in buckets] == [200, 200]
    assert [answer.content for answer in files] == [content, content]
    assert middle.status_code == 206
    assert middle.content == content[1000000:1100001]
    assert metadata.status_code == 200
    log = nginx.log(before, 6)
    statuses = [line.rpartition(" ")[2] for line in log]
    assert statuses == ["MISS", "HIT", "MISS", "HIT", "HIT", "MISS"]
    for text in ("201", "snapshots", "127.0.0.1", "targets"):
        assert not any(text in line for line in log)
    assert server.log.read_text().count("snapshots/{serial}/buckets") == 1


def test_what_needs_a_token_is_never_kept(proxied, home):
    _, nginx = proxied
    path, folder = targets(home, "platform")
    urls = [f"/v1/channels/platform/{end}" for end in ("snapshots/1/buckets/3", "metadata/timestamp.json")]
    urls.append(f"/v1/channels/platform/targets/{path.relative_to(folder)}")
    with nginx.client() as client:
        for url in urls:
            for _ in range(2):
                assert client.get(url, headers={"authorization": f"Bearer {TOKEN}"}).status_code in (200, 206)
            assert client.get(url).status_code == 401


def test_limits_and_health_checks_are_not_reached_from_outside(proxied):
    server, nginx = proxied
    with nginx.client() as client:
        large = client.post(f"{PUBLIC}/evaluate", content=b"x" * 70_000, headers={"content-type": JSON})
        assert large.status_code == 413
        assert client.get("/").headers["content-type"].startswith("text/html")
        assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [404, 404]
    health = re.search(r"health checks on (\S+)/healthz", server.log.read_text())[1]
    assert httpx2.get(f"{health}/healthz").json() == {"status": "ok"}
    assert httpx2.get(f"{health}/readyz").json()["status"] == "ready"
    assert httpx2.get(f"{health}{PUBLIC}/metadata/timestamp.json").status_code == 404
