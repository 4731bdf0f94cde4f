"""A serving machine that fetches timestamps (`PILOOKUP_METADATA_FROM`), beside the one that signs them."""

import asyncio
import contextlib
import shutil

import httpx2
import pytest
from pilookup_server.release import followed_timestamp, timestamp_source
from pilookup_server.release.timestamp import take_over
from pilookup_server.release.timestamp_source import FetchError, TimestampSource
from pilookup_server.settings import ServeError, read_settings
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tuf.api.metadata import Metadata, Timestamp

from tests.support.checking.certificates import self_signed, server_context
from tests.support.server.platform_keys import add_platform
from tests.support.server.release_fixture import LATER, HeldKeys, Repository
from tests.support.server.serve_process import Home, Process
from tests.support.server.two_machines import SIGNING, ManyCallers, Wire, copy_release, machine, pair_of_machines, stage

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(followed_timestamp, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def pair(tmp_path_factory, monkeypatch, keys, clock, wire):
    return pair_of_machines(tmp_path_factory.mktemp, monkeypatch, keys, clock, wire)


@contextlib.asynccontextmanager
async def logs():
    with capture_logs() as logged:
        yield logged


def version_of(data):
    return Metadata[Timestamp].from_bytes(data).signed.version


def gauge(condition):
    return REGISTRY.get_sample_value("pilookup_timestamp_source", {"channel": "public", "condition": condition})


async def test_the_first_timestamp_is_fetched(pair, repository):
    async with pair(repository) as (signing, following):
        assert following.stamp() == signing.stamp()
        state = await following.readiness()
        assert (state["state"], state["serials"], state["timestamp_source"]) == ("ready", [1], "current")
        assert gauge("current") == 1


async def test_a_renewal_is_served_by_the_next_request(pair, repository, clock):
    async with pair(repository) as (signing, following):
        before = await following.served()
        clock.pass_(hours=30)
        await signing.watcher.tick()
        renewed = await signing.served()
        assert version_of(renewed) == version_of(before) + 1
        assert await following.served() == renewed == following.stamp()


@pytest.mark.parametrize("epochs", [{1: (2, LATER)}, {2: (3, LATER), 1: (2, LATER)}])
async def test_a_release_copied_to_the_following_machine_first_arrives_on_both(
    pair, repository, clock, tmp_path_factory, epochs
):
    async with pair(repository) as (signing, following):
        # Custody has the release; it reaches the following machine before the signing one.
        stage(repository, tmp_path_factory.mktemp("custody"))
        repository.publish(epochs, clock.now, stamp=False)
        copy_release(repository, following.home)
        before = following.stamp()
        await following.watcher.tick()
        state = await following.readiness()
        assert (state["serials"], state["timestamp_source"]) == ([1], "release_waiting")
        assert await following.served() == before
        copy_release(repository, signing.home)
        await signing.watcher.tick()
        newest = await signing.served()
        assert version_of(newest) == version_of(before) + 1
        # A client that has seen the signing machine's timestamp finds everything that it names here.
        for name in ("2.snapshot.json", "2.targets.json"):
            answer = await following.client.get(f"/v1/channels/public/metadata/{name}")
            assert answer.status_code == 200
        assert await following.served() == newest
        state = await following.readiness()
        assert state["serials"] == sorted(serial for serial, _ in epochs.values())
        await following.watcher.tick()
        assert (await following.readiness())["timestamp_source"] == "current"


@pytest.mark.parametrize("missing", ["metadata", "buckets"])
async def test_a_timestamp_of_a_release_that_is_not_here_is_not_served(pair, repository, clock, missing):
    async with pair(repository) as (signing, following):
        before = following.stamp()
        repository.publish({1: (2, LATER)}, clock.now, stamp=False)
        but = {path.name for path in repository.directory.rglob("*") if path.name.endswith("buckets.bin")}
        if missing == "buckets":
            copy_release(repository, following.home, but=but)
        await signing.watcher.tick()
        assert (await signing.readiness())["serials"] == [2]
        clock.pass_(seconds=followed_timestamp.EVERY_SECONDS)
        await following.watcher.tick()
        state = await following.readiness()
        assert (state["serials"], state["timestamp_source"]) == ([1], "release_missing")
        assert state["valid_until"] == "2026-11-26T08:00:00Z"
        assert await following.served() == before
        assert gauge("release_missing") == 1
        assert gauge("current") == 0
        copy_release(repository, following.home)
        clock.pass_(seconds=followed_timestamp.RETRY_SECONDS)
        assert await following.served() == signing.stamp()
        assert (await following.readiness())["timestamp_source"] == "current"


async def test_the_last_timestamp_is_served_until_it_expires(pair, repository, clock, wire):
    async with pair(repository) as (signing, following), logs() as logged:
        before = following.stamp()
        wire.cut = httpx2.ConnectError("refused")
        clock.pass_(hours=25)
        await following.watcher.tick()
        await signing.watcher.tick()
        state = await following.readiness()
        assert (state["state"], state["timestamp_source"]) == ("ready", "unreachable")
        assert gauge("unreachable") == 1
        fetches = len(wire.fetches)
        assert await following.served() == before
        assert len(wire.fetches) == fetches  # requests do not wait for a machine that is away
        clock.pass_(hours=23, seconds=1)
        assert (await following.client.get("/readyz")).status_code == 503
        wire.cut = None
        await signing.watcher.tick()
        await following.watcher.tick()
        assert await following.served() == signing.stamp()
        assert (await following.readiness())["timestamp_source"] == "current"
    lines = [line for line in logged if "followed" in line["event"]]
    assert [line["event"] for line in lines] == ["timestamp not followed", "timestamp followed again"]
    assert lines[0]["condition"] == "unreachable"
    assert "ConnectError" in lines[0]["reason"]


def older(repository, kept, keys, home):
    return kept["first"]


def of_a_stranger(repository, kept, keys, home):
    stranger = Repository(home, "public", HeldKeys())
    stranger.version = 8
    stranger.stamp(kept["now"], 1)
    stranger.stamp(kept["now"], 1)
    stranger.stamp(kept["now"], 1)
    return (stranger.metadata / "timestamp.json").read_bytes()


def of_the_same_version(repository, kept, keys, home):
    held = (repository.metadata / "timestamp.json").read_bytes()
    (repository.metadata / "timestamp.json").write_bytes(kept["first"])
    repository.stamp(kept["now"].replace(minute=59))
    other = (repository.metadata / "timestamp.json").read_bytes()
    (repository.metadata / "timestamp.json").write_bytes(held)
    assert version_of(other) == version_of(held)
    return other


def of_an_older_snapshot(repository, kept, keys, home):
    held = (repository.metadata / "timestamp.json").read_bytes()
    repository.stamp(kept["now"], 1)
    other = (repository.metadata / "timestamp.json").read_bytes()
    (repository.metadata / "timestamp.json").write_bytes(held)
    return other


def no_timestamp(repository, kept, keys, home):
    return b'{"signed": {}, "signatures": []}'


@pytest.mark.parametrize("make", [older, of_a_stranger, of_the_same_version, of_an_older_snapshot, no_timestamp])
async def test_what_does_not_follow_what_is_held_is_refused(
    pair, repository, clock, keys, wire, make, tmp_path_factory
):
    kept = {"first": (repository.metadata / "timestamp.json").read_bytes(), "now": clock.now}
    repository.publish({1: (2, LATER)}, clock.now)
    async with pair(repository) as (_, following):
        before = following.stamp()
        bad = make(repository, kept, keys, tmp_path_factory.mktemp("stranger"))
        wire.answer = lambda request: httpx2.Response(200, stream=httpx2.ByteStream(bad), request=request)
        clock.pass_(seconds=followed_timestamp.EVERY_SECONDS)
        await following.watcher.tick()
        assert await following.served() == before == following.stamp()
        state = await following.readiness()
        assert (state["state"], state["timestamp_source"]) == ("ready", "refused")


@pytest.mark.parametrize("status", [302, 404, 429, 500])
async def test_an_answer_without_a_timestamp_is_a_machine_that_is_unreachable(pair, repository, clock, wire, status):
    async with pair(repository) as (_, following):
        wire.answer = lambda request: httpx2.Response(status, headers={"location": "https://elsewhere.example"})
        clock.pass_(seconds=followed_timestamp.EVERY_SECONDS)
        await following.watcher.tick()
        assert (await following.readiness())["timestamp_source"] == "unreachable"


async def test_requests_at_the_same_time_share_fetches_that_began_after_them(pair, repository):
    async with pair(repository) as (_, following):
        started, go_on = asyncio.Event(), asyncio.Event()
        fetches = []

        class Slow(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request):
                fetches.append(request)
                started.set()
                await go_on.wait()
                return httpx2.Response(304)

        following.watcher._followed._source._client._transport = Slow()
        first = asyncio.create_task(following.served())
        await started.wait()
        others = [asyncio.create_task(following.served()) for _ in range(20)]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, *others)
        assert len(fetches) == 2  # the first one's began before the others asked


async def test_a_caller_that_goes_away_leaves_no_fetch_half_done(pair, repository, clock):
    async with pair(repository) as (signing, following):
        started, go_on = asyncio.Event(), asyncio.Event()

        class Slow(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request):
                started.set()
                await go_on.wait()
                return httpx2.Response(200, stream=httpx2.ByteStream(signing.stamp()), request=request)

        following.watcher._followed._source._client._transport = Slow()
        clock.pass_(hours=30)
        await signing.watcher.tick()
        first = asyncio.create_task(following.watcher.current())
        await started.wait()
        second = asyncio.create_task(following.served())
        await asyncio.sleep(0)
        first.cancel()
        go_on.set()
        assert await second == signing.stamp()


async def test_the_following_machine_takes_over_and_the_other_one_returns(
    pair, repository, clock, keys, wire, monkeypatch, tmp_path_factory
):
    async with pair(repository) as (signing, following):
        clock.pass_(hours=30)
        await signing.watcher.tick()
        last = await following.served()
        clock.pass_(hours=2)
    take_over(following.home / "online" / "channels" / "public", "public", keys, clock.now)
    async with machine(following.home, tmp_path_factory.mktemp("s"), keys, clock) as now_signing:
        assert version_of(await now_signing.served()) == int(clock.now.timestamp()) > version_of(last)
        wire.callers = ManyCallers(now_signing.app)
        options = {"renew": False, "metadata_from": SIGNING}
        async with machine(signing.home, tmp_path_factory.mktemp("s"), keys, clock, **options) as returned:
            assert await returned.served() == await now_signing.served()


async def test_a_release_is_taken_up_after_the_signatures_of_the_former_one_have_expired(running, repository, clock):
    async with running() as server:
        clock.pass_(days=31)
        repository.publish({1: (2, LATER)}, clock.now, stamp=False)
        await server.public.tick()
        assert (await server.get("/readyz")).json()["channels"]["public"]["serials"] == [2]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"metadata_from": SIGNING}, "PILOOKUP_METADATA_FROM: .*PILOOKUP_RENEW=0"),
        ({"metadata_from": "http://signing.example", "renew": False}, "PILOOKUP_METADATA_FROM: .*not an origin"),
        ({"metadata_from": "https://a.example/path", "renew": False}, "PILOOKUP_METADATA_FROM: .*not an origin"),
    ],
)
def test_settings_that_cannot_be_meant(given, text, tmp_path):
    with pytest.raises(ServeError, match=text):
        read_settings(home=tmp_path, **given)


def test_the_token_of_closed_channels(tmp_path):
    settings = read_settings(home=tmp_path, renew=False, metadata_from=SIGNING)
    with pytest.raises(ServeError, match="PILOOKUP_METADATA_TOKEN: needed"):
        settings.read_metadata_token()
    file = tmp_path / "token"
    file.write_text("sentinel-token\n")
    given = {"home": tmp_path, "metadata_token": "other", "metadata_token_file": file}
    assert read_settings(**given).read_metadata_token() == "sentinel-token"
    file.write_text("two words")
    with pytest.raises(ServeError, match="not printable ASCII") as error:
        read_settings(**given).read_metadata_token()
    assert "words" not in str(error.value)


async def test_the_token_is_sent_to_no_other_machine_and_the_answer_has_a_limit():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx2.Response(200, stream=httpx2.ByteStream(b"x" * (timestamp_source.TIMESTAMP_BYTES + 1)))

    source = TimestampSource(SIGNING, "platform", "sentinel-token", httpx2.MockTransport(answer))
    with pytest.raises(FetchError, match="too large"):
        await source.fetch(None)
    await source.close()
    assert [str(one.url) for one in seen] == [f"{SIGNING}/v1/channels/platform/metadata/timestamp.json"]
    assert seen[0].headers["authorization"] == "Bearer sentinel-token"


async def test_a_machine_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(timestamp_source, "FETCH_SECONDS", 0.05)

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
        while not (reader.at_eof() or reader.exception()):
            writer.write(b"x")
            await asyncio.sleep(0.005)
        writer.close()
        closed.set()

    closed = asyncio.Event()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        source = TimestampSource(f"http://127.0.0.1:{port}", "public")
        with pytest.raises(FetchError, match=r"no answer within 0\.05 seconds"):
            await source.fetch(None)
        await source.close()
        await closed.wait()


def test_a_server_follows_another_one(tmp_path):
    home = Home(tmp_path / "signing")
    for channel in ("public", "platform"):
        home.publish(channel, {1: 1})
    without = shutil.ignore_patterns("timestamp.json")
    shutil.copytree(tmp_path / "signing", tmp_path / "following", ignore=without)
    key = add_platform(home.path)  # the other machine is a platform of this one
    signing = Process(home.path, tmp_path / "log")
    try:
        url = signing.wait().url
        following = Process(tmp_path / "following", tmp_path / "log2", metadata_from=url, metadata_token=key, renew=0)
        try:
            answers = [httpx2.get(f"{one}/readyz").json()["channels"] for one in (url, following.wait().url)]
            for channel in ("public", "platform"):
                assert answers[1][channel]["state"] == "ready"
                assert answers[1][channel]["timestamp_source"] == "current"
                stamps = [
                    (path / f"online/channels/{channel}/metadata/timestamp.json").read_bytes()
                    for path in (home.path, tmp_path / "following")
                ]
                assert stamps[0] == stamps[1]
            assert "timestamp_source" not in answers[0]["public"]
            assert key not in (tmp_path / "log2").read_text()
        finally:
            following.stop()
        refused = Process(tmp_path / "following", tmp_path / "log3", metadata_from=url, renew=0)
        assert refused.process.wait(30) == 1
        assert "PILOOKUP_METADATA_TOKEN: needed" in refused.log.read_text()
        refused = Process(tmp_path / "following", tmp_path / "log4", "--take-over", renew=0)
        assert refused.process.wait(30) == 1
        assert "--take-over signs timestamps: set PILOOKUP_RENEW=1" in refused.log.read_text()
    finally:
        signing.stop()


@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", True), ("127.0.0.1", False), ("other.example", True)])
async def test_only_a_certificate_that_is_trusted_and_of_that_name_counts(tmp_path, monkeypatch, name, trusted):
    certificate = self_signed(tmp_path, name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nstamp")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_context(certificate)) as server:
        source = TimestampSource(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "public")
        if trusted and name == "127.0.0.1":
            assert await source.fetch(None) == b"stamp"
        else:
            with pytest.raises(FetchError, match=r"no answer: ConnectError: .*[Cc]ertificate"):
                await source.fetch(None)
        await source.close()
