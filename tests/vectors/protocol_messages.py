"""The vectors of an evaluate answer, of the proof of work, and of the parts of files that a static host is asked for."""

import base64
import json
from hashlib import sha256

from protocol_cases import Vector, batch_case
from protocol_channel import EPOCH
from protocol_negatives import negative

from pilookup.protocol.proof_of_work import Challenge

BITS_AND_INDICES = ((0, 0), (1, 1), (2, 0), (2, 3), (5, 19), (16, 0), (16, 64_432), (16, 65_535))
SLOTS = 384


def response_negatives() -> list[Vector]:
    """Answers to a request for five elements of epoch 3."""
    whole = batch_case()
    good, octets = whole["response_json"], whole["response_octets"]
    fields = json.loads(good)

    def changed(**changes: object) -> str:
        return json.dumps(fields | changes, separators=(",", ":"))

    assert changed() == good
    elements, proof = fields["elements"], fields["proof"]
    texts = {
        "another epoch": changed(epoch=EPOCH + 1),
        "an epoch of 0": changed(epoch=0),
        "an epoch that is text": changed(epoch="3"),
        "an element too few": changed(elements=elements[:-1]),
        "an element too many": changed(elements=[*elements, elements[0]]),
        "no element": changed(elements=[]),
        "a short element": changed(elements=[elements[0][:-1], *elements[1:]]),
        "a padded element": changed(elements=[elements[0] + "=", *elements[1:]]),
        "a short proof": changed(proof=proof[:-2]),
        "a padded proof": changed(proof=proof + "=="),
        "no proof": json.dumps({name: fields[name] for name in ("epoch", "elements")}),
        "a name twice": good.replace('"epoch":3', '"epoch":3,"epoch":3'),
        "a name too many": changed(note="x"),
        "a list": f"[{good}]",
        "no JSON": good[:-1],
    }
    bodies = {
        "octets: an element too few": octets[64:],
        "octets: an element too many": octets[:64] + octets,
        "octets: a byte too few": octets[:-2],
        "octets: a byte too many": octets + "00",
        "octets: the proof alone": octets[-128:],
        "octets: nothing": "",
    }
    asked = {"epoch": EPOCH, "sent": len(elements)}
    return [
        *(negative("response", name, "bad_response", json=text, **asked) for name, text in texts.items()),
        *(negative("response", name, "bad_response", octets=data, **asked) for name, data in bodies.items()),
    ]


def proof_of_work_cases() -> list[Vector]:
    return [
        proof_of_work_case("one hash a counter", 1, "00"),
        proof_of_work_case("three hashes a counter", 3, "0a"),
        proof_of_work_case("a prefix of two bytes", 1, "beef"),
    ]


def proof_of_work_case(name: str, cost: int, prefix: str) -> Vector:
    salt, nonce = (sha256(f"pilookup vector: {what} {name}".encode()).hexdigest()[:32] for what in ("salt", "nonce"))
    challenge = {
        "parameters": {
            "algorithm": "SHA-256",
            "cost": cost,
            "data": {"elements": 2},
            "expiresAt": 1795608000,
            "keyLength": 32,
            "keyPrefix": prefix,
            "nonce": nonce,
            "salt": salt,
        },
        "signature": "00" * 32,
    }
    kind = "urn:pilookup:problem:proof-needed"
    problem = {"type": kind, "title": "proof needed", "status": 429, "challenge": challenge}
    text = json.dumps(problem, separators=(",", ":"))
    made = Challenge.from_problem(text.encode())
    header = made.solve() if made else None
    if header is None:
        raise ValueError("the challenge has no solution")
    solution = json.loads(base64.b64decode(header))["solution"]
    return {
        "type": "proof-of-work",
        "name": name,
        "problem": text,
        "counter": solution["counter"],
        "derived_key": solution["derivedKey"],
        "header": header,
    }


def range_cases() -> list[Vector]:
    """Where a bucket is in buckets.bin and its path in tree.bin: [offset, length] in bytes."""
    return [range_case(bits, index) for bits, index in BITS_AND_INDICES]


def range_case(bits: int, index: int) -> Vector:
    path, at = [], 0
    for level in range(bits):
        path.append([(at + ((index >> level) ^ 1)) * 32, 32])
        at += 1 << (bits - level)
    return {
        "type": "range",
        "name": f"bucket {index} of {1 << bits}",
        "bucket_bits": bits,
        "slots": SLOTS,
        "index": index,
        "buckets_bin_size": (1 << bits) * SLOTS * 32,
        "tree_bin_size": ((2 << bits) - 1) * 32,
        "bucket": [index * SLOTS * 32, SLOTS * 32],
        "path": path,
    }
