"""Closed channels without their token, and quotas that callers try to slip past."""

import json

import httpx2
import pytest

from pilookup.protocol import oprf
from pilookup.protocol.encoding import b64url
from tests.support.attacks.asking import assert_truth, assert_unknown
from tests.support.server.platform_keys import KEY

EVALUATE = "/v1/channels/public/evaluate"
OCTETS = {"content-type": "application/octet-stream"}


def elements(count):
    return oprf.blind([f"tel:+86139{n:08}".encode() for n in range(count)])[1]


def platform_requests(original):
    served = original.release("platform").epochs[0]
    base = "/v1/channels/platform"
    files = [("GET", f"{base}/targets/{served.path(name)}") for name in served.files]
    metadata = [("GET", f"{base}/metadata/{name}") for name in original.metadata("platform")]
    buckets = [("GET", f"{base}/snapshots/{original.manifest('platform').serial}/buckets/0")]
    return [*files, *metadata, *buckets, ("POST", f"{base}/evaluate?epoch=1"), ("GET", f"{base}/metadata/none.json")]


WRONG = {
    "none": {},
    "empty": {"authorization": ""},
    "scheme alone": {"authorization": "Bearer"},
    "another": {"authorization": "Bearer " + "x" * len(KEY)},
    "a beginning": {"authorization": f"Bearer {KEY[:-1]}"},
    "one more": {"authorization": f"Bearer {KEY}x"},
    "other case": {"authorization": f"Bearer {KEY.upper()}"},
    "other scheme": {"authorization": f"Basic {KEY}"},
    "without a scheme": {"authorization": KEY},
    "two tokens": {"authorization": f"Bearer x, Bearer {KEY}"},
    "in a cookie": {"cookie": f"token={KEY}"},
    "in another header": {"x-api-key": KEY, "proxy-authorization": f"Bearer {KEY}"},
    "long": {"authorization": "Bearer " + "x" * 20_000},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_every_platform_route_is_401_without_its_token(wrong, original, server):
    sizes = set()
    with httpx2.Client(base_url=server.url) as http:
        for method, path in platform_requests(original):
            content = elements(1) if method == "POST" else None
            answer = http.request(method, path, headers=OCTETS | WRONG[wrong], content=content)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert KEY not in answer.text + str(answer.headers)
            sizes.add(len(answer.content))
            assert http.request("HEAD", path, headers=WRONG[wrong]).status_code in (401, 405)
            assert http.request(method, f"{path}&token={KEY}" if "?" in path else f"{path}?token={KEY}&access_token={KEY}",
                                headers=OCTETS | WRONG[wrong], content=content).status_code == 401  # fmt: skip
    assert len(sizes) == 1  # a file that is there and one that is not look alike from outside


def test_a_valid_token_opens_these_routes(original, server):
    with httpx2.Client(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}) as http:
        answers = [
            http.request(method, path, headers=OCTETS, content=elements(1) if method == "POST" else None)
            for method, path in platform_requests(original)
        ]
    assert [answer.status_code for answer in answers] == [200] * (len(answers) - 1) + [404]
    assert all("public" not in answer.headers["cache-control"] for answer in answers)


def test_clients_without_the_token_are_unauthorized(server, client_at):
    assert_unknown(client_at(server.url, "platform", token=None), "unauthorized")
    assert_unknown(client_at(server.url, "platform", token="y" * 40), "unauthorized")
    assert_truth(client_at(server.url, "platform"))


@pytest.fixture
def small(original, serve):
    """Ten elements for an address or a token, and twenty refusals; more only after hours."""
    return serve(
        original.path, public_quota="20/day", public_reserve="", platform_quota="20/day", request_quota="40/day"
    )


def post(http, count, **headers):
    return http.post(f"{EVALUATE}?epoch=1", content=elements(count), headers=OCTETS | headers)


FORGED = [
    {"x-forwarded-for": "198.51.100.1"},
    {"x-forwarded-for": "198.51.100.2, 198.51.100.3"},
    {"x-real-ip": "198.51.100.4"},
    {"forwarded": "for=198.51.100.5"},
    {"cf-connecting-ip": "198.51.100.6"},
    {"true-client-ip": "198.51.100.7"},
    {"x-client-ip": "198.51.100.8"},
    {"x-forwarded-for": "127.0.0.1"},
    {"authorization": f"Bearer {KEY}"},
    {"authorization": "Bearer " + "z" * 40},
    {"user-agent": "another"},
    {"host": "another.example"},
    {"cookie": "a=b"},
]


def test_no_header_gives_another_quota(small):
    with httpx2.Client(base_url=small.url) as http:
        assert post(http, 10).status_code == 200
        for headers in FORGED:
            assert post(http, 1, **headers).status_code == 429, headers


def test_json_and_octets_count_together_and_batches_count_their_elements(small):
    with httpx2.Client(base_url=small.url) as http:
        body = json.dumps({"epoch": 1, "elements": [b64url(elements(1))] * 6})
        assert http.post(EVALUATE, content=body, headers={"content-type": "application/json"}).status_code == 200
        assert post(http, 5).status_code == 429
        assert post(http, 4).status_code == 200
        assert http.post(EVALUATE, content=body, headers={"content-type": "application/json"}).status_code == 429
        for path in (f"{EVALUATE}?epoch=1&x=2", f"{EVALUATE}?epoch=1#x", f"{EVALUATE}?x=1&epoch=1"):
            assert http.post(path, content=elements(1), headers=OCTETS).status_code == 429
        assert "found" not in post(http, 1).text
        assert int(post(http, 1).headers["retry-after"]) > 0


def test_a_batch_of_invalid_elements_takes_a_request_and_no_element(small):
    """Else a caller could use up the elements of a neighbour with bytes that cost it nothing."""
    with httpx2.Client(base_url=small.url) as http:
        answers = [http.post(f"{EVALUATE}?epoch=1", content=bytes(320), headers=OCTETS) for _ in range(21)]
        assert [answer.status_code for answer in answers] == [422] * 20 + [429]
        assert post(http, 10).status_code == 200


def test_a_new_connection_does_not_renew_the_quota(small):
    answers = []
    for _ in range(6):
        with httpx2.Client(base_url=small.url) as http:
            answers.append(post(http, 2).status_code)
    assert answers == [200] * 5 + [429]


def test_nothing_but_refusals_counts_against_the_quota_of_refusals(small):
    """A neighbour who asks for files without end does not keep others from them."""
    path = "/v1/channels/public/metadata/timestamp.json"
    with httpx2.Client(base_url=small.url) as http:
        tag = http.get(path).headers["etag"]
        for _ in range(40):
            assert http.head(path).status_code == 200
            assert http.get(path, headers={"if-none-match": tag}).status_code == 304
            assert http.get("/v1/channels/public/metadata/no.json").status_code == 404
        answers = [http.delete(path).status_code for _ in range(21)]
        assert answers == [405] * 20 + [429]
        assert http.get(path).status_code == 200
        assert post(http, 1).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("addresses", "one"),
    [
        (("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:abcd::"), True),
        (("2001:db8:1:2::1", "2001:db8:1:3::1"), False),
        (("::ffff:192.0.2.1", "192.0.2.1", "::ffff:c000:201"), True),
        (("192.0.2.1", "192.0.2.2"), False),
        (("fe80::1%eth0", "fe80::1%eth1", "fe80::2"), True),
    ],
)
async def test_a_network_of_addresses_is_one_caller(addresses, one, small, anyio_backend):
    answers = []
    for address in addresses:
        transport = httpx2.ASGITransport(small.app, client=(address, 4711))
        async with httpx2.AsyncClient(transport=transport, base_url="http://t") as http:
            answers.append((await post(http, 10)).status_code)
    assert answers == [200, *[429 if one else 200] * (len(addresses) - 1)]


@pytest.fixture
def anyio_backend():
    return "asyncio"


def test_a_platforms_quota_is_counted_per_token_from_any_address(small):
    with httpx2.Client(base_url=small.url, headers={"authorization": f"Bearer {KEY}"}) as http:
        path = "/v1/channels/platform/evaluate?epoch=1"
        assert http.post(path, content=elements(10), headers=OCTETS).status_code == 200
        for headers in FORGED[:4]:
            assert http.post(path, content=elements(1), headers=OCTETS | headers).status_code == 429
        case = {"authorization": f"bearer  {KEY}"}
        assert http.post(path, content=elements(1), headers=OCTETS | case).status_code == 429
        assert post(http, 10).status_code == 200


def test_a_client_over_its_quota_says_so(small, client_at):
    client = client_at(small.url)
    assert_truth(client)
    assert_unknown(client, "rate_limited", ["13912345678", *(f"139000000{n:02}" for n in range(20))])
