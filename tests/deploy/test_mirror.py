"""deploy/nginx/mirror.conf in a real nginx: the signed files of a channel, and nothing else."""

import shutil

import pytest

from tests.support.server.nginx import Nginx
from tests.support.server.serve_process import Home

PUBLIC = "/v1/channels/public"


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    home = Home.published(tmp_path_factory.mktemp("home") / "home", channels=("public",))
    return home.path / "online" / "channels" / "public"


@pytest.fixture(scope="module")
def mirror(channel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirror")
    root = folder / "root"
    for kind in ("metadata", "targets"):
        shutil.copytree(channel / kind, root / "v1" / "channels" / "public" / kind)
    (root / "secret.txt").write_text("not part of a release")
    (root / "v1" / "channels" / "public" / "targets" / "link").symlink_to("/etc/passwd")
    nginx = Nginx(folder, root=root)
    try:
        with nginx.wait().client() as client:
            yield nginx, client
    finally:
        nginx.stop()


def paths(channel):
    return [path.relative_to(channel) for kind in ("metadata", "targets") for path in (channel / kind).rglob("*.*")]


def test_every_file_of_a_release_is_served_as_it_is(mirror, channel):
    _, client = mirror
    names = [path for path in paths(channel) if (channel / path).is_file()]
    assert {path.parts[0] for path in names} == {"metadata", "targets"}
    for path in names:
        answer = client.get(f"{PUBLIC}/{path}")
        assert answer.status_code == 200, path
        assert answer.content == (channel / path).read_bytes()
        assert answer.headers["access-control-allow-origin"] == "*"
        ages = {"metadata": "public, max-age=10", "targets": "public, max-age=31536000, immutable"}
        assert answer.headers["cache-control"] == ages[path.parts[0]]


def test_a_bucket_is_a_range_and_leaves_no_trace(mirror, channel):
    nginx, client = mirror
    buckets = next((channel / "targets").rglob("*.buckets.bin"))
    before = len(nginx.log("pilookup-mirror.log"))
    answer = client.get(f"{PUBLIC}/{buckets.relative_to(channel)}", headers={"range": "bytes=64-127"})
    assert answer.status_code == 206
    assert answer.content == buckets.read_bytes()[64:128]
    [line] = nginx.log("pilookup-mirror.log", skipped=before, lines=1)
    assert "127.0.0.1" not in line
    assert "buckets" not in line
    several = client.get(f"{PUBLIC}/{buckets.relative_to(channel)}", headers={"range": "bytes=0-1,4-5"})
    assert several.status_code == 200, "one range a request; more are answered with the whole file"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/secret.txt", f"{PUBLIC}/", f"{PUBLIC}/targets/", f"{PUBLIC}/metadata/", f"{PUBLIC}/metadata/none.json",
        f"{PUBLIC}/targets/../../../../secret.txt", f"{PUBLIC}/targets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.txt",
        f"{PUBLIC}/targets/link", f"{PUBLIC}/lock", "/v1/channels/platform/metadata/root.json",
        f"{PUBLIC}/snapshots/1/buckets/0",
    ],
)  # fmt: skip
def test_nothing_else_is_served(mirror, path):
    _, client = mirror
    answer = client.get(path)
    assert answer.status_code in {301, 403, 404}
    assert b"not part" not in answer.content
    assert b"root:" not in answer.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_taken(mirror, method, channel):
    _, client = mirror
    for path in (f"{PUBLIC}/evaluate", f"{PUBLIC}/metadata/root.json"):
        assert client.request(method, path).status_code in {403, 404, 405}
