"""Whatever bytes a server returns, a check ends as unknown: it raises nothing and is never not_found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import Client
from pilookup.checking.bucket_cache import BucketCache
from pilookup.checking.check import Checker, Done, Evaluate, Fetch, Fresh, TrustedSnapshot, advance
from pilookup.checking.result import Failure, Reason
from pilookup.protocol.manifest import Manifest
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.publisher import CASES, GEOMETRY, Publisher
from tests.support.checking.server import Answer, Host, evaluate

PUBLISHER = Publisher()
PUBLISHER.publish({b"tel:+8613800138000": LABEL})
MANIFEST = Manifest.from_bytes(next(data for name, data in PUBLISHER.targets.items() if "/" not in name))

ANY = st.binary(max_size=400)
FAILURES = st.sampled_from(list(Reason)).map(Failure)


def check(texts, evaluation=None, bucket=None, canary_found=False):
    """Run a check without I/O. `evaluation` and `bucket` may replace the answers of an honest server."""
    snapshot = TrustedSnapshot(MANIFEST, "", canary_found)
    steps = Checker("public", BucketCache()).check_many(texts, "CN")
    need = advance(steps, None)
    for _ in range(20):
        match need:
            case Done():
                return need.results
            case Fresh():
                answer = snapshot
            case Evaluate():
                honest = evaluate(need.elements, PUBLISHER.keys[1])
                answer = evaluation(honest) if evaluation else honest
            case Fetch():
                bodies = {index: PUBLISHER.buckets[1].body(index) for index in need.indices}
                answer = {index: bucket(body) if bucket else body for index, body in bodies.items()}
            case _:
                answer = None
        need = advance(steps, answer)
    raise AssertionError("a check that does not end")


def test_the_honest_run():
    assert [result.status for result in check([HIT, MISS])] == ["found", "not_found"]


@settings(max_examples=200, deadline=None)
@given(answer=ANY, canary_found=st.booleans())
def test_any_evaluation_bytes(answer, canary_found):
    assert {result.status for result in check([HIT, MISS], lambda _: answer, canary_found=canary_found)} == {"unknown"}


@settings(max_examples=200, deadline=None)
@given(data=st.data(), canary_found=st.booleans())
def test_any_flipped_evaluation_bit(data, canary_found):
    def flip(honest):
        at = data.draw(st.integers(0, len(honest) * 8 - 1))
        return bytes([*honest[: at // 8], honest[at // 8] ^ 1 << at % 8, *honest[at // 8 + 1 :]])

    assert {result.reason for result in check([HIT, MISS], flip, canary_found=canary_found)} == {"bad_proof"}


@settings(max_examples=200, deadline=None)
@given(body=ANY | st.binary(min_size=GEOMETRY.body_bytes, max_size=GEOMETRY.body_bytes), canary_found=st.booleans())
def test_any_bucket_bytes(body, canary_found):
    assert {result.reason for result in check([HIT, MISS], bucket=lambda _: body, canary_found=canary_found)} == {
        "bad_bucket"
    }


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, GEOMETRY.body_bytes * 8 - 1))
def test_any_flipped_bucket_bit(at):
    def flip(body):
        return bytes([*body[: at // 8], body[at // 8] ^ 1 << at % 8, *body[at // 8 + 1 :]])

    assert {result.reason for result in check([HIT, MISS], bucket=flip)} == {"bad_bucket"}


@given(failure=FAILURES, at=st.sampled_from(["evaluation", "bucket"]))
def test_any_failure(failure, at):
    results = check([HIT, MISS], **{at: lambda _: failure})
    assert {result.reason for result in results} == {failure.reason}


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.sampled_from([HIT, MISS, "", "x", "+8613800138000", "13900139001"]), max_size=20))
def test_order_and_repeats(texts):
    alone = {text: check([text])[0] for text in set(texts)}
    assert check(texts) == [alone[text] for text in texts]


@pytest.fixture(scope="module")
def shared_host():
    host = Host(PUBLISHER)
    yield host
    host.close()


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["root.json", "timestamp.json", "snapshot.json", "targets.json", "manifest.json"]),
    junk=ANY | st.sampled_from([b"null", b"{}", b'{"signed":[],"signatures":{}}', b"1e999", b'"\\ud800"']),
)
def test_any_metadata_bytes(name, junk, shared_host, tmp_path_factory):
    shared_host.twist = lambda asked, answer: Answer(body=junk) if name in asked.path else answer
    with Client(shared_host.url, trust=PUBLISHER.pin, state_dir=tmp_path_factory.mktemp("state")) as client:
        assert client.check(HIT).status == "unknown"


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(["timestamp.json", "snapshot.json", "targets.json", "manifest.json"]))
def test_any_altered_metadata(data, name, shared_host, tmp_path_factory):
    def alter(body):
        at = data.draw(st.integers(0, len(body) - 1))
        return body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]

    shared_host.twist = lambda asked, answer: (
        Answer(body=alter(answer.body)) if name in asked.path and answer.status == 200 else answer
    )
    with Client(shared_host.url, trust=PUBLISHER.pin, state_dir=tmp_path_factory.mktemp("state")) as client:
        status = client.check(HIT).status
    # TUF signs the parsed content of metadata, so a changed space between two fields does not break the signature.
    assert status in ({"unknown"} if name == "manifest.json" else {"unknown", "found"})


def test_the_catalogue_is_in_the_manifest():
    assert MANIFEST.datasets == CASES
