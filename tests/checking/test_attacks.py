"""Wrong answers of a server end as unknown with the fitting reason, never as not_found."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot

from pilookup import _core
from pilookup.errors import TrustError
from pilookup.protocol import merkle
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.oprf import SecretKey
from tests.support.checking.asking import BOTH, assert_unknown, on
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.publisher import CASES, GEOMETRY, Publisher
from tests.support.checking.server import Answer, evaluate

IDENTITY = bytes(32)
NON_CANONICAL = b"\xff" * 32
HIT_ID = b"tel:+8613800138000"
PAST = timedelta(seconds=-5)


def body(make):
    return lambda asked, answer: Answer(body=make(asked, answer.body))


EVALUATOR = {
    "other key": lambda asked, out: evaluate(asked.body, SecretKey.generate()),
    "other key, proof of another": lambda asked, out: evaluate(asked.body, SecretKey.generate())[:-64] + out[-64:],
    "swapped elements": lambda asked, out: out[32:64] + out[:32] + out[64:],
    "echo": lambda asked, out: asked.body + out[-64:],
    "identity": lambda asked, out: IDENTITY + out[32:],
    "all zero": lambda asked, out: bytes(len(out)),
    "non-canonical": lambda asked, out: NON_CANONICAL + out[32:],
    "all ones": lambda asked, out: b"\xff" * len(out),
    "non-canonical proof": lambda asked, out: out[:-32] + b"\xff" * 32,
    "zero proof": lambda asked, out: out[:-64] + bytes(64),
    "flipped bit in proof": lambda asked, out: out[:-1] + bytes([out[-1] ^ 1]),
}


@pytest.mark.parametrize("name", EVALUATOR)
def test_an_evaluation_without_its_proof_is_bad_proof(name, host, client):
    host.twist = on("/evaluate", body(EVALUATOR[name]))
    assert_unknown(client, "bad_proof")


def test_a_replayed_answer_is_bad_proof(host, client):
    kept = []
    host.twist = on("/evaluate", body(lambda asked, out: kept.append(out) or out))
    assert [result.status for result in client.check_many(BOTH)] == ["found", "not_found"]
    client.check_many(BOTH)
    host.twist = on("/evaluate", body(lambda asked, out: kept[-1]))
    assert {result.reason for result in client.check_many(BOTH)} == {"bad_proof"}


def test_a_proof_of_another_batch_is_bad_proof(host, client):
    kept = []
    host.twist = on("/evaluate", body(lambda asked, out: kept.append(out) or out))
    client.check_many(BOTH)
    client.check_many(BOTH)
    host.twist = on("/evaluate", body(lambda asked, out: out[:-64] + kept[-1][-64:]))
    assert {result.reason for result in client.check_many(BOTH)} == {"bad_proof"}


MALFORMED = {
    "empty": lambda asked, out: b"",
    "short": lambda asked, out: out[:-1],
    "long": lambda asked, out: out + b"\0",
    "huge": lambda asked, out: out * 1000,
    "one element less": lambda asked, out: out[32:],
    "one element more": lambda asked, out: out[:32] + out,
    "a page": lambda asked, out: b"<html>please log in</html>",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_answer_of_the_wrong_size_is_bad_response(name, host, client):
    host.twist = on("/evaluate", body(MALFORMED[name]))
    assert_unknown(client, "bad_response")


def other_bucket(asked, out):
    return b"\0" * len(out)


def rerooted(asked, out):
    """A bucket with an altered label, and the Merkle path of a tree built over the altered slots."""
    slots = out[:31] + bytes([out[31] ^ 1]) + out[32 : GEOMETRY.stride]
    leaves = [merkle.leaf_hash(slots)] * GEOMETRY.buckets
    return slots + merkle.path(merkle.build(leaves), 0, GEOMETRY.bits)


BUCKET = {
    "emptied": other_bucket,
    "entry altered": lambda asked, out: bytes([out[0] ^ 1]) + out[1:],
    "entries removed": lambda asked, out: bytes(GEOMETRY.stride) + out[GEOMETRY.stride :],
    "path altered": lambda asked, out: out[:-1] + bytes([out[-1] ^ 1]),
    "re-rooted": rerooted,
    "truncated": lambda asked, out: out[:-32],
    "no path": lambda asked, out: out[: GEOMETRY.stride],
    "nothing": lambda asked, out: b"",
}


@pytest.mark.parametrize("name", BUCKET)
def test_an_altered_bucket_is_bad_bucket(name, host, client):
    host.twist = on("/buckets/", body(BUCKET[name]))
    assert_unknown(client, "bad_bucket")


def test_the_bucket_of_another_index_is_bad_bucket(host, client):
    def shifted(asked, out):
        return host.publisher.buckets[1].body((int(asked.path.rsplit("/", 1)[1]) + 1) % GEOMETRY.buckets)

    host.twist = on("/buckets/", body(shifted))
    assert_unknown(client, "bad_bucket")


def test_an_oversized_bucket_is_cut_off(host, client):
    host.twist = on("/buckets/", body(lambda asked, out: out + bytes(100_000)))
    assert_unknown(client, "bad_bucket")


def test_a_bad_bucket_is_never_cached(host, client):
    host.twist = on("/buckets/", body(other_bucket))
    assert_unknown(client, "bad_bucket")
    host.twist = lambda asked, answer: answer
    assert [result.status for result in client.check_many(BOTH)] == ["found", "not_found"]


def raw(**fields):
    return replace(LABEL, **fields).to_bytes()


CONTENT = {
    "wrong shift": {"shifted_by": SecretKey.generate()},
    "no canary": {"canary": None},
    "canary without its flag": {"canary": Label(exposed=True)},
}


@pytest.mark.parametrize("name", CONTENT)
def test_a_snapshot_without_its_canaries_is_bad_snapshot(name, host, client):
    host.publisher.publish({HIT_ID: LABEL}, serial=2, **CONTENT[name])
    assert_unknown(client, "bad_snapshot")


LABELS = {
    "a case the catalogue lacks": raw(cases=(9,)),
    "a canary's label for a number": Label(canary=True).to_bytes(),
    "a flag without a meaning": b"\x05" + bytes(11),
    "a label that says nothing": bytes(12),
    "a month after 2099": b"\x01\0\0\x01\xff\xff" + bytes(6),
}


@pytest.mark.parametrize("name", LABELS)
def test_an_invalid_label_is_bad_snapshot(name, host, client):
    host.publisher.publish({}, serial=2, raw={HIT_ID: LABELS[name]})
    assert_unknown(client, "bad_snapshot", [HIT])
    assert client.check(MISS).status == "not_found"


def test_two_entries_with_one_tag_are_both_tried(host, client):
    key = host.publisher.keys[1]
    for number, found in ((HIT, "found"), (MISS, "not_found")):
        identifier = b"tel:+8613800138000" if number == HIT else b"tel:+8613900139000"
        token = _core.tokens(_core.tokenise([identifier], key), "public", 1)
        index = int.from_bytes(token[:4], "big") >> (32 - GEOMETRY.bits)
        twins = b"".join(index.to_bytes(4, "big") + token[4:8] + bytes([fill]) * 28 for fill in (1, 254))
        serial = 2 if number == HIT else 3
        host.publisher.publish({HIT_ID: LABEL}, serial=serial, extra=twins)
        assert host.publisher.buckets[serial].slots.count(token[4:8]) >= 2
        client.client._trust._verified_at = (-1e9, -1e9)
        assert client.check(number).status == found


def test_a_manifest_of_another_channel_is_bad_snapshot(host, client):
    host.publisher.publish({}, serial=2, channel="platform")
    assert_unknown(client, "bad_snapshot")


def test_another_epochs_public_key_is_bad_proof(host, client):
    host.publisher.publish({HIT_ID: LABEL}, serial=2, public_key=SecretKey.generate().public())
    assert_unknown(client, "bad_proof")


@pytest.mark.parametrize("key", [IDENTITY, bytes(range(32)), b"\xff" * 32], ids=["identity", "no point", "too large"])
def test_a_public_key_that_is_no_element_refuses_the_manifest(key, host, client):
    host.publisher.publish({HIT_ID: LABEL}, serial=2, public_key=key)
    assert_unknown(client, "bad_snapshot")
    assert host.evaluations() == []


def test_a_manifest_other_than_its_epochs_is_bad_snapshot(host, client):
    first = host.publisher.targets[next(name for name in host.publisher.targets if "/" not in name)]
    other = replace(Manifest.from_bytes(first), serial=7).to_bytes()
    host.publisher.release(first, 1, own=other)
    assert_unknown(client, "bad_snapshot")


@pytest.mark.parametrize(
    "custom",
    [{"epoch": 2, "serves_until": "2099-01-01T00:00:00Z"}, {"epoch": 1}, {"epoch": 1, "serves_until": 7}],
)
def test_custom_data_of_another_epoch_is_bad_snapshot(custom, host, client):
    first = host.publisher.targets[next(name for name in host.publisher.targets if "/" not in name)]
    host.publisher.release(first, 1, custom=custom)
    assert_unknown(client, "bad_snapshot")


def test_a_signed_manifest_that_does_not_parse_is_bad_snapshot(host, client):
    host.publisher.release(b'{"format":2}', 1)
    assert_unknown(client, "bad_snapshot")


def test_an_altered_manifest_is_bad_snapshot(host, client):
    host.twist = on("manifest.json", body(lambda asked, out: out.replace(b'"serial":1', b'"serial":2')))
    assert_unknown(client, "bad_snapshot")


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "epoch"])
def test_what_has_expired_is_stale(role, host, client_at):
    setattr(host.publisher.life, role, PAST)
    if role == "root":
        host.publisher.sign_root(2)
    host.publisher.publish({HIT_ID: LABEL}, serial=2)
    assert_unknown(client_at(), "stale")


def test_older_metadata_are_rolled_back(host, client_at):
    old = dict(host.publisher.metadata)
    host.publisher.publish({HIT_ID: LABEL}, serial=2)
    assert client_at().check(HIT).status == "found"
    host.publisher.metadata = old
    assert_unknown(client_at(), "rolled_back")


def test_an_older_serial_under_newer_signatures_is_rolled_back(host, client_at):
    host.publisher.publish({HIT_ID: LABEL}, serial=5)
    assert client_at().check(HIT).status == "found"
    host.publisher.publish({}, serial=4)
    assert_unknown(client_at(), "rolled_back")


def test_an_older_timestamp_is_rolled_back_within_a_process_too(host, client):
    old = host.publisher.metadata["timestamp.json"]
    host.publisher.sign_timestamp()
    assert client.check(HIT).status == "found"
    host.publisher.metadata["timestamp.json"] = old
    client.client._trust._verified_at = (-1e9, -1e9)
    assert_unknown(client, "rolled_back")


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_an_older_file_under_a_new_name_is_bad_snapshot(role, host, client):
    old = host.publisher.metadata[f"1.{role}.json"]
    host.publisher.publish({HIT_ID: LABEL}, serial=2)
    host.publisher.metadata[f"2.{role}.json"] = old
    assert_unknown(client, "bad_snapshot")


def test_a_root_of_another_version_than_its_name_is_bad_snapshot(host, client):
    host.publisher.sign_root(3)
    host.publisher.metadata["2.root.json"] = host.publisher.metadata["3.root.json"]
    assert_unknown(client, "bad_snapshot")


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
def test_a_snapshot_that_lists_anything_but_targets_is_bad_snapshot(role, host, client):
    snapshot = Metadata[Snapshot].from_bytes(host.publisher.metadata["1.snapshot.json"]).signed
    snapshot.meta["other.json"] = MetaFile(1)
    if role == "timestamp":
        del snapshot.meta["targets.json"]
    host.publisher.metadata["1.snapshot.json"] = host.publisher.sign(snapshot, host.publisher.signers["snapshot"])
    assert_unknown(client, "bad_snapshot")


@pytest.mark.parametrize("role", ["root", "targets", "timestamp"])
def test_one_key_under_two_key_ids_of_a_role_is_bad_signature(role, host, client):
    publisher = host.publisher
    one = publisher.signers[role][0]
    root = Metadata[Root].from_bytes(publisher.metadata["1.root.json"]).signed
    root.version = 2
    root.add_key(SSlibKey("f" * 64, "ed25519", "ed25519", dict(one.public_key.keyval)), role)
    publisher.metadata["2.root.json"] = publisher.sign(root, publisher.signers["root"][:2])
    assert_unknown(client, "bad_signature")


def test_a_pinned_root_with_one_key_under_two_key_ids_is_refused(host, client_at):
    root = Metadata[Root].from_bytes(host.publisher.pin).signed
    one = host.publisher.signers["root"][0].public_key
    root.add_key(SSlibKey("f" * 64, "ed25519", "ed25519", {"public": one.keyval["public"].upper()}), "root")
    with pytest.raises(TrustError, match="one key of root under two key ids"):
        client_at(trust=host.publisher.sign(root, host.publisher.signers["root"][:2]))


@pytest.mark.parametrize("name", ["timestamp", "1.snapshot", "1.targets"])
def test_a_signature_listed_twice_is_bad_response(name, host, client):
    whole = json.loads(host.publisher.metadata[f"{name}.json"])
    whole["signatures"].append(whole["signatures"][0])
    host.publisher.metadata[f"{name}.json"] = json.dumps(whole).encode()
    assert_unknown(client, "bad_response")


@pytest.mark.parametrize("size", [20_000, 600_000])
def test_metadata_of_up_to_four_mebibytes_are_read(size, host, client):
    for name in ("timestamp", "1.snapshot", "1.targets"):
        host.publisher.metadata[f"{name}.json"] += b" " * size
    assert client.check(HIT).status == "found"


def test_a_manifest_that_is_longer_than_signed_is_bad_snapshot(host, client):
    for more in (1, 5_000_000):
        host.twist = on("manifest.json", body(lambda asked, out, more=more: out + b" " * more))
        assert_unknown(client, "bad_snapshot")


def test_a_target_may_have_other_hashes_but_needs_a_sha256(host, client_at):
    host.publisher.hashes = ["sha512", "sha256"]
    host.publisher.publish({HIT_ID: LABEL}, serial=2)
    assert client_at().check(HIT).status == "found"
    host.publisher.hashes = ["sha512"]
    host.publisher.publish({HIT_ID: LABEL}, serial=3)
    assert_unknown(client_at(), "bad_snapshot")


@pytest.mark.parametrize("status", [401, 403, 410, 429, 500, 503, 204, 301, 418])
@pytest.mark.parametrize("where", ["timestamp.json", "1.snapshot.json", "manifest.json", "evaluate", "/buckets/"])
def test_a_status_has_one_reason_in_every_step(status, where, host, client):
    host.twist = on(where, lambda asked, answer: replace(answer, status=status, body=b""))
    wanted = {401: "unauthorized", 403: "unauthorized", 410: "retired", 429: "rate_limited", 500: "server_error"}
    reason = wanted.get(status, "server_error" if status == 503 else "bad_response")
    assert client.check(HIT).reason == reason


def test_a_bucket_at_410_is_the_result_of_the_whole_batch(host, client):
    first = []

    def gone(asked, answer):
        first.append(asked.path)
        return replace(answer, status=410, body=b"") if asked.path.endswith(first[0].rsplit("/", 1)[1]) else answer

    host.twist = on("/buckets/", gone)
    results = client.check_many([HIT, MISS, "13900139001", "13900139002", "13900139003"])
    assert {(one.status, one.reason) for one in results} == {("unknown", "retired")}
    assert len(host.evaluations()) == 2


@pytest.mark.parametrize(
    "canary",
    [Label(exposed=True), b"\x81" + bytes(11), b"\x80\0\0\1" + bytes(8), b"\x80" + bytes(6) + b"\1" + bytes(4)],
    ids=["no flag", "another flag", "accounts", "a case"],
)
def test_a_canary_whose_label_is_not_exactly_the_flag_is_bad_snapshot(canary, host, client):
    if isinstance(canary, bytes):
        raw = {name.encode(): canary for name in CANARIES}
        host.publisher.publish({HIT_ID: LABEL}, serial=2, canary=None, raw=raw)
    else:
        host.publisher.publish({HIT_ID: LABEL}, serial=2, canary=canary)
    assert_unknown(client, "bad_snapshot")


def test_metadata_under_another_root_are_bad_signature(host, client_at):
    other = Publisher()
    assert_unknown(client_at(trust=other.pin), "bad_signature")


def test_a_new_root_the_old_one_does_not_sign_is_bad_signature(host, client):
    other = Publisher()
    other.sign_root(2)
    host.publisher.metadata["2.root.json"] = other.metadata["2.root.json"]
    assert_unknown(client, "bad_signature")


@pytest.mark.parametrize("role", ["timestamp", "1.snapshot", "1.targets"])
def test_metadata_signed_by_no_known_key_are_bad_signature(role, host, client):
    other = Publisher()
    other.publish({}, serial=9)
    host.publisher.metadata[f"{role}.json"] = other.metadata[f"{role}.json"]
    assert_unknown(client, "bad_signature")


def test_targets_signed_by_one_key_of_two_are_bad_signature(host, client):
    host.publisher.signers["targets"] = host.publisher.signers["targets"][:1]
    host.publisher.publish({HIT_ID: LABEL}, serial=2)
    assert_unknown(client, "bad_signature")


@pytest.mark.parametrize("name", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("junk", [b"", b"{}", b"[1]", b"<html>", b'{"signed":{},"signatures":[]}', b"[" * 100_000])
def test_bytes_that_are_not_metadata_are_bad_response(name, junk, host, client):
    host.twist = on(f"{name}.json", body(lambda asked, out: junk))
    assert_unknown(client, "bad_response")


def test_oversized_metadata_are_bad_response(host, client):
    host.twist = on("timestamp.json", body(lambda asked, out: out + b" " * 5_000_000))
    assert_unknown(client, "bad_response")


def test_targets_without_a_manifest_are_bad_snapshot(host, client):
    host.publisher.release(b"{}", 1)
    del host.publisher.targets  # the client must not fetch a target
    from tuf.api.metadata import Targets

    host.publisher.version += 1
    empty = Targets(version=host.publisher.version, expires=host.publisher.until(host.publisher.life.targets))
    signed = host.publisher.sign(empty, host.publisher.signers["targets"][:2])
    host.publisher.metadata[f"{host.publisher.version}.targets.json"] = signed
    host.publisher.sign_snapshot()
    assert_unknown(client, "bad_snapshot")


def test_the_catalogue_and_the_canaries_are_what_the_tests_think():
    assert {case.id for case in CASES} == {1, 4}
    assert len(CANARIES) == 8
