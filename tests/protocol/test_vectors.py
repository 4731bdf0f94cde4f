"""Runs the vectors of SPEC.md (tests/vectors/protocol.json) through the code of client and server."""

import base64
import json
import struct
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from pybloom_live.pybloom import make_hashfuncs

import pilookup
from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import merkle, oprf, token
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.buckets import Geometry, check_body
from pilookup.protocol.filter import Algorithm, part_bits_for
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.messages import EvaluateRequest, EvaluateResponse
from pilookup.protocol.proof_of_work import Challenge
from tests.support.filters import Filter, contains

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = json.loads((VECTORS / "protocol.json").read_text())["cases"]
README = (VECTORS / "README.md").read_text()
TYPES = {
    "absence", "batch", "bloom", "check", "filter", "find", "geometry", "label", "manifest", "negative", "parts",
    "proof-of-work", "range", "shape", "snapshot",
}  # fmt: skip
OPERATIONS = {"label", "verify", "bucket", "find", "manifest", "request", "response", "filter"}


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


def test_the_description_has_every_type_operation_and_field():
    for case in CASES:
        heading = f"### {case['type']}" if case["type"] != "negative" else f"#### {case['operation']}"
        section = README.partition(f"{heading}\n")[2].partition("\n#")[0]
        assert section, heading
        for field in set(case) - {"type", "name", "operation", "error"}:
            assert f"`{field}`" in section, (heading, field)


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
    assert [one.title_en for one in manifest.datasets] == [one["title"]["en"] for one in case["fields"]["datasets"]]


@of_type("filter")
def test_filter(case):
    made = Filter.from_bytes(bytes.fromhex(case["file"]))
    assert made.to_bytes().hex() == case["file"]
    assert (made.channel, made.epoch, made.serial) == (case["channel"], case["epoch"], case["serial"])
    assert (made.algorithm, made.role, str(made.kind)) == (case["algorithm"], case["role"], case["kind"])
    assert len(made.body) == case["count"]
    assert {key: contains(made.body, int(key, 16)) for key in case["answers"]} == case["answers"]
    assert set(case["answers"].values()) == {True, False}


@of_type("bloom")
def test_bloom(case):
    bits_of, _ = make_hashfuncs(16, case["bits_a_slice"])
    for key, bits in case["bits"].items():
        assert [j * case["bits_a_slice"] + bit for j, bit in enumerate(bits_of(int(key, 16)))] == bits


def test_bloom_filters_of_more_than_some_20_000_keys_are_looked_up_as_the_vectors_say():
    """A body with the smallest slice that is hashed by SHA-512 has exactly the bits of the vectors."""
    body = BloomBody.empty(20_190)
    slices, size, capacity = struct.unpack_from("<QQQ", body.to_bytes(), 8)
    assert (slices, size > 2**15, capacity) == (16, True, 22_714)
    key = 0x0123456789ABCDEF
    body.add([key])
    bits = body.to_bytes()[40:]
    bits_of, _ = make_hashfuncs(16, size)
    wanted = {j * size + bit for j, bit in enumerate(bits_of(key))}
    assert {8 * at + bit for at, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1} == wanted


def token_with(key):
    """A token with a given filter key."""
    return bytes(16) + bytes.fromhex(key) + bytes(40)


@of_type("absence")
def test_absence(case, tmp_path):
    names = [f"test:canary-{i}" for i in range(len(case["canary_keys"]))]
    whole = next(Manifest.from_bytes(one["bytes"].encode()) for one in CASES if one["type"] == "manifest")
    manifest = replace(
        whole,
        **{name: case[name] for name in ("channel", "epoch", "serial")},
        files=whole.files | {name: FileRef(**ref) for name, ref in case["listed"].items()},
        canaries=tuple(names),
    )
    for name, data in case["files"].items():
        (tmp_path / name).write_bytes(bytes.fromhex(data))
    canaries = dict(zip(names, map(token_with, case["canary_keys"]), strict=True))
    made = pilookup.Filter(manifest, {name: tmp_path / name for name in case["files"]}, canaries)
    assert dict(zip(case["absent"], made.absent(list(map(token_with, case["absent"]))), strict=True)) == case["absent"]
    assert bool(made.doubts) != any(case["absent"].values())


@of_type("proof-of-work")
def test_proof_of_work(case):
    challenge = Challenge.from_problem(case["problem"].encode())
    assert challenge.solve() == case["header"]
    answer = json.loads(base64.b64decode(case["header"], validate=True))
    assert answer["challenge"] == json.loads(case["problem"])["challenge"]
    assert answer["solution"] == {"counter": case["counter"], "derivedKey": case["derived_key"]}


@of_type("range")
def test_range(case):
    geometry = Geometry(case["bucket_bits"], case["slots"])
    assert case["buckets_bin_size"] == geometry.size
    assert case["bucket"] == [case["index"] * geometry.stride, geometry.stride]
    tree = merkle.build(case["index"].to_bytes(4, "big") + i.to_bytes(28, "big") for i in range(geometry.buckets))
    assert len(tree) == case["tree_bin_size"]
    path = b"".join(tree[at : at + size] for at, size in case["path"])
    assert path == merkle.path(tree, case["index"], geometry.bits)


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


def read_response(case):
    """Steps 5 and 6 of section 11, for either form of an answer."""
    if "json" in case:
        answer = EvaluateResponse.from_json(case["json"].encode())
    else:
        answer = EvaluateResponse.from_octets(case["epoch"], bytes.fromhex(case["octets"]))
    if answer.epoch != case["epoch"] or len(answer.elements) != case["sent"] * 32:
        raise FormatError("another epoch or number of elements")


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
        case "response":
            attempt, reason = lambda: read_response(case), "bad_response"
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
