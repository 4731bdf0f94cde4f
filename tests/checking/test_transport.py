"""Status codes, sizes, timeouts and broken connections: which requests are repeated and which are never sent twice."""

import logging
import threading
import time
from dataclasses import replace

import httpcore2
import pytest

from pilookup import Client
from pilookup.checking import result as result_module
from pilookup.checking.requests import Endpoint, check_url
from pilookup.protocol.problems import Problem
from tests.support.checking.asking import BOTH, assert_unknown, on
from tests.support.checking.certificates import self_signed, server_context
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Answer, Host

STATUS = {
    302: "bad_response",
    400: "bad_response",
    401: "unauthorized",
    403: "unauthorized",
    404: "bad_response",
    410: "retired",
    413: "bad_response",
    422: "bad_response",
    429: "rate_limited",
    500: "server_error",
    503: "server_error",
}


@pytest.mark.parametrize("part", ["/evaluate", "/buckets/", "timestamp.json", "manifest.json"])
@pytest.mark.parametrize("status", STATUS)
def test_each_status_has_its_reason(part, status, host, client):
    headers = {"Location": f"{host.url}/elsewhere"} if status == 302 else {}
    host.twist = on(part, lambda asked, answer: Answer(status, b"{}", headers))
    assert_unknown(client, STATUS[status])
    assert not host.paths("/elsewhere")


def test_over_quota_says_for_how_long(host, client):
    host.twist = on("/evaluate", lambda asked, answer: Answer(429, headers={"Retry-After": "30"}))
    result = client.check(HIT)
    assert (result.reason, result.retry_after) == ("rate_limited", 30.0)
    assert len(host.evaluations()) == 1


def test_a_quota_of_the_epoch_that_is_used_up_is_told_from_a_rate(host, client):
    members = {"window": "screening", "limit": 1200, "left": 3, "end": "2027-05-01T00:00:00Z"}
    body, headers = Problem.QUOTA_EXCEEDED.to_json(None, members), {"Retry-After": "86400"}
    host.twist = on("/evaluate", lambda asked, answer: Answer(429, body, headers))
    result = client.check(HIT)
    assert (result.reason, result.retry_after) == ("quota_exceeded", 86400.0)
    assert "screening is used up: 3 of 1,200 elements are left until the epoch ends at 2027-05-01" in result.detail
    assert len(host.evaluations()) == 1
    for wrong in (body[:-1], body.replace(b"1200", b"2"), body + b" " * 5000):
        host.twist = on("/evaluate", lambda asked, answer, wrong=wrong: Answer(429, wrong, headers))
        assert client.check(HIT).reason == "rate_limited"


def test_a_purpose_is_sent_with_evaluations_alone(host, client_at):
    with pytest.raises(ValueError, match="purpose: not signup or screening"):
        client_at(purpose="other")
    for purpose in (None, "signup", "screening"):
        before = len(host.asked)
        client_at(purpose=purpose).check(HIT)
        sent = [(one.method, one.headers.get("pilookup-purpose")) for one in host.asked[before:]]
        assert {given for method, given in sent if method == "POST"} == {purpose}
        assert {given for method, given in sent if method == "GET"} <= {None}


def warned(percent, purpose="signup"):
    headers = {"RateLimit": f'"60s";r=9;t=1, "{purpose}";r=17;t=9'}
    return headers | ({"Pilookup-Quota-Warning": f'"{purpose}";used={percent}'} if percent else {})


def test_a_warning_of_a_quota_is_logged_once_and_kept_until_it_no_longer_holds(host, client, caplog):
    def ask(headers):
        host.twist = on("/evaluate", lambda asked, answer: replace(answer, headers=answer.headers | headers))
        assert client.check(HIT).status == "found"
        return client.client.quota_warnings

    assert ask(warned(None)) == {}
    assert ask(warned(80)) == {"signup": 80}
    assert ask(warned(91)) == {"signup": 91}
    assert ask(warned(100, "screening")) == {"signup": 91, "screening": 100}
    assert [(one.name, one.levelname) for one in caplog.records] == [("pilookup.checking", "WARNING")] * 2
    assert "80% of the quota for signup of this epoch is used" in caplog.records[0].getMessage()
    for wrong in ("signup;used=90", '"other";used=90', '"signup";used=9000', '"signup";used=90;x=1', "²"):
        assert ask({"Pilookup-Quota-Warning": wrong}) == {"signup": 91, "screening": 100}
    assert ask(warned(None)) == {"screening": 100}  # another epoch, or a larger quota
    assert ask(warned(85)) == {"signup": 85, "screening": 100}
    assert len(caplog.records) == 3


def test_a_refusal_has_the_warning_too(host, client, caplog):
    refused = Answer(429, headers=warned(100))
    host.twist = on("/evaluate", lambda asked, answer: refused)
    assert client.check(HIT).reason == "rate_limited"
    assert client.client.quota_warnings == {"signup": 100}
    assert len(caplog.records) == 1


@pytest.mark.parametrize("wait", ["soon", "-1", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT", "²"])
def test_a_retry_after_that_is_not_a_number_is_ignored(wait, host, client):
    header = {"Retry-After": wait.encode("utf-8").decode("latin-1")}
    host.twist = on("/evaluate", lambda asked, answer: Answer(429, headers=header))
    assert client.check(HIT).retry_after is None


@pytest.mark.parametrize("part", ["/evaluate", "/buckets/", "timestamp.json", "manifest.json"])
@pytest.mark.parametrize("cut", [-1, 10])
def test_a_cut_connection_is_unreachable(part, cut, host, client):
    def cutting(asked, answer):
        answer.cut = cut
        return answer

    host.twist = on(part, cutting)
    assert_unknown(client, "unreachable")


@pytest.mark.parametrize("part", ["/evaluate", "/buckets/", "timestamp.json"])
def test_an_answer_too_late_is_unreachable(part, host, client_at):
    def late(asked, answer):
        answer.delay = 0.5
        return answer

    host.twist = on(part, late)
    assert client_at(timeout=0.15).check(HIT).reason == "unreachable"


def test_an_answer_that_drips_is_unreachable(host, client_at):
    def dripping(asked, answer):
        answer.drip = 0.05
        return answer

    host.twist = on("/evaluate", dripping)
    assert client_at(timeout=0.3).check(HIT).reason == "unreachable"


def test_a_closed_port_is_unreachable(host, client_at):
    host.close()
    assert_unknown(client_at(), "unreachable")


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_answer_is_bad_response(encoding, host, client):
    def packed(asked, answer):
        answer.headers["Content-Encoding"] = encoding
        return answer

    host.twist = on("/evaluate", packed)
    assert_unknown(client, "bad_response")


def test_an_answer_that_is_not_http_is_unreachable(host, client):
    host.twist = on("/evaluate", lambda asked, answer: Answer(headers={"Content-Length": "x\r\n: y"}))
    assert_unknown(client, "unreachable")


class Failing:
    """Replace the first answers by `answer`; all later ones are correct."""

    def __init__(self, times, answer):
        self.times = times
        self.answer = answer

    def __call__(self, asked, answer):
        self.times -= 1
        return self.answer if self.times >= 0 else answer


RETRIED = [Answer(503), Answer(502), Answer(500), Answer(cut=-1), Answer(503, headers={"Retry-After": "0"})]


@pytest.mark.parametrize("part", ["/buckets/", "timestamp.json", "manifest.json"])
@pytest.mark.parametrize("answer", RETRIED)
def test_a_get_is_repeated_twice(part, answer, host, client):
    host.twist = on(part, Failing(2, answer))
    assert client.check(HIT).status == "found"


def test_a_server_that_wants_a_long_pause_is_not_asked_again(host, client):
    host.twist = on("timestamp.json", Failing(1, Answer(503, headers={"Retry-After": "60"})))
    assert client.check(HIT).reason == "server_error"
    assert len(host.paths("timestamp.json")) == 1


@pytest.mark.parametrize("answer", [Answer(503), Answer(cut=-1), Answer(500), Answer(429)])
def test_an_evaluation_that_was_sent_is_not_sent_again(answer, host, client):
    host.twist = on("/evaluate", Failing(1, answer))
    assert client.check(HIT).status == "unknown"
    assert len(host.evaluations()) == 1
    assert client.check(HIT).status == "found"


def test_an_evaluation_that_never_left_is_tried_with_fresh_blinds(host, client, monkeypatch):
    kept, name = [], "handle_async_request" if "Async" in type(client.client).__name__ else "handle_request"
    kind = httpcore2.AsyncConnectionPool if "async" in name else httpcore2.ConnectionPool
    real = getattr(kind, name)

    def refuse(self, request):
        if request.method == b"POST":
            kept.append(request.stream._content)
            if len(kept) < 3:
                raise httpcore2.ConnectError("refused")
        return real(self, request)

    monkeypatch.setattr(kind, name, refuse)
    assert client.check(HIT).status == "found"
    assert len(set(kept)) == len(kept) == 3


def test_the_same_blinded_bytes_are_never_sent_twice(host, client):
    for _ in range(3):
        client.check_many([HIT, HIT, MISS])
    elements = [one.body[at : at + 32] for one in host.evaluations() for at in range(0, len(one.body), 32)]
    assert len(set(elements)) == len(elements) == 7


def test_a_retired_epoch_is_followed_once_with_fresh_blinds(host, client):
    assert client.check(HIT).status == "found"
    del host.publisher.keys[1]
    host.publisher.publish({b"tel:+8613800138000": LABEL}, epoch=2, serial=2)
    assert [result.status for result in client.check_many(BOTH)] == ["found", "not_found"]
    _, second, third = host.evaluations()
    assert "epoch=1" in second.path
    assert "epoch=2" in third.path
    assert not {second.body[:32], second.body[32:64]} & {third.body[:32], third.body[32:64]}


def test_a_retired_serial_is_followed_once(host, client_at):
    client = client_at(cache_bytes=0)
    assert client.check(HIT).status == "found"
    del host.publisher.buckets[1]
    host.publisher.publish({}, serial=2)
    assert client.check(HIT).status == "not_found"


def test_a_server_that_keeps_answering_retired_is_given_up(host, client):
    host.twist = on("/evaluate", lambda asked, answer: Answer(410))
    assert_unknown(client, "retired", [HIT])
    assert len(host.evaluations()) == 4


def test_the_token_is_sent_and_asked_for(tmp_path):
    publisher = Publisher(channel="platform")
    publisher.publish({b"tel:+8613800138000": LABEL})
    host = Host(publisher)
    host.token = "s3cret"
    try:
        options = {"trust": publisher.pin, "state_dir": tmp_path}
        with Client(host.url, "platform", token="s3cret", **options) as client:
            assert client.check(HIT).accounts == 2
            assert client.check(HIT).last_seen == "2025-06"
            assert "s3cret" not in repr(vars(client))
        for token in ("other", None):
            with Client(host.url, "platform", token=token, **options) as client:
                assert client.check(HIT).reason == "unauthorized"
    finally:
        host.close()


def test_requests_carry_what_they_need_and_no_number(host, client):
    host.twist = lambda asked, answer: Answer(
        answer.status, answer.body, {"Set-Cookie": "who=you; Path=/", "Content-Type": "x/y"}
    )
    client.check_many(BOTH)
    client.check_many(BOTH)
    for asked in host.asked:
        assert "cookie" not in asked.headers
        assert asked.headers["user-agent"].startswith("pilookup/")
        sent = repr(asked).encode() + asked.body
        assert b"138001380" not in sent
        assert b"139001390" not in sent
        assert set(asked.headers) <= {
            "host", "user-agent", "accept", "accept-encoding", "content-type", "content-length", "connection"
        }  # fmt: skip


def test_no_log_line_names_a_bucket_or_a_number(host, client, caplog):
    caplog.set_level(logging.DEBUG)
    client.check_many([HIT, MISS, "not a number 7"])
    host.twist = on("/buckets/", lambda asked, answer: Answer(500))
    client.check_many([f"1350000{n:04}" for n in range(40)])
    assert "buckets/" not in caplog.text
    assert not any(part in caplog.text for part in ("13800138000", "138 0013", "13900139000", "not a number"))


def test_a_failure_carries_no_request_along(host, client, monkeypatch):
    host.close()
    caught = []
    kind = result_module.Failure
    original = kind.__init__

    def remember(self, *args, **options):
        original(self, *args, **options)
        caught.append(self)

    monkeypatch.setattr(kind, "__init__", remember)
    client.check(HIT)
    assert caught
    assert all(one.__cause__ is None and (one.__context__ is None or one.__suppress_context__) for one in caught)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://pilookup.example/", "https://pilookup.example"),
        ("https://pilookup.example/sub/", "https://pilookup.example/sub"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_urls_that_are_accepted(url, base):
    assert check_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://pilookup.example", "http://192.168.0.7", "http://127.0.0.1.example", "ftp://x", "pilookup.example", "",
        "https://", "https://u:p@pilookup.example", "https://pilookup.example/?a=1", "https://pilookup.example/#a",
        "https://[", "https://a..b", "https://" + "a" * 70 + ".example", "https://x:99999", "https://x:y", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_urls_that_are_refused(url):
    with pytest.raises(ValueError, match=r"^url: "):
        check_url(url)


def test_plain_http_to_other_hosts_needs_insecure():
    assert check_url("http://192.168.0.7", insecure=True) == "http://192.168.0.7"


def test_tls_is_verified(host, client_at, tmp_path, monkeypatch):
    certificate = self_signed(tmp_path, "127.0.0.1")
    host._server.socket = server_context(certificate).wrap_socket(host._server.socket, server_side=True)
    url = host.url.replace("http://", "https://")
    assert client_at(url).check(HIT).reason == "unreachable"
    assert not host.asked
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert client_at(url).check(HIT).status == "found"


def test_the_token_is_in_no_repr():
    assert "s3cret" not in repr(Endpoint("https://pilookup.example", "platform", "s3cret"))


def test_many_threads_share_a_client(host, tmp_path):
    answers = []
    with Client(host.url, trust=host.publisher.pin, state_dir=tmp_path, timeout=5.0) as client:
        threads = [threading.Thread(target=lambda: answers.append(client.check(HIT).status)) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == ["found"] * 24
    assert len(host.paths("timestamp.json")) == 1


def test_waiting_threads_share_a_failure(host, tmp_path):
    def dead(asked, answer):
        time.sleep(0.2)
        return Answer(429)

    host.twist = dead
    answers = []
    with Client(host.url, trust=host.publisher.pin, state_dir=tmp_path) as client:
        threads = [threading.Thread(target=lambda: answers.append(client.check(HIT).reason)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == ["rate_limited"] * 8
    assert len(host.asked) == 1
