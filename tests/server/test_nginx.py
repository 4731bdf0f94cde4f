"""deploy/nginx/pilookup.conf in a real nginx, in front of a real server."""

import re

import httpx2
import pytest

from pilookup.protocol import oprf
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.support.server import release_fixture
from tests.support.server.nginx import Nginx
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import Home, Process

PUBLIC = "/v1/channels/public"
GEOMETRY = Geometry(8, 256)  # buckets.bin has 2 MiB: three slices


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(release_fixture, "GEOMETRY", GEOMETRY)
        home = Home.published(tmp_path_factory.mktemp("home") / "home")
        home.publish("platform", {1: 1})
        add_platform(home.path)
    return home


@pytest.fixture(scope="module")
def proxied(home, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("nginx")
    settings = {"trusted_proxies": "127.0.0.1/32", "health_listen": "127.0.0.1:0"}
    quotas = {"public_quota": "8/day", "public_reserve": ""}
    server = Process(home.path, tmp_path / "serve.log", **settings, **quotas)
    try:
        wait_keys(server.wait().url)
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
    log = nginx.log(skipped=before, lines=6)
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
                assert client.get(url, headers={"authorization": f"Bearer {KEY}"}).status_code in (200, 206)
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
