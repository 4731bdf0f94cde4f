"""What a server, a mirror or somebody on the way can do: the page says that it could not check, and why."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import expect
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata

from pilookup.protocol import oprf
from tests.support.page.home import EXPOSED, MISS, MISSED
from tests.support.page.proxy import Answer, Proxy
from tests.support.page.search import blinded
from tests.support.page.words import assert_could_not_check

PAST = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60)
NETWORK = r"Failed to load resource"


def flip(data, at):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def answered_by(key, proof_key=None):
    """The answer of an evaluator that holds another key."""

    def twist(request, answer):
        sent = b"".join(blinded(request))
        evaluated = oprf.evaluate(sent, key)
        proof = oprf.prove(sent, evaluated, proof_key or key)
        return replace(answer, body=like(answer, evaluated, proof))

    return twist


def like(answer, evaluated, proof):
    """Elements and proof in the form that the server's answer has."""
    if not answer.headers["content-type"].startswith("application/json"):
        return evaluated + proof
    parts = [evaluated[at : at + 32] for at in range(0, len(evaluated), 32)]
    body = json.loads(answer.body) | {"elements": [b64(part) for part in parts], "proof": b64(proof)}
    return json.dumps(body).encode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def taken_apart(answer):
    """(elements, proof) of an evaluator's answer."""
    if not answer.headers["content-type"].startswith("application/json"):
        return answer.body[:-64], answer.body[-64:]
    body = json.loads(answer.body)
    parts = [base64.urlsafe_b64decode(text + "==") for text in [*body["elements"], body["proof"]]]
    return b"".join(parts[:-1]), parts[-1]


def proof_changed(_, answer):
    elements, proof = taken_apart(answer)
    return replace(answer, body=like(answer, elements, flip(proof, 0)))


def in_another_order(_, answer):
    elements, proof = taken_apart(answer)
    return replace(answer, body=like(answer, elements[32:] + elements[:32], proof))


def identity(_, answer):
    elements, proof = taken_apart(answer)
    return replace(answer, body=like(answer, bytes(len(elements)), proof))


def one_too_few(_, answer):
    elements, proof = taken_apart(answer)
    return replace(answer, body=like(answer, elements[32:], proof))


def instead(answer):
    return lambda request, _: answer


OTHER = oprf.SecretKey.generate()
FAULTS = {
    "an evaluator with another key": ("/evaluate", answered_by(OTHER), "bad_proof"),
    "another key behind a proof of the right one": ("/evaluate", "lied", "bad_proof"),
    "a proof with one bit changed": ("/evaluate", proof_changed, "bad_proof"),
    "elements that are the identity": ("/evaluate", identity, "bad_proof"),
    "an element left out": ("/evaluate", one_too_few, "bad_response"),
    "an answer cut short": ("/evaluate", lambda _, a: replace(a, body=a.body[:-1]), "bad_response"),
    "an answer in words": ("/evaluate", instead(Answer(200, b"all is well")), "bad_response"),
    "an entry of the bucket changed": ("/buckets/", lambda _, a: replace(a, body=flip(a.body, 5)), "bad_bucket"),
    "the path of the bucket changed": ("/buckets/", lambda _, a: replace(a, body=flip(a.body, -1)), "bad_bucket"),
    "a bucket without its last byte": ("/buckets/", lambda _, a: replace(a, body=a.body[:-1]), "bad_bucket"),
    "an empty bucket": ("/buckets/", lambda _, a: replace(a, body=bytes(len(a.body))), "bad_bucket"),
    "a bucket not found": ("/buckets/", instead(Answer.problem(404)), "bad_response"),
    "an epoch that is over": ("/evaluate", instead(Answer.problem(410)), "retired"),
    "a server in trouble": ("/evaluate", instead(Answer.problem(503)), "server_error"),
    "a server in trouble with its buckets": ("/buckets/", instead(Answer.problem(500)), "server_error"),
    "a door that is closed": ("/evaluate", instead(Answer.problem(403)), "unauthorized"),
    "a line cut before the answer": ("/evaluate", instead(Answer(cut=-1)), "unreachable"),
    "a line cut within the bucket": ("/buckets/", lambda _, a: replace(a, cut=100), "unreachable"),
}


def test_a_fault_is_never_an_answer(visitor, proxy, channel_key):
    visitor.expected = [NETWORK]
    for fault, (part, twist, reason) in FAULTS.items():
        proxy.change(part, answered_by(OTHER, channel_key) if twist == "lied" else twist)
        for number in (EXPOSED, MISS):
            result = visitor.check(number)
            assert result == ("unknown", reason), f"{fault}: {result}"
            assert_could_not_check(visitor, result, reason)
        proxy.honest()
        assert visitor.check(EXPOSED) == ("found", "exposed"), fault
    assert visitor.check(MISS) == ("not_found", None)


def test_elements_in_another_order_prove_nothing(visitor, proxy):
    """A page's first evaluation asks for two: the number and a canary."""
    proxy.change("/evaluate", in_another_order)
    assert_could_not_check(visitor, visitor.check(EXPOSED), "bad_proof")


def signed_by_a_stranger(held):
    metadata = Metadata.from_bytes(held.metadata()["timestamp.json"])
    metadata.sign(CryptoSigner(Ed25519PrivateKey.generate()))
    return metadata.to_bytes()


METADATA = {
    "expired": ("timestamp.json", lambda held: always(held.timestamp(expires=PAST)), "stale"),
    "signed by a stranger": ("timestamp.json", lambda held: always(signed_by_a_stranger(held)), "bad_signature"),
    "not signed": ("timestamp.json", lambda _: unsigned, "bad_signature"),
    "cut short": ("timestamp.json", lambda _: lambda body: body[:-2], "bad_response"),
    "a login page": ("timestamp.json", lambda _: always(b"<html>Welcome</html>"), "bad_response"),
    "another role's": ("timestamp.json", lambda held: always(held.metadata()["1.snapshot.json"]), None),
}
CONTENT = {
    "a snapshot changed": (".snapshot.json", lambda body: body.replace(b'"snapshot"', b'"root"'), None),
    "a manifest changed": ("/targets/", lambda body: flip(body, 40), "bad_snapshot"),
}


def always(data):
    return lambda _: data


def unsigned(data):
    return json.dumps(json.loads(data) | {"signatures": []}).encode()


def test_invalid_metadata(home, visit, proxy):
    """At the first look, and at every later one."""
    visitor = None
    for case, (part, make, reason) in METADATA.items():
        proxy.alter(part, make(home))
        before = len(proxy.paths("/evaluate"))
        visitor = visitor or visit()
        result = visitor.check(EXPOSED)
        assert result[0] == "unknown", case
        assert_could_not_check(visitor, result, reason)
        assert len(proxy.paths("/evaluate")) == before, "nothing is asked where nothing can be believed"
        proxy.honest()
        assert visitor.check(EXPOSED) == ("found", "exposed"), case
        visitor.skip(120)


@pytest.mark.parametrize("case", CONTENT)
def test_content_that_is_not_what_was_signed(case, home, visit, proxy):
    part, change, reason = CONTENT[case]
    proxy.alter(part, change)
    visitor = visit()
    assert_could_not_check(visitor, visitor.check(EXPOSED), reason)
    assert not proxy.paths("/evaluate")
    proxy.honest()
    assert visitor.check(EXPOSED) == ("found", "exposed")


def test_the_server_goes_away_while_the_page_is_open(visitor, proxy):
    visitor.expected = [NETWORK]
    visitor.settle()
    proxy.close()
    assert_could_not_check(visitor, visitor.check(EXPOSED), "unreachable")


def test_the_server_process_ends(home, serve, front, visit):
    """Behind a reverse proxy that still answers."""
    process = serve(home)
    proxy = front(Proxy(process.url))
    visitor = visit(proxy.url, [proxy])
    visitor.expected = [NETWORK]
    assert visitor.check(EXPOSED) == ("found", "exposed")
    visitor.settle()
    process.stop()
    assert_could_not_check(visitor, visitor.check(MISS), "unreachable")


def test_a_slow_server_is_waited_for(visitor, proxy):
    proxy.hold("/evaluate")
    visitor.enter(EXPOSED)
    visitor.press("#check")
    expect(visitor.page.locator("#step")).to_be_visible()
    expect(visitor.page.locator("#step")).not_to_be_empty()
    assert not visitor.answer.get_attribute("data-status")
    proxy.release()
    assert visitor.result() == ("found", "exposed")
    expect(visitor.page.locator("#step")).to_be_empty()


def test_a_server_that_never_answers(visitor, proxy):
    proxy.hold("/evaluate")
    visitor.hurry(100)
    visitor.expected = [NETWORK]
    assert_could_not_check(visitor, visitor.check(EXPOSED), "timeout")


def wait_until_served(proxy, held):
    """Until the server hands out what was published last."""
    newest = held.metadata()["timestamp.json"]
    for _ in range(600):
        if proxy.upstream.get("/v1/channels/public/metadata/timestamp.json").content == newest:
            return
        time.sleep(0.05)
    raise AssertionError("the server did not take up the release")


def test_releases_that_follow_each_other_while_the_page_is_open(home, tmp_path, serve, front, visit):
    """A new serial and a new epoch are taken up without a reload; an old one is not."""
    held = home.copy(tmp_path / "home")
    old = held.metadata()
    proxy = front(Proxy(serve(held, poll_seconds=0.1, grace_seconds=0).url))
    visitor = visit(proxy.url, [proxy])
    assert visitor.check(MISSED[7]) == ("not_found", None)

    held.publish_more(MISSED[7])
    wait_until_served(proxy, held)
    visitor.skip(120)
    assert visitor.check(MISSED[7]) == ("found", "exposed")

    proxy.put_over({name: old[name] for name in old if "root" not in name})
    visitor.skip(120)
    assert_could_not_check(visitor, visitor.check(MISSED[7]), "rolled_back")
    proxy.honest()

    held.rotate()
    wait_until_served(proxy, held)
    visitor.key = held.channel_key(2)
    assert visitor.check(EXPOSED) == ("found", "exposed")
    assert visitor.check(MISS) == ("not_found", None)


def test_an_epoch_that_ends_within_a_check(visitor, proxy):
    """410 once: begun again, blinded afresh."""
    answers = iter([Answer.problem(410)])
    proxy.change("/evaluate", lambda _, answer: next(answers, answer))
    visitor.expected = [NETWORK]
    assert visitor.check(EXPOSED) == ("found", "exposed")
    assert len(proxy.paths("/evaluate")) == 2
