"""Runs the vectors of SPEC.md (tests/vectors/protocol.json) through the code of client and server."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import merkle, oprf, token
from pilookup.protocol.buckets import Geometry, check_body
from pilookup.protocol.filter import Algorithm, part_bits_for
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.messages import EvaluateRequest, EvaluateResponse
from tests.support.filters import Filter, contains

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = json.loads((VECTORS / "protocol.json").read_text())["cases"]
TYPES = {"check", "batch", "label", "geometry", "snapshot", "manifest", "filter", "shape", "parts", "find", "negative"}
OPERATIONS = {"label", "verify", "bucket", "find", "manifest", "request", "filter"}


def of_type(name):
    """The cases of a type as test parameters. An empty list fails the tests."""
    cases = [case for case in CASES if case["type"] == name]
    assert cases, f"no {name} vectors"
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def unhex(items):
    return b"".join(map(bytes.fromhex, items))


def test_every_type_and_operation_has_vectors():
    assert {case["type"] for case in CASES} == TYPES
    assert {case["operation"] for case in CASES if case["type"] == "negative"} == OPERATIONS
    names = [(case["type"], case.get("operation"), case["name"]) for case in CASES]
    assert len(set(names)) == len(names)


def test_the_script_makes_this_file():
    subprocess.run([sys.executable, VECTORS / "make_protocol.py", "--check"], check=True)


def label_of(fields):
    return Label(**{**fields, "cases": tuple(fields["cases"])})


@of_type("check")
def test_check(case):
    key = oprf.SecretKey.from_bytes(bytes.fromhex(case["private_key"]))
    channel, epoch = case["channel"], case["epoch"]
    assert key.public().hex() == case["public_key"]
    inputs = [case["identifier"].encode()]
    blinds, blinded = _core._blind_with(inputs, bytes.fromhex(case["blind"]))
    assert blinded.hex() == case["blinded_element"]
    evaluated = oprf.evaluate(blinded, key)
    assert evaluated.hex() == case["evaluated_element"]
    proof = _core._prove_with(blinded, evaluated, key, bytes.fromhex(case["proof_random"]))
    assert proof.hex() == case["proof"]
    assert oprf.verify(key.public(), blinded, evaluated, proof)
    element = oprf.unblind(blinds, evaluated)
    assert element.hex() == case["element"]
    assert oprf.tokenise(inputs, key) == element
    [secret] = token.tokens(element, channel, epoch)
    assert secret.hex() == case["token"]
    assert {bits: token.bucket_index(secret, int(bits)) for bits in case["bucket_index"]} == case["bucket_index"]
    assert token.filter_key(secret).to_bytes(8, "big").hex() == case["filter_key"]
    label = label_of(case["label"])
    assert label.to_bytes().hex() == case["label_bytes"]
    entry = bytes.fromhex(case["entry"])
    assert entry == _core.seal(secret, label.to_bytes(), channel, epoch)
    assert entry[:4].hex() == case["tag"]
    assert token.find(secret, entry, channel, epoch) == label
    vault_key = oprf.SecretKey.generate()
    stored, shift = oprf.tokenise(inputs, vault_key), vault_key.shift_to(key)
    records, keys = _core.shift_and_seal(stored, label.to_bytes(), shift, channel, epoch, 8)
    assert records == case["bucket_index"]["8"].to_bytes(4, "big") + entry
    assert keys.hex() == case["filter_key"]


@of_type("batch")
def test_batch(case):
    key = oprf.SecretKey.from_bytes(bytes.fromhex(case["private_key"]))
    inputs = [name.encode() for name in case["identifiers"]]
    blinds, blinded = _core._blind_with(inputs, unhex(case["blinds"]))
    assert blinded == unhex(case["blinded_elements"])
    evaluated = oprf.evaluate(blinded, key)
    assert evaluated == unhex(case["evaluated_elements"])
    proof = _core._prove_with(blinded, evaluated, key, bytes.fromhex(case["proof_random"]))
    assert proof.hex() == case["proof"]
    assert oprf.verify(bytes.fromhex(case["public_key"]), blinded, evaluated, proof)
    assert oprf.unblind(blinds, evaluated) == unhex(case["elements"])
    request = EvaluateRequest(case["epoch"], blinded)
    assert request.to_json().decode() == case["request_json"]
    assert EvaluateRequest.from_json(case["request_json"].encode()) == request
    response = EvaluateResponse(case["epoch"], evaluated, proof)
    assert response.to_json().decode() == case["response_json"]
    assert EvaluateResponse.from_json(case["response_json"].encode()) == response
    assert response.to_octets().hex() == case["response_octets"]


@of_type("label")
def test_label(case):
    label = label_of(case["label"])
    assert label.to_bytes().hex() == case["bytes"]
    assert Label.from_bytes(bytes.fromhex(case["bytes"])) == label


@of_type("geometry")
def test_geometry(case):
    assert Geometry.for_entries(case["entries"]) == Geometry(case["bucket_bits"], case["slots"])


@of_type("snapshot")
def test_snapshot(case):
    geometry = Geometry(case["bucket_bits"], case["slots"])
    buckets = [unhex(entries).ljust(geometry.stride, b"\x00") for entries in case["buckets"]]
    assert sha256(b"".join(buckets)).hexdigest() == case["buckets_bin_sha256"]
    tree = merkle.build(map(merkle.leaf_hash, buckets))
    assert tree.hex() == case["tree"]
    root = bytes.fromhex(case["root"])
    assert merkle.root(tree) == root
    for index, (bucket, path) in enumerate(zip(buckets, case["paths"], strict=True)):
        assert check_body(bucket + bytes.fromhex(path), index, geometry, root) == bucket
    wanted = {
        **case["present"],
        **{name: {"token": t, "label_bytes": None} for name, t in case["absent"].items()},
    }
    assert len(wanted) == 8
    for one in wanted.values():
        secret = bytes.fromhex(one["token"])
        slots = buckets[token.bucket_index(secret, geometry.bits)]
        found = token.find(secret, slots, case["channel"], case["epoch"])
        assert (found.to_bytes().hex() if found else None) == one["label_bytes"]


@of_type("manifest")
def test_manifest(case):
    data = case["bytes"].encode()
    manifest = Manifest.from_bytes(data)
    assert manifest.to_bytes() == data
    assert sha256(data).hexdigest() == case["sha256"]
    assert json.loads(data) == case["fields"]
    assert (manifest.epoch, manifest.serial) == (case["fields"]["epoch"], case["fields"]["serial"])
    assert [one.id for one in manifest.datasets] == [1, 4]


@of_type("filter")
def test_filter(case):
    made = Filter.from_bytes(bytes.fromhex(case["file"]))
    assert made.to_bytes().hex() == case["file"]
    assert (made.channel, made.epoch, made.serial) == (case["channel"], case["epoch"], case["serial"])
    assert (made.algorithm, made.role, str(made.kind)) == (case["algorithm"], case["role"], case["kind"])
    assert len(made.body) == case["count"]
    assert {key: contains(made.body, int(key, 16)) for key in case["answers"]} == case["answers"]
    assert set(case["answers"].values()) == {True, False}


def test_all_algorithms_have_vectors():
    assert {case["algorithm"] for case in CASES if case["type"] == "filter"} == set(Algorithm)


@of_type("shape")
def test_shape(case):
    keys = b"".join(sha256(f"other {i}".encode()).digest()[:8] for i in range(case["count"]))
    for bits in (8, 16, 32):
        body = _core.FuseFilter.build(keys, bits).to_bytes()
        assert (body[6], int.from_bytes(body[24:28], "little")) == (case["exponent"], case["segments"])
        assert len(body) == 60 + (case["segments"] + 2) * 2 ** case["exponent"] * bits // 8


@of_type("parts")
def test_parts(case):
    assert part_bits_for(case["count"]) == case["part_bits"]


@of_type("find")
def test_find(case):
    slots, secret = bytes.fromhex(case["slots"]), bytes.fromhex(case["token"])
    found = token.find(secret, slots, case["channel"], case["epoch"])
    assert (found.to_bytes().hex() if found else None) == case["label_bytes"]


def fails(case):
    """Do what the case says. Returns the reason code that a client or server gives for the error."""
    data = {
        name: bytes.fromhex(case[name])
        for name in ("public_key", "blinded_element", "evaluated_element", "proof")
        if name in case
    }
    match case["operation"]:
        case "verify":
            try:
                return None if oprf.verify(*data.values()) else "bad_proof"
            except ValueError:
                return "bad_proof"
        case "bucket":
            geometry = Geometry(case["bucket_bits"], case["slots"])
            attempt, reason = (
                lambda: check_body(bytes.fromhex(case["body"]), case["index"], geometry, bytes.fromhex(case["root"])),
                "bad_bucket",
            )
        case "find":
            attempt, reason = (
                lambda: token.find(
                    bytes.fromhex(case["token"]), bytes.fromhex(case["slots"]), case["channel"], case["epoch"]
                ),
                "bad_snapshot",
            )
        case "label":
            attempt, reason = lambda: Label.from_bytes(bytes.fromhex(case["bytes"])), "bad_snapshot"
        case "manifest":
            attempt, reason = lambda: Manifest.from_bytes(case["bytes"].encode()), "bad_snapshot"
        case "filter":
            attempt, reason = lambda: Filter.from_bytes(bytes.fromhex(case["file"])), "bad_snapshot"
        case "request":
            attempt, reason = lambda: EvaluateRequest.from_json(case["json"].encode()), "malformed-request"
    try:
        attempt()
    except FormatError:
        return reason
    return None


@of_type("negative")
def test_negative(case):
    assert fails(case) == case["error"]
