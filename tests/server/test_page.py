"""The page as the server serves it: files, Content-Security-Policy, configuration."""

import gzip
import json
from hashlib import sha256

import pytest
from pilookup_server import app as app_module
from pilookup_server.page_host.assets import Asset, read_assets
from pilookup_server.page_host.config import Operator, PageConfig
from pilookup_server.process import start as start_module
from pilookup_server.settings import ServeError, Settings

from tests.support.page.recordings import packed
from tests.support.server.release_fixture import LATER

FILES = {
    "index.html": b"<!doctype html><title>page</title>" + b" " * 400,
    "page.js": b"'use strict'",
    "images/push.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}
BROTLI = b"page.js with Brotli"

pytestmark = pytest.mark.anyio


@pytest.fixture
def page(tmp_path, monkeypatch):
    folder = tmp_path / "page"
    for name, data in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "page.js.br").write_bytes(BROTLI)
    monkeypatch.setattr(app_module, "read_assets", lambda: read_assets(folder))


async def test_every_file_and_the_index(running, repository, page):
    async with running() as server:
        for path, data in {"/": FILES["index.html"], **{f"/{name}": data for name, data in FILES.items()}}.items():
            answer = await server.get(path)
            assert answer.status_code == 200, path
            assert answer.content == data
            assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_has_one_policy_and_the_api_keeps_its_own(running, repository, page):
    async with running(page_buckets="https://buckets.example") as server:
        answer = await server.get("/page.js")
        policy = answer.headers.get_list("content-security-policy")
        api = (await server.get("/healthz")).headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert "default-src 'none'" in policy[0]
    assert "connect-src 'self' https://buckets.example;" in policy[0]
    assert "unsafe" not in policy[0]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert api == ["default-src 'none'; frame-ancestors 'none'"]


@pytest.mark.parametrize(
    ("values", "gzipped"),
    [
        (["gzip;q=0"], False),
        (["gzip;q=0.000, identity"], False),
        (["xgzip"], False),
        (["identity", "gzip"], True),
        (["br, GZIP ; q=0.5"], True),
        (["gzip;q=1.000"], True),
    ],
)
async def test_gzip_is_sent_to_those_who_take_it(running, repository, page, values, gzipped):
    async with running() as server:
        answer = await server.get("/", headers=[("accept-encoding", value) for value in values])
    assert (answer.headers.get("content-encoding") == "gzip") == gzipped


@pytest.mark.parametrize(
    ("path", "accepted", "coding"),
    [
        ("/page.js", "gzip, deflate, br, zstd", "br"),
        ("/page.js", "gzip, br;q=0", "gzip"),
        ("/page.js", "gzip", "gzip"),
        ("/page.js", "identity", None),
        ("/index.html", "gzip, deflate, br", "gzip"),
    ],
)
async def test_brotli_is_sent_where_the_build_made_it(running, repository, page, path, accepted, coding):
    async with running() as server:
        request = server.client.build_request("GET", path, headers={"accept-encoding": accepted})
        answer = await server.client.send(request, stream=True)
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        again = await server.get(path, headers={"accept-encoding": accepted, "if-none-match": answer.headers["etag"]})
        missing = await server.get(f"{path}.br")
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (body == BROTLI) == (coding == "br")
    assert again.status_code == 304
    assert missing.status_code == 404


async def test_media_types_and_compression(running, repository, page):
    async with running() as server:
        plain = await server.get("/", headers={"accept-encoding": "identity"})
        gzipped = await server.get("/", headers={"accept-encoding": "gzip"})
        script = await server.get("/page.js")
        drawing = await server.get("/images/push.svg")
    assert "content-encoding" not in plain.headers
    assert gzipped.headers["content-encoding"] == "gzip"
    assert gzipped.content == plain.content
    assert plain.headers["etag"] != gzipped.headers["etag"]
    assert plain.headers["vary"] == gzipped.headers["vary"] == "Accept-Encoding"
    assert plain.headers["content-type"] == "text/html; charset=utf-8"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert drawing.headers["content-type"] == "image/svg+xml; charset=utf-8"


async def test_what_the_browser_has_is_not_sent_again(running, repository, page):
    async with running() as server:
        tag = (await server.get("/page.js")).headers["etag"]
        again = await server.get("/page.js", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert not again.content
    assert "content-encoding" not in again.headers
    assert "content-security-policy" in again.headers


async def test_config_holds_the_root_and_the_operator(running, repository, page):
    given = {"operator_name_zh": "某市公安局", "operator_name_en": "City police", "operator_telephone": "96110"}
    async with running(**given, operator_filing="某ICP备1号", page_address="https://check.example") as server:
        body = json.loads((await server.get("/config.json")).content)
        root = json.loads((await server.get("/v1/channels/public/metadata/1.root.json")).content)
    assert body == {
        "format": 1,
        "server": "",
        "buckets": "",
        "channel": "public",
        "root": root,
        "operator": {
            "name": {"zh": "某市公安局", "en": "City police"},
            "telephone": "96110",
            "filing": "某ICP备1号",
            "address": "https://check.example",
        },
    }


async def test_config_is_compressed_and_names_corrected_services(running, repository, page):
    services = {"antifraud": "96119", "lookup_account": "新的公众号"}
    async with running(page_services=services) as server:
        response = await server.get("/config.json", headers={"accept-encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert json.loads(response.content)["services"] == services


async def test_config_without_a_release_is_a_503(running, tmp_path, page):
    (tmp_path / "online" / "channels" / "public").mkdir(parents=True)
    async with running() as server:
        assert (await server.get("/config.json")).status_code == 503


FEED = b"<feed>" + b"a case" * 20_000


async def test_the_feed_is_the_released_file_for_feed_readers(running, repository, page):
    """Its bytes as signed, its media type, short caching, and nothing is sent again that a reader has."""
    repository.more = {"feed.xml": FEED}
    repository.publish({1: (2, LATER), 2: (3, LATER)})
    repository.more = {"feed.xml": FEED[:-1]}
    async with running() as server:
        answer = await server.get("/feed.xml")
        again = await server.get("/feed.xml", headers={"if-none-match": answer.headers["etag"]})
        plain = await server.get("/feed.xml", headers={"accept-encoding": "identity"})
        repository.publish({1: (2, LATER), 2: (4, LATER)})
        await server.public.tick()
        newer = await server.get("/feed.xml", headers={"if-none-match": answer.headers["etag"]})
    assert answer.content == plain.content == FEED
    assert plain.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert plain.headers["cache-control"] == "public, max-age=600"
    assert plain.headers["etag"] == f'"{sha256(FEED).hexdigest()}"'
    assert (again.status_code, again.content) == (304, b"")
    assert (newer.status_code, newer.content) == (200, FEED[:-1])


async def test_an_older_release_has_no_feed(running, repository, page):
    async with running() as server:
        assert (await server.get("/feed.xml")).status_code == 404


async def test_no_feed_of_an_expired_release(running, repository, page, clock):
    repository.more = {"feed.xml": FEED}
    repository.publish({1: (2, LATER)})
    async with running() as server:
        clock.pass_(days=40)
        refused = await server.get("/feed.xml")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "60"


async def test_no_page_if_disabled_or_not_built(running, repository, page, monkeypatch, tmp_path):
    async with running(page=False) as server:
        assert (await server.get("/")).status_code == 404
    monkeypatch.setattr(app_module, "read_assets", lambda: read_assets(tmp_path / "nowhere"))
    async with running() as server:
        assert (await server.get("/")).status_code == 404
        assert (await server.get("/config.json")).status_code == 404


async def test_nothing_but_the_page_s_files(running, repository, page):
    async with running() as server:
        for path in ("/nothing", "/images", "/images/", "/../settings.py", "/%2e%2e/settings.py", "/index.html/"):
            assert (await server.get(path)).status_code == 404, path
        assert (await server.client.post("/")).status_code == 405


def test_compression_is_reproducible():
    gzipped = Asset.from_bytes("page.js", b"x" * 99).gzipped
    assert gzipped[4:8] == bytes(4), "the gzip header contains a time"
    assert gzip.decompress(Asset.from_bytes("page.js", b"x" * 99).gzipped) == b"x" * 99
    with pytest.raises(KeyError):
        Asset.from_bytes("page.exe", b"")


def test_the_policy_names_both_origins_once():
    config = PageConfig(Operator(), "https://a.example", "https://a.example")
    assert config.policy().count("https://a.example") == 1


async def test_recordings_are_served_and_named_in_the_configuration(running, repository, page, tmp_path):
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    recording = packed(tmp_path, "za")
    (sounds / "za.sound").write_bytes(recording.data)
    async with running(page_sounds=sounds) as server:
        config = (await server.get("/config.json")).json()
        answer = await server.get(f"/{config['sounds'][0]['file']}")
    assert config["sounds"] == [recording.to_json()]
    assert answer.content == recording.data
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_worker_that_cannot_read_the_recordings_serves_the_page_without_them(
    running, repository, page, tmp_path, caplog
):
    """The server has refused them at its start; a worker that starts later must not take the service down."""
    (tmp_path / "za.sound").write_bytes(packed(tmp_path).data[:-1])
    async with running(page_sounds=tmp_path) as server:
        answer = await server.get("/config.json")
    assert answer.status_code == 200
    assert "sounds" not in answer.json()


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda _: b"", lambda data: data.replace(b"audio", b"other")]
)
def test_the_server_does_not_start_with_recordings_that_it_cannot_use(tmp_path, damage):
    (tmp_path / "za.sound").write_bytes(damage(packed(tmp_path).data))
    with pytest.raises(ServeError, match=r"^PILOOKUP_PAGE_SOUNDS: .*za\.sound"):
        start_module._check_page(Settings(home=tmp_path, page_sounds=tmp_path))
    start_module._check_page(Settings(home=tmp_path, page_sounds=tmp_path, page=False))
    with pytest.raises(ServeError, match=r"^PILOOKUP_PAGE_SOUNDS: .*nowhere"):
        start_module._check_page(Settings(home=tmp_path, page_sounds=tmp_path / "nowhere"))
