"""What a caller may send to evaluate: anything but a request of the specification is a 4xx problem, without an echo."""

import base64
import contextlib
import json
import socket

import httpx2
import pytest

from pilookup.protocol import oprf
from tests.support.attacks.evaluator_points import POINTS
from tests.support.server.raw_socket import read_all

EVALUATE = "/v1/channels/public/evaluate"
JSON, OCTETS = "application/json", "application/octet-stream"
SENTINEL = "sentinel13912345678"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def elements(count):
    return oprf.blind([f"tel:+86139{n:08}".encode() for n in range(count)])[1]


GOOD = elements(1)
ITEM = b64(GOOD)


@pytest.fixture(scope="module")
def http(server):
    with httpx2.Client(base_url=server.url, timeout=30) as http:
        yield http


def post(http, body, media_type=JSON, query=""):
    return http.post(EVALUATE + query, content=body, headers={"content-type": media_type})


def assert_problem(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.text[:200])
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert set(body) <= {"type", "title", "status", "detail"}
    assert body["type"].startswith("urn:pilookup:problem:")
    for said in (SENTINEL, ITEM):
        assert said not in answer.text
        assert not any(said in value for value in answer.headers.values())


def test_the_valid_request_is_answered(http):
    assert post(http, json.dumps({"epoch": 1, "elements": [ITEM]})).status_code == 200
    assert post(http, GOOD, OCTETS, "?epoch=1").status_code == 200


DEEP = "[" * 30_000 + "]" * 30_000
BODIES = {
    "nothing": "",
    "no JSON": "sentinel13912345678",
    "a list": "[]",
    "null": "null",
    "no members": "{}",
    "one member more": f'{{"epoch":1,"elements":["{ITEM}"],"number":"{SENTINEL}"}}',
    "epoch twice": f'{{"epoch":1,"epoch":1,"elements":["{ITEM}"]}}',
    "elements twice": f'{{"epoch":1,"elements":["{ITEM}"],"elements":["{ITEM}"]}}',
    "epoch twice, once escaped": f'{{"epoch":1,"\\u0065poch":1,"elements":["{ITEM}"]}}',
    "epoch 0": f'{{"epoch":0,"elements":["{ITEM}"]}}',
    "epoch negative": f'{{"epoch":-1,"elements":["{ITEM}"]}}',
    "epoch a float": f'{{"epoch":1.0,"elements":["{ITEM}"]}}',
    "epoch with an exponent": f'{{"epoch":1e0,"elements":["{ITEM}"]}}',
    "epoch true": f'{{"epoch":true,"elements":["{ITEM}"]}}',
    "epoch a text": f'{{"epoch":"1","elements":["{ITEM}"]}}',
    "epoch null": f'{{"epoch":null,"elements":["{ITEM}"]}}',
    "epoch NaN": f'{{"epoch":NaN,"elements":["{ITEM}"]}}',
    "epoch Infinity": f'{{"epoch":Infinity,"elements":["{ITEM}"]}}',
    "epoch 2^32": f'{{"epoch":4294967296,"elements":["{ITEM}"]}}',
    "epoch of 10,000 digits": f'{{"epoch":{"9" * 10_000},"elements":["{ITEM}"]}}',
    "epoch of 4,000 digits": f'{{"epoch":{"1" * 4_000},"elements":["{ITEM}"]}}',
    "nested deeply": DEEP,
    "elements nested deeply": f'{{"epoch":1,"elements":{DEEP}}}',
    "no elements": '{"epoch":1,"elements":[]}',
    "elements a text": f'{{"epoch":1,"elements":"{ITEM}"}}',
    "elements an object": f'{{"epoch":1,"elements":{{"0":"{ITEM}"}}}}',
    "elements of null": '{"epoch":1,"elements":[null]}',
    "elements of lists": f'{{"epoch":1,"elements":[["{ITEM}"]]}}',
    "1,001 elements": json.dumps({"epoch": 1, "elements": [ITEM] * 1001}),
    "an element too short": f'{{"epoch":1,"elements":["{ITEM[:-2]}"]}}',
    "an element too long": f'{{"epoch":1,"elements":["{ITEM}AA"]}}',
    "an element padded": f'{{"epoch":1,"elements":["{ITEM}="]}}',
    "an element with unused bits set": f'{{"epoch":1,"elements":["{ITEM[:-1]}{chr(ord(ITEM[-1]) + 1)}"]}}',
    "an element in the other alphabet": json.dumps({"epoch": 1, "elements": [base64.b64encode(b"\xff" * 32).decode()]}),
    "an element with white space": f'{{"epoch":1,"elements":[" {ITEM[1:]}"]}}',
    "a number in place of an element": f'{{"epoch":1,"elements":["{SENTINEL}"]}}',
    "a byte order mark": "\ufeff" + json.dumps({"epoch": 1, "elements": [ITEM]}),
    "two documents": json.dumps({"epoch": 1, "elements": [ITEM]}) * 2,
    "a comment": f'{{"epoch":1,"elements":["{ITEM}"]}} // {SENTINEL}',
    "a trailing comma": f'{{"epoch":1,"elements":["{ITEM}"],}}',
    "a lone surrogate": f'{{"epoch":1,"elements":["{ITEM}"],"\\ud800":1}}',
}


@pytest.mark.parametrize("name", BODIES)
def test_json_other_than_a_request_is_400(name, http):
    assert_problem(post(http, BODIES[name].encode()), 400)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_json_in_another_encoding_is_400(encoding, http):
    body = json.dumps({"epoch": 1, "elements": ["é" * 43]}, ensure_ascii=False).encode(encoding)
    assert_problem(post(http, body), 400)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_invalid_point_is_422_in_both_forms(point, place, http):
    parts = [elements(1) for _ in range(3)]
    parts[place] = POINTS[point]
    body = json.dumps({"epoch": 1, "elements": [b64(part) for part in parts]})
    for answer in (post(http, body), post(http, b"".join(parts), OCTETS, "?epoch=1")):
        assert_problem(answer, 422)
        assert b64(POINTS[point]) not in answer.text


def test_all_zero_bodies_are_422(http):
    for count in (1, 5, 1000):
        assert_problem(post(http, bytes(32 * count), OCTETS, "?epoch=1"), 422)


OCTET_BODIES = {
    "nothing": (b"", "?epoch=1"),
    "31 bytes": (GOOD[:-1], "?epoch=1"),
    "33 bytes": (GOOD + b"\0", "?epoch=1"),
    "1,001 elements": (GOOD * 1001, "?epoch=1"),
    "no epoch": (GOOD, ""),
    "an empty epoch": (GOOD, "?epoch="),
    "epoch 0": (GOOD, "?epoch=0"),
    "epoch 01": (GOOD, "?epoch=01"),
    "epoch +1": (GOOD, "?epoch=%2B1"),
    "epoch 1.0": (GOOD, "?epoch=1.0"),
    "epoch 1 and a space": (GOOD, "?epoch=1%20"),
    "epoch in Arabic digits": (GOOD, "?epoch=%D9%A1"),
    "epoch huge": (GOOD, "?epoch=" + "9" * 5000),
    "epoch a sentinel": (GOOD, f"?epoch={SENTINEL}"),
    "epoch NUL": (GOOD, "?epoch=1%00"),
}


@pytest.mark.parametrize("name", OCTET_BODIES)
def test_octets_other_than_a_request_are_400(name, http):
    body, query = OCTET_BODIES[name]
    assert_problem(post(http, body, OCTETS, query), 400)


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
     "application/problem+json", "application/json-seq", "application/xml", f"{SENTINEL}/json"],
)  # fmt: skip
def test_other_media_types_are_415(media_type, http):
    assert_problem(post(http, json.dumps({"epoch": 1, "elements": [ITEM]}), media_type), 415)


@pytest.mark.parametrize("epoch", [2, 7, 4294967295])
def test_epochs_not_served_are_410(epoch, http):
    assert_problem(post(http, GOOD, OCTETS, f"?epoch={epoch}"), 410)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_405(method, http):
    answer = http.request(method, EVALUATE, headers={"x-number": SENTINEL})
    assert answer.status_code == 405
    assert SENTINEL not in answer.text + str(answer.headers)


def test_a_body_over_the_limit_is_413_with_and_without_a_stated_length(http):
    def chunks():
        for _ in range(20):
            yield b" " * 8192

    assert_problem(post(http, b" " * 70_000), 413)
    with contextlib.suppress(httpx2.WriteError, httpx2.RemoteProtocolError):  # cut off while it was being sent
        assert_problem(post(http, chunks()), 413)


HEADS = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}",
    "length and chunks": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "length below zero": b"Content-Length: -2\r\n\r\n{}",
    "length in hex": b"Content-Length: 0x2\r\n\r\n{}",
    "chunk size no number": b"Transfer-Encoding: chunked\r\n\r\nsentinel\r\n{}\r\n0\r\n\r\n",
    "chunk size huge": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", HEADS)
def test_ambiguous_framing_is_refused(name, server):
    """Request smuggling: never a second request out of the first one's body."""
    head = f"POST {EVALUATE} HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nConnection: close\r\n".encode()
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        raw.sendall(head + HEADS[name] + b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        data = read_all(raw)
    assert data.startswith(b"HTTP/1.1 4"), data[:100]
    assert data.count(b"HTTP/1.1 ") == 1
    assert b"sentinel" not in data
