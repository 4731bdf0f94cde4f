"""Metadata, targets, buckets and health: what is served, how it is cached, and every error."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from pilookup.protocol import merkle
from pilookup.protocol.buckets import check_body
from pilookup.protocol.manifest import Manifest
from tests.support.server.platform_keys import FORMER_TOKEN, KEY, add_platform
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import GEOMETRY, LATER, START, Repository

pytestmark = pytest.mark.anyio
PUBLIC = "/v1/channels/public"
PLATFORM = "/v1/channels/platform"


async def manifest_of(server, channel=PUBLIC):
    targets = json.loads((await server.get(f"{channel}/metadata/1.targets.json")).content)
    digest = targets["signed"]["targets"]["manifest.json"]["hashes"]["sha256"]
    answer = await server.get(f"{channel}/targets/{digest}.manifest.json")
    assert answer.status_code == 200
    return Manifest.from_bytes(answer.content)


async def buckets_path(server):
    manifest = await manifest_of(server)
    return f"{PUBLIC}/targets/epochs/1/{manifest.files['buckets.bin'].sha256}.buckets.bin"


async def test_combined_metadata_are_the_very_bytes_of_the_files(running, repository):
    path = f"{PUBLIC}/metadata/combined.json"
    async with running() as server:
        answer = await server.get(path)
        compressed = await server.get(path, headers={"accept-encoding": "gzip"})
        again = await server.get(path, headers={"if-none-match": answer.headers["etag"]})
    files = json.loads(answer.content)
    listed = json.loads(files["1.targets.json"])["signed"]["targets"]["manifest.json"]
    manifest = files.pop(f"targets/{listed['hashes']['sha256']}.manifest.json")
    assert sha256(manifest.encode()).hexdigest() == listed["hashes"]["sha256"]
    assert set(files) == {"1.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"}
    for name, text in files.items():
        assert text.encode() == (repository.metadata / name).read_bytes(), name
    assert compressed.content == answer.content
    assert compressed.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=10"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["root.json", "1.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"])
async def test_metadata_is_the_file_on_disk_and_revalidates(running, repository, name):
    async with running() as server:
        answer = await server.get(f"{PUBLIC}/metadata/{name}")
        assert answer.content == (repository.metadata / name).read_bytes()
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "public, max-age=10"
        tag = answer.headers["etag"]
        again = await server.get(f"{PUBLIC}/metadata/{name}", headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    "name",
    [
        "2.root.json",
        "lock",
        "..%2flock",
        "%2e%2e",
        ".timestamp.json.new",
        "timestamp.json%00",
        "01.root.json",
        "x" * 5000,
    ],
)
async def test_other_metadata_names_are_404(running, repository, name):
    (repository.directory / "lock").touch()
    (repository.metadata / ".timestamp.json.new").write_text("half")
    async with running() as server:
        problem(await server.get(f"{PUBLIC}/metadata/{name}"), 404, "not-found")


async def test_targets_are_the_listed_files(running, repository):
    async with running() as server:
        manifest = await manifest_of(server)
        for name, ref in manifest.files.items():
            answer = await server.get(f"{PUBLIC}/targets/epochs/1/{ref.sha256}.{name}")
            assert sha256(answer.content).hexdigest() == ref.sha256
            assert answer.headers["etag"] == f'"{ref.sha256}"'
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "manifest.json",
        "..%2fmetadata%2froot.json",
        "epochs/1/",
        "epochs/1/buckets.bin",
        "%2fetc%2fpasswd",
        "epochs//1",
        "",
    ],
)
async def test_unlisted_targets_are_404(running, repository, path):
    (repository.targets / "manifest.json").write_text("{}")
    async with running() as server:
        problem(await server.get(f"{PUBLIC}/targets/{path}"), 404, "not-found")


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-31", 0, 32),
        ("bytes=7-7", 7, 8),
        ("bytes=100-", 100, None),
        ("bytes=-64", -64, None),
        ("bytes=32-999999999", 32, None),
        ("bytes=-99999999", 0, None),
    ],
)
async def test_a_range_is_answered_with_that_part(running, repository, header, start, end):
    async with running() as server:
        path = await buckets_path(server)
        whole = (await server.get(path)).content
        answer = await server.get(path, headers={"range": header})
        part = whole[start:end]
        first = len(whole) - len(part) if end is None else start
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize(
    "header", ["bytes=0-1,4-5", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 40 + "-"]
)
async def test_other_ranges_get_the_whole_file(running, repository, header):
    async with running() as server:
        answer = await server.get(await buckets_path(server), headers={"range": header})
        assert (answer.status_code, len(answer.content)) == (200, GEOMETRY.size)


async def test_ranges_beyond_the_end_and_of_another_entity(running, repository):
    async with running() as server:
        path = await buckets_path(server)
        for header in (f"bytes={GEOMETRY.size}-", "bytes=-0"):
            answer = await server.get(path, headers={"range": header})
            problem(answer, 416, "range-not-satisfiable")
            assert answer.headers["content-range"] == f"bytes */{GEOMETRY.size}"
        answer = await server.get(path, headers={"range": "bytes=0-1", "if-range": '"other"'})
        assert answer.status_code == 200
        answer = await server.get(path, headers={"range": "bytes=0-1", "if-range": answer.headers["etag"]})
        assert answer.status_code == 206


async def test_head_has_the_headers_and_no_body(running, repository):
    async with running() as server:
        for path in (
            await buckets_path(server),
            f"{PUBLIC}/metadata/root.json",
            f"{PUBLIC}/snapshots/1/buckets/0",
            "/healthz",
        ):
            answer, full = await server.client.head(path), await server.get(path)
            assert (answer.status_code, answer.content) == (200, b"")
            same = {"content-length", "content-type", "etag", "cache-control"}
            assert {n: v for n, v in answer.headers.items() if n in same} == {
                n: v for n, v in full.headers.items() if n in same
            }


async def test_buckets_verify_against_the_manifest(running, repository):
    async with running() as server:
        manifest = await manifest_of(server)
        for index in range(GEOMETRY.buckets):
            answer = await server.get(f"{PUBLIC}/snapshots/1/buckets/{index}")
            check_body(answer.content, index, GEOMETRY, manifest.root)
            assert len(answer.content) == GEOMETRY.stride + GEOMETRY.bits * merkle.HASH_BYTES
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            tag = {"if-none-match": answer.headers["etag"]}
            assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/{index}", headers=tag)).status_code == 304
            tags = [("if-none-match", '"other"'), *tag.items()]
            assert (await server.get(f"{PUBLIC}/snapshots/1/buckets/{index}", headers=tags)).status_code == 304


@pytest.mark.parametrize("index", ["4", "00", "-1", "+1", "1.0", "x", "٣", "9" * 17, "1%2f2"])
async def test_no_such_bucket(running, repository, index):
    async with running() as server:
        problem(await server.get(f"{PUBLIC}/snapshots/1/buckets/{index}"), 404, "not-found")


@pytest.mark.parametrize("serial", ["2", "999", "0"])
async def test_a_serial_not_served_is_410(running, repository, serial):
    async with running() as server:
        problem(await server.get(f"{PUBLIC}/snapshots/{serial}/buckets/0"), 410, "retired")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/v1",
        "/metrics",
        "/v1/channels/nope/metadata/root.json",
        f"{PUBLIC}/evaluate/",
    ],
)
async def test_unknown_paths_are_problems(running, repository, path):
    async with running(page=False) as server:
        problem(await server.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PUBLIC}/evaluate"),
        ("DELETE", f"{PUBLIC}/metadata/root.json"),
        ("OPTIONS", "/healthz"),
        ("BREW", "/readyz"),
    ],
)
async def test_wrong_methods_are_problems(running, repository, method, path):
    async with running() as server:
        answer = await server.client.request(method, path)
        problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"]


async def test_a_channel_never_published_is_503(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys)
    add_platform(tmp_path)
    async with running() as server:
        for path in ("metadata/root.json", "targets/x", "snapshots/1/buckets/0"):
            answer = await server.get(f"{PLATFORM}/{path}", headers={"authorization": f"Bearer {KEY}"})
            problem(answer, 503, "unavailable")
            assert answer.headers["retry-after"]
        problem(
            await server.evaluate(channel="platform", headers={"authorization": f"Bearer {KEY}"}),
            503,
            "unavailable",
        )
        assert (await server.get("/readyz")).json()["channels"]["platform"] == {"state": "unpublished"}


async def test_platform_answers_only_with_a_bearer_token(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    bad = [
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {KEY}"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": KEY},
    ]
    add_platform(tmp_path)
    async with running() as server:
        for path in ("metadata/root.json", "targets/x", "snapshots/1/buckets/0"):
            for headers in bad:
                answer = await server.get(f"{PLATFORM}/{path}", headers=headers)
                problem(answer, 401, "unauthorized")
                assert answer.headers["www-authenticate"].startswith("Bearer realm=")
        problem(await server.evaluate(channel="platform"), 401, "unauthorized")
        good = {"authorization": f"bearer {KEY}"}
        answer = await server.get(f"{PLATFORM}/snapshots/1/buckets/0", headers=good)
        assert (answer.status_code, answer.headers["cache-control"].split(",")[0]) == (200, "private")
        assert (await server.evaluate(channel="platform", headers=good)).status_code == 200


async def test_tokens_of_former_versions_are_valid_for_this_release(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    async with running(platform_tokens=f"another-{FORMER_TOKEN},{FORMER_TOKEN}") as server:
        for token, status in ((FORMER_TOKEN, 200), (f"another-{FORMER_TOKEN}", 200), (f"{FORMER_TOKEN}x", 401)):
            answer = await server.evaluate(channel="platform", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == status


async def test_without_keys_platform_answers_to_nobody(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    async with running() as server:
        problem(
            await server.get(f"{PLATFORM}/metadata/root.json", headers={"authorization": "Bearer "}),
            401,
            "unauthorized",
        )


async def test_health(running, repository):
    async with running() as server:
        assert (await server.get("/healthz")).json() == {"status": "ok"}
        answer = await server.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ready",
            "clock_doubtful": False,
            "service_database": "starting",
            "platform_keys": "unknown",
            "channels": {
                "public": {"state": "ready", "release_refused": False, "epochs": [1], "serials": [1]},
                "platform": {"state": "unpublished"},
            },
        }


async def test_not_ready_with_nothing_published(running):
    async with running() as server:
        problem(await server.get("/readyz"), 503, "unavailable")
        assert (await server.get("/healthz")).status_code == 200


async def test_security_headers_on_answers_and_errors(running, repository):
    async with running() as server:
        for path in ("/healthz", "/nowhere", f"{PUBLIC}/metadata/root.json"):
            headers = (await server.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert len(headers["x-request-id"]) == 16
            assert "server" not in headers
            assert "access-control-allow-origin" not in headers


async def test_cors(running, repository):
    async with running(allowed_origins="https://check.example, http://localhost:8000") as server:
        preflight_headers = {"origin": "https://check.example", "access-control-request-method": "POST"}
        preflight = await server.client.options(f"{PUBLIC}/evaluate", headers=preflight_headers)
        assert preflight.status_code == 204
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "Content-Type" in preflight.headers["access-control-allow-headers"]
        answer = await server.get(f"{PUBLIC}/metadata/root.json", headers={"origin": "https://check.example"})
        assert answer.headers["access-control-allow-origin"] == "https://check.example"
        assert "RateLimit" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"
        other = await server.get(f"{PUBLIC}/metadata/root.json", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        assert other.headers["vary"] == "Origin"
        error = await server.get("/nowhere", headers={"origin": "https://check.example"})
        assert error.headers["access-control-allow-origin"] == "https://check.example"


async def test_cors_for_any_origin(running):
    async with running(allowed_origins="*") as server:
        for headers in ({}, {"origin": "https://any.example"}):
            answer = await server.get(f"{PUBLIC}/metadata/root.json", headers=headers)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "vary" not in answer.headers


async def test_a_tuf_client_follows_the_repository(running, repository, tmp_path):
    """The updater of python-tuf, with the pinned root, uses the routes."""
    from tuf.ngclient import FetcherInterface, Updater

    async with running() as server:
        fetched = {}
        for name in ("timestamp.json", "1.snapshot.json", "1.targets.json", "root.json"):
            fetched[f"http://t{PUBLIC}/metadata/{name}"] = (await server.get(f"{PUBLIC}/metadata/{name}")).content
        manifest = await manifest_of(server)
        data = manifest.to_bytes()
        fetched[f"http://t{PUBLIC}/targets/{sha256(data).hexdigest()}.manifest.json"] = data

    class Held(FetcherInterface):
        def _fetch(self, url):
            if url not in fetched:
                from tuf.api.exceptions import DownloadHTTPError

                raise DownloadHTTPError("missing", 404)
            yield fetched[url]

    folder = tmp_path / "client"
    (folder / "targets").mkdir(parents=True)
    base = f"http://t{PUBLIC}"
    pin = (repository.metadata / "1.root.json").read_bytes()
    updater = Updater(
        str(folder), f"{base}/metadata/", str(folder / "targets"), f"{base}/targets/", Held(), bootstrap=pin
    )
    if (START - updater._trusted_set.reference_time).total_seconds() > 0:
        pytest.fail("the fixture's clock is ahead of this machine's")
    updater._trusted_set.reference_time = START
    info = updater.get_targetinfo("manifest.json")
    assert Path(updater.download_target(info)).read_bytes() == data  # noqa: ASYNC240 - nothing else runs in this loop
