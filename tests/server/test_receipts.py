"""`/v1/receipts`: a platform with a key gets a statement countersigned, with what the server knows of that platform."""

import json
from datetime import timedelta

import pytest
from pilookup_server.release.combined import COMBINED
from pilookup_server.service_database.counts import ServiceDatabase

from pilookup.bundles.machine import MACHINE_TRUST, read_machine_trust
from pilookup.protocol.messages import JSON
from pilookup.protocol.platform_key import KeyKind, PlatformKey
from pilookup.protocol.problems import PROBLEM_JSON
from pilookup.protocol.receipts import MAX_STATEMENT_BYTES, Countersignature, Fetched, Receipt
from pilookup.protocol.release import MANIFEST
from pilookup.receipts import verify_receipt
from tests.support.reports.stated import DAY, stated
from tests.support.server.release_fixture import LATER, START, Repository

pytestmark = pytest.mark.anyio

KEYS = {name: PlatformKey.generate(KeyKind.LIVE) for name in ("shop", "bank")}


def bearing(name):
    return {"authorization": f"Bearer {KEYS[name].text}", "content-type": JSON}


@pytest.fixture
def channel(tmp_path, keys):
    channel = Repository(tmp_path, "platform", keys)
    channel.publish({1: (1, LATER)})
    return channel


@pytest.fixture
def serving(running, tmp_path, channel):
    """Start a server that knows two platforms."""
    database = ServiceDatabase.open(tmp_path / "online", "")
    for name, key in KEYS.items():
        database.platforms.add_key(name, key, users=200_000, expires=None, now=int(START.timestamp()))
    database.close()
    return lambda: running(channels="platform")


async def post(server, receipt, name="shop", **headers):
    content = receipt if isinstance(receipt, bytes) else receipt.statement.to_bytes()
    return await server.client.post("/v1/receipts", content=content, headers=bearing(name) | headers)


async def fetch(server, path, name="shop", **headers):
    return await server.get(f"/v1/channels/platform/{path}", headers=bearing(name) | headers)


async def facts(server, name="shop", **more):
    found = Countersignature.from_bytes((await post(server, stated(**more), name)).content)
    return found.elements, found.fetched


async def test_a_statement_is_countersigned_with_what_the_platform_did(serving, tmp_path):
    async with serving() as server:
        answer = await post(server, stated())
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        first = Countersignature.from_bytes(answer.content)
        assert (first.platform, first.fetched, first.countersigned) == ("shop", None, START)
        assert first.elements == {"signup": 0, "screening": 0}
        verify_receipt(Receipt(stated().statement, first), tmp_path / MACHINE_TRUST)
        assert (await post(server, stated())).content == answer.content, "nothing is new, and nothing was kept"

        path = f"targets/{server.app.state.service.watchers['platform'].state.loaded.release.epochs[0].path(MANIFEST)}"
        assert (await server.evaluate(count=2, channel="platform", headers=bearing("shop"))).status_code == 200
        assert (await server.evaluate(count=9, channel="platform", headers=bearing("shop"))).status_code == 200
        assert (await fetch(server, path)).status_code == 200
        assert (await server.evaluate(count=5, channel="platform", headers=bearing("bank"))).status_code == 200
        second = Countersignature.from_bytes((await post(server, stated())).content)
        assert second.elements == {"signup": 2, "screening": 9}
        assert second.fetched == Fetched(1, DAY)
        assert second.key == first.key
        assert await facts(server, "bank") == ({"signup": 0, "screening": 5}, None)
        assert await facts(server, since=DAY - timedelta(days=9), screened=START - timedelta(days=1)) == (
            {"signup": 0, "screening": 0},
            Fetched(1, DAY),
        )
    (key,) = read_machine_trust([tmp_path / MACHINE_TRUST])
    assert key.public_bytes_raw() == first.key


async def test_the_highest_serial_that_was_fetched_is_kept_with_its_first_day(serving, channel, clock):
    async with serving() as server:
        watcher = server.app.state.service.watchers["platform"]
        old = f"targets/{watcher.state.loaded.release.epochs[0].path(MANIFEST)}"
        other = next(path for path in watcher.state.targets if not path.endswith(MANIFEST))
        await fetch(server, f"targets/{other}")
        await server.client.head(f"/v1/channels/platform/{old}", headers=bearing("shop"))
        await fetch(server, old, range="bytes=99999999-")
        await server.get(f"/v1/channels/platform/{old}")
        assert (await facts(server))[1] is None, "neither another file, nor the head, nor without a key or an answer"

        assert (await fetch(server, f"metadata/{COMBINED}")).status_code == 200  # it has the manifest
        assert (await facts(server))[1] == Fetched(1, DAY)
        clock.pass_(days=1)
        channel.publish({1: (4, LATER)}, now=clock())
        await fetch(server, f"metadata/{COMBINED}")
        assert (await facts(server))[1] == Fetched(4, DAY + timedelta(days=1))
        clock.pass_(days=1)
        await fetch(server, f"metadata/{COMBINED}")
        await fetch(server, old, range="bytes=0-9")
        assert (await facts(server))[1] == Fetched(4, DAY + timedelta(days=1))
    async with serving() as server:  # as after a kill
        await fetch(server, old)
        assert (await facts(server))[1] == Fetched(4, DAY + timedelta(days=1))


def changed(**members):
    return json.dumps(stated().statement.to_json() | members, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[" * 2000, 400),
        (b"x" * (MAX_STATEMENT_BYTES + 1), 413),
        (stated().to_bytes(), 400),
        (changed(serial=2), 400),
        (changed(users=200_000), 400),
        (stated().statement.to_bytes() + b" ", 400),
        (stated(channel="elsewhere").statement.to_bytes(), 404),
    ],
)
async def test_what_is_no_signed_statement_is_refused(serving, body, status):
    async with serving() as server:
        answer = await post(server, body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_JSON)
        assert "200000" not in answer.text


async def test_only_a_platform_is_answered_and_only_json_is_taken(serving):
    async with serving() as server:
        assert (await post(server, stated(), authorization="Bearer " + "c" * 40)).status_code == 401
        assert (await server.client.post("/v1/receipts", content=b"{}")).status_code == 401
        assert (await post(server, stated(), **{"content-type": "text/plain"})).status_code == 415
        assert (await server.get("/v1/receipts", headers=bearing("shop"))).status_code == 405


async def test_without_the_key_of_the_machine_or_the_database_it_is_to_be_sent_again(serving, tmp_path):
    async with serving() as server:
        key = tmp_path / "online" / "bundle-machine"
        key.write_bytes(b"damaged")
        answer = await post(server, stated())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.json()["type"] == "urn:pilookup:problem:receipts-unavailable"
        key.unlink()
        assert (await post(server, stated())).status_code == 200
