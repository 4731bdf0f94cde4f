"""With an honest server: which requests a client sends, and which results its user gets."""

import asyncio
import json
import random
import threading
from collections import Counter

import pytest

from pilookup import AsyncClient, Client
from pilookup.checking.base_client import MAX_LOST_BUCKETS
from pilookup.checking.check import Fetch
from pilookup.checking.retries import MAX_CONNECTIONS
from pilookup.errors import FormatError, TrustError
from pilookup.protocol.label import Label
from tests.support.checking.asking import on
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.publisher import CASES, GEOMETRY, Publisher
from tests.support.checking.server import Answer


def test_a_hit_has_the_fields_of_its_label(client):
    result = client.check(HIT)
    assert result.status == "found"
    assert (result.exposed, result.malicious, result.accounts, result.last_seen) == (True, True, 2, "2025-Q2")
    assert result.cases == (CASES[1], CASES[0])
    assert (result.more, result.reason) == (False, None)


def test_a_miss_says_nothing_else(client):
    result = client.check(MISS)
    assert result.status == "not_found"
    assert (result.exposed, result.malicious, result.accounts, result.last_seen) == (None,) * 4
    assert (result.cases, result.reason) == ((), None)


@pytest.mark.parametrize("text", ["", "12", "hello", "110101199003070010", "138****8000"])
def test_a_text_that_is_not_a_number_is_not_sent(text, host, client):
    result = client.check(text)
    assert (result.status, result.reason) == ("unknown", "invalid_number")
    assert not host.asked


def test_many_come_back_in_order_each_number_once(host, client):
    texts = [MISS, HIT, "nonsense", "+86 138-0013-8000", MISS, "tel:13800138000"]
    statuses = [result.status for result in client.check_many(texts)]
    assert statuses == ["not_found", "found", "unknown", "found", "not_found", "found"]
    (asked,) = host.evaluations()
    assert len(asked.body) == 3 * 32  # two numbers and a canary
    assert asked.headers["content-type"] == "application/octet-stream"


def test_any_iterable_of_texts(client):
    assert [result.status for result in client.check_many(text for text in (HIT, MISS))] == [
        "found",
        "not_found",
    ]


def test_an_empty_list_sends_nothing(host, client):
    assert client.check_many([]) == []
    assert not host.asked


def test_the_region_is_where_numbers_without_a_code_are_from(host, client_at):
    host.publisher.publish({b"tel:+19075550123": LABEL}, serial=2)
    client = client_at(region="US")
    assert client.check("(907) 555-0123").status == "found"
    assert client.check("(907) 555-0123", "CN").status == "unknown"
    assert client_at().check("(907) 555-0123", "US").status == "found"


def test_the_canary_costs_no_round_trip_and_is_checked_once(host, client):
    for _ in range(3):
        client.check(HIT)
    assert [len(asked.body) // 32 for asked in host.evaluations()] == [2, 1, 1]


def test_a_new_manifest_has_its_canary_checked_again(host, client):
    client.check(HIT)
    host.publisher.publish({}, serial=2)
    client.client._trust._verified_at = (-1e9, -1e9)
    assert client.check(HIT).status == "not_found"
    host.publisher.publish({b"tel:+8613800138000": LABEL}, serial=3, canary=None)
    client.client._trust._verified_at = (-1e9, -1e9)
    assert client.check(HIT).reason == "bad_snapshot"


def test_metadata_and_manifest_are_asked_for_once_a_minute(host, client):
    for _ in range(5):
        client.check(HIT)
    assert len(host.paths("timestamp.json")) == len(host.paths("manifest.json")) == 1
    client.client._trust._verified_at = tuple(then - 61 for then in client.client._trust._verified_at)
    client.check(HIT)
    assert len(host.paths("timestamp.json")) == 2
    assert len(host.paths("manifest.json")) == len(host.paths("snapshot.json")) == 1


def test_a_clock_set_back_does_not_keep_metadata_fresh(host, client):
    client.check(HIT)
    monotonic, wall = client.client._trust._verified_at
    client.client._trust._verified_at = (monotonic, wall + 1000)
    client.check(HIT)
    assert len(host.paths("timestamp.json")) == 2


def test_a_bucket_is_fetched_once(host, client):
    for n in range(200):
        client.check(f"1370000{n:04}")
    assert Counter(host.paths("/buckets/")).most_common(1)[0][1] == 1
    assert len(host.paths("/buckets/")) == GEOMETRY.buckets


def test_without_a_cache_buckets_are_fetched_again(host, client_at):
    client = client_at(cache_bytes=0)
    client.check(HIT)
    client.check(HIT)
    assert len(host.paths("/buckets/")) >= 2


def test_2500_numbers_take_three_requests(host, client):
    inside = [f"1360000{n:04}" for n in range(120)]
    label = Label(exposed=True, accounts=1, cases=(1,))
    host.publisher.publish({f"tel:+86{text}".encode(): label for text in inside}, serial=2)
    texts = [f"1360000{n:04}" for n in range(2500)]
    random.Random(7).shuffle(texts)
    results = client.check_many(texts)
    assert [result.status == "found" for result in results] == [text in set(inside) for text in texts]
    assert [len(asked.body) // 32 for asked in host.evaluations()] == [1000, 1000, 501]
    assert len(host.paths("/buckets/")) == GEOMETRY.buckets


def lose(*batches):
    """A twist that answers 500 to the evaluations with these numbers, counted from 0."""
    seen = iter(range(100))
    return on("/evaluate", lambda asked, answer: Answer(500) if next(seen) in batches else answer)


def test_a_lost_batch_leaves_the_others_their_answers(host, client):
    host.twist = lose(1)
    statuses = [result.status for result in client.check_many([f"1360000{n:04}" for n in range(2999)])]
    assert statuses == ["not_found"] * 999 + ["unknown"] * 1000 + ["not_found"] * 1000


def test_two_lost_batches_in_a_row_end_the_check(host, client):
    host.twist = lose(1, 2)
    results = client.check_many([f"136000{n:05}" for n in range(5000)])
    assert [result.status for result in results[:999]] == ["not_found"] * 999
    assert {result.reason for result in results[999:]} == {"server_error"}
    assert len(host.evaluations()) == 3


def test_over_quota_ends_the_check_at_once(host, client):
    seen = iter(range(100))
    host.twist = on("/evaluate", lambda asked, answer: Answer(429) if next(seen) == 1 else answer)
    results = client.check_many([f"136000{n:05}" for n in range(4000)])
    assert Counter(result.status for result in results) == {"not_found": 999, "unknown": 3001}
    assert len(host.evaluations()) == 2


def test_one_lost_bucket_takes_only_its_own_numbers(host, client):
    assert client.check(HIT).status == "found"
    held = {int(path.rpartition("/")[2]) for path in host.paths("/buckets/")}
    lost = min(set(range(GEOMETRY.buckets)) - held)
    host.twist = on(f"/buckets/{lost}", lambda asked, answer: Answer(body=bytes(len(answer.body))))
    results = client.check_many([f"1360000{n:04}" for n in range(400)])
    counts = Counter(str(result.reason or result.status) for result in results)
    assert set(counts) == {"not_found", "bad_bucket"}
    assert 50 < counts["bad_bucket"] < 150


@pytest.mark.parametrize("status", [404, 429, 500])
def test_a_fetch_that_keeps_failing_is_ended(status, host, client):
    host.twist = on("/buckets/", lambda asked, answer: Answer(status))
    host.publisher.buckets[1].body = lambda index: b""
    need = Fetch(1, GEOMETRY, tuple(range(100)))
    bodies = client.fetch(need)
    assert list(bodies) == list(range(100))
    assert len({body.reason for body in bodies.values()}) == 1
    assert len(set(host.paths("/buckets/"))) <= 2 * MAX_CONNECTIONS + MAX_LOST_BUCKETS


def test_the_catalogue_is_known_after_a_check(host, client):
    inner = client.client
    assert (inner.manifest, inner.catalogue) == (None, ())
    client.check(HIT)
    assert inner.manifest.serial == 1
    assert inner.catalogue == CASES


def test_every_field_of_the_json(client):
    found = client.check(HIT).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "status": "found",
        "exposed": True,
        "malicious": True,
        "accounts": 2,
        "last_seen": "2025-Q2",
        "cases": [
            {
                "id": 4,
                "kind": "malicious-registration",
                "title": {"zh": "乙案账号", "en": "Case B accounts"},
                "seized_on": None,
            },
            {
                "id": 1,
                "kind": "exposure",
                "title": {"zh": "甲村数据", "en": "Village A data"},
                "seized_on": "2025-03-09",
            },
        ],
        "more": False,
        "reason": None,
        "retry_after": None,
        "detail": None,
    }


def test_no_number_in_a_result_or_a_client(client):
    result = client.check(HIT)
    for part in ("13800138000", HIT):
        assert part not in repr(result)
        assert part not in str(vars(client.client))


@pytest.mark.parametrize("text", [None, 13800138000, b"13800138000"])
def test_a_value_that_is_not_a_text_is_a_type_error(text, client):
    with pytest.raises(TypeError):
        client.check(text)


@pytest.mark.parametrize("texts", ["13800138000", b"13800138000"])
def test_a_text_is_not_a_list_of_texts(texts, client):
    with pytest.raises(TypeError):
        client.check_many(texts)


def test_a_closed_client_refuses(client):
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.check(HIT)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"region": "XX"}, ValueError),
        ({"region": "china"}, ValueError),
        ({"timeout": 0}, ValueError),
        ({"timeout": float("nan")}, ValueError),
        ({"cache_bytes": -1}, ValueError),
        ({"token": ""}, ValueError),
        ({"token": "a b"}, ValueError),
        ({"token": "a\r\nb: c"}, ValueError),
        ({"url": "http://pilookup.example"}, ValueError),
        ({"trust": b"{}"}, TrustError),
        ({"trust": "no/such/file.json"}, TrustError),
    ],
)
def test_invalid_arguments_are_refused(options, error, client_at):
    with pytest.raises(error):
        client_at(**options)


def test_an_invalid_channel_is_refused(tmp_path):
    with pytest.raises(FormatError):
        Client("https://pilookup.example", "../x", state_dir=tmp_path)


def test_an_invalid_region_of_one_check_is_refused(client):
    with pytest.raises(ValueError, match="region"):
        client.check(HIT, "XX")


def test_context_managers_close(host, tmp_path):
    with Client(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
        assert client.check(HIT).status == "found"
    with pytest.raises(RuntimeError):
        client.check(HIT)

    async def ask():
        async with AsyncClient(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
            assert (await client.check(HIT)).status == "found"
        with pytest.raises(RuntimeError):
            await client.check(HIT)

    asyncio.run(ask())


def test_a_hundred_concurrent_checks_share_one_refresh(host, tmp_path):
    async def ask():
        async with AsyncClient(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
            texts = [HIT if n % 2 else f"1360000{n:04}" for n in range(100)]
            return [result.status for result in await asyncio.gather(*map(client.check, texts))]

    assert asyncio.run(ask()) == ["not_found", "found"] * 50
    assert len(host.paths("timestamp.json")) == 1


def test_concurrent_checks_share_a_failure(host, tmp_path):
    waiting = threading.Event()

    def refuse(asked, answer):
        assert waiting.wait(60)
        return Answer(429)

    host.twist = on("timestamp.json", refuse)

    async def ask():
        async with AsyncClient(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
            checks = [asyncio.create_task(client.check(HIT)) for _ in range(50)]
            await asyncio.sleep(1)  # all of them wait for the answer by now
            waiting.set()
            return [(await check).reason for check in checks]

    assert asyncio.run(ask()) == ["rate_limited"] * 50
    assert len(host.paths("timestamp.json")) == 1


def test_a_cancelled_check_leaves_the_client_usable(host, tmp_path):
    def slow(asked, answer):
        answer.delay = 0.3
        return answer

    async def ask():
        async with AsyncClient(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
            assert (await client.check(HIT)).status == "found"
            host.twist = on("/evaluate", slow)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.check(HIT), 0.05)
            host.twist = lambda asked, answer: answer
            assert (await client.check(MISS)).status == "not_found"

    asyncio.run(ask())


def test_the_two_channels_do_not_mix(host, client):
    other = Publisher(channel="platform")
    other.publish({b"tel:+8613800138000": LABEL})
    kept = host.publisher
    host.publisher = other
    assert client.check(HIT).reason == "bad_response"
    host.publisher = kept
    assert client.check(HIT).status == "found"


def test_the_json_of_an_unknown_result(host, client):
    host.twist = on("evaluate", lambda asked, answer: Answer(429, headers={"Retry-After": "7"}))
    fields = client.check(HIT).to_json()
    given = {name: value for name, value in fields.items() if value not in (None, [], False)}
    detail = "the server answered with status 429"
    assert given == {"status": "unknown", "reason": "rate_limited", "retry_after": 7.0, "detail": detail}
