"""The positive vectors of SPEC.md, which every implementation must reproduce."""

import json
from dataclasses import replace
from hashlib import sha256, sha512
from typing import Any

from protocol_channel import (
    ABSENT,
    CHANNEL,
    EPOCH,
    GEOMETRY,
    IDENTIFIERS,
    KEY,
    KEY_BYTES,
    LABELS,
    SERIAL,
    UNSHIFTED,
    Snapshot,
    absent_elements,
    manifest,
    scalar,
    split,
)

from pilookup import _core
from pilookup.protocol import merkle, token
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.filter import Algorithm, Body, Role
from pilookup.protocol.label import Kind, Label, pack_labels
from pilookup.protocol.messages import EvaluateRequest, EvaluateResponse
from tests.support.filters import Filter, build_body

Vector = dict[str, Any]


def label_fields(label: Label) -> Vector:
    return {
        "exposed": label.exposed,
        "malicious": label.malicious,
        "accounts": label.accounts,
        "month": label.month,
        "cases": list(label.cases),
        "more": label.more,
        "canary": label.canary,
    }


def check_case(identifier: str, label: Label) -> Vector:
    """The whole check of one number, alone in its batch."""
    blind, random = scalar(f"blind {identifier}"), scalar(f"proof {identifier}")
    blinds, blinded = _core._blind_with([identifier.encode()], blind)
    evaluated = _core.evaluate(blinded, KEY)
    element = _core.unblind(blinds, evaluated)
    secret = token.tokens(element, CHANNEL, EPOCH)[0]
    return {
        "type": "check",
        "name": f"one number: {identifier}",
        "channel": CHANNEL,
        "epoch": EPOCH,
        "identifier": identifier,
        "private_key": KEY_BYTES.hex(),
        "public_key": KEY.public().hex(),
        "blind": blind.hex(),
        "blinded_element": blinded.hex(),
        "evaluated_element": evaluated.hex(),
        "proof_random": random.hex(),
        "proof": _core._prove_with(blinded, evaluated, KEY, random).hex(),
        "element": element.hex(),
        "token": secret.hex(),
        "bucket_index": {str(bits): token.bucket_index(secret, bits) for bits in (0, 1, 2, 8, 16)},
        "tag": secret[4:8].hex(),
        "filter_key": secret[16:24].hex(),
        "label": label_fields(label),
        "label_bytes": label.to_bytes().hex(),
        "entry": _core.seal(secret, label.to_bytes(), CHANNEL, EPOCH).hex(),
    }


def batch_case() -> Vector:
    """One proof for a whole batch, and the messages that contain it."""
    scalars = b"".join(scalar(f"batch blind {name}") for name in IDENTIFIERS)
    random = scalar("batch proof")
    blinds, blinded = _core._blind_with([name.encode() for name in IDENTIFIERS], scalars)
    evaluated = _core.evaluate(blinded, KEY)
    proof = _core._prove_with(blinded, evaluated, KEY, random)
    answer = EvaluateResponse(EPOCH, evaluated, proof)
    return {
        "type": "batch",
        "name": "one proof for five numbers",
        "epoch": EPOCH,
        "identifiers": list(IDENTIFIERS),
        "private_key": KEY_BYTES.hex(),
        "public_key": KEY.public().hex(),
        "blinds": [blind.hex() for blind in split(scalars, 32)],
        "blinded_elements": [one.hex() for one in split(blinded, 32)],
        "evaluated_elements": [one.hex() for one in split(evaluated, 32)],
        "proof_random": random.hex(),
        "proof": proof.hex(),
        "elements": [one.hex() for one in split(_core.unblind(blinds, evaluated), 32)],
        "request_json": EvaluateRequest(EPOCH, blinded).to_json().decode(),
        "response_json": answer.to_json().decode(),
        "response_octets": answer.to_octets().hex(),
    }


def snapshot_case(snapshot: Snapshot) -> Vector:
    buckets = [[slot.hex() for slot in split(snapshot.slots(i), 32) if any(slot)] for i in range(GEOMETRY.buckets)]
    return {
        "type": "snapshot",
        "name": "five entries in four buckets",
        "channel": CHANNEL,
        "epoch": EPOCH,
        "bucket_bits": GEOMETRY.bits,
        "slots": GEOMETRY.slots,
        "buckets": buckets,
        "buckets_bin_sha256": sha256(snapshot.buckets).hexdigest(),
        "tree": snapshot.tree.hex(),
        "root": snapshot.root.hex(),
        "paths": [merkle.path(snapshot.tree, i, GEOMETRY.bits).hex() for i in range(GEOMETRY.buckets)],
        "present": {
            name: {"token": secret.hex(), "label_bytes": label.to_bytes().hex()}
            for name, secret, label in zip(
                IDENTIFIERS, token.tokens(snapshot.elements, CHANNEL, EPOCH), LABELS, strict=True
            )
        },
        "absent": {
            name: secret.hex()
            for name, secret in zip(ABSENT, token.tokens(absent_elements(), CHANNEL, EPOCH), strict=True)
        },
    }


def manifest_case(snapshot: Snapshot) -> Vector:
    data = manifest(snapshot).to_bytes()
    return {
        "type": "manifest",
        "name": "a manifest, byte for byte",
        "bytes": data.decode(),
        "sha256": sha256(data).hexdigest(),
        "fields": json.loads(data),
    }


def title_case(snapshot: Snapshot) -> Vector:
    """A manifest with letters that versions of Unicode from 15 on have assigned, or none has."""
    whole = manifest(snapshot)
    titles = {"title_en": "\U00031350\U0002ebf0\u0378 b", "title_zh": "\U00031350" * 200}
    data = replace(whole, datasets=(replace(whole.datasets[0], **titles), *whole.datasets[1:])).to_bytes()
    return {
        "type": "manifest",
        "name": "titles with letters that a reader's Unicode may not have",
        "bytes": data.decode(),
        "sha256": sha256(data).hexdigest(),
        "fields": json.loads(data),
    }


def filter_cases(snapshot: Snapshot) -> list[Vector]:
    absent = _core.shift_and_seal(absent_elements(), pack_labels(LABELS[:3]), UNSHIFTED, CHANNEL, EPOCH, 0)[1]
    keys = snapshot.filter_keys
    return [
        *(filter_case(build_body(keys, algorithm), algorithm, keys, absent) for algorithm in Algorithm),
        parts_case(Algorithm.FUSE16, 1, keys, absent),
        parts_case(Algorithm.FUSE8, 3, keys, absent),
        parts_case(Algorithm.FUSE16, 1, *border_keys(1), " and keys at their borders"),
        parts_case(Algorithm.FUSE8, 10, *border_keys(10), " and keys at their borders"),
    ]


def border_keys(part_bits: int) -> tuple[bytes, bytes]:
    """The smallest and greatest key of the first, middle and last part, and their neighbours within the part."""
    size = 2 ** (64 - part_bits)
    starts = sorted({0, 2**63, 2**64 - size})
    held = [key for start in starts for key in (start, start + size - 1)]
    absent = [key for start in starts for key in (start + 1, start + size - 2)]
    return tuple(b"".join(key.to_bytes(8, "big") for key in keys) for keys in (held, absent))


def parts_case(algorithm: Algorithm, part_bits: int, keys: bytes, absent: bytes, note: str = "") -> Vector:
    body = _core.FuseFilter.build(keys, int(algorithm), part_bits)
    return filter_case(body, algorithm, keys, absent, f" in {2**part_bits} parts{note}")


def filter_case(body: Body, algorithm: Algorithm, keys: bytes, absent: bytes, note: str = "") -> Vector:
    made = Filter(CHANNEL, EPOCH, SERIAL, Kind.EXPOSURE, Role.BASE, algorithm, body)
    asked = {key.hex(): held for held, some in ((True, keys), (False, absent)) for key in split(some, 8)}
    return {
        "type": "filter",
        "name": made.file_name + note,
        "algorithm": int(algorithm),
        "kind": "exposure",
        "role": 0,
        "channel": CHANNEL,
        "epoch": EPOCH,
        "serial": SERIAL,
        "count": len(keys) // 8,
        "file": made.to_bytes().hex(),
        "answers": asked,
    }


def label_cases() -> list[Vector]:
    named = zip(("exposed", "malicious", "everything", "one account", "canary"), LABELS, strict=True)
    return [
        {
            "type": "label",
            "name": f"label: {name}",
            "label": label_fields(label),
            "bytes": label.to_bytes().hex(),
        }
        for name, label in named
    ]


def geometry_cases() -> list[Vector]:
    counts = (0, 1, 255, 256, 511, 512, 18_800, 600_000, 10_000_000, 40_000_000)
    made = [(n, Geometry.for_entries(n)) for n in counts]
    return [
        {"type": "geometry", "name": f"{n} entries", "entries": n, "bucket_bits": g.bits, "slots": g.slots}
        for n, g in made
    ]


def shape_cases() -> list[Vector]:
    """The size of a fuse body, whose shape follows from the number of keys."""
    cases = []
    for count in (1, 2, 3, 8, 9, 27, 28, 303, 304, 5_000, 37_272, 37_273):
        keys = b"".join(sha512(f"shape {i}".encode()).digest()[:8] for i in range(count))
        body = _core.FuseFilter.build(keys, 8).to_bytes()
        segments = int.from_bytes(body[24:28], "little")
        cases.append(
            {"type": "shape", "name": f"{count} keys", "count": count, "exponent": body[6], "segments": segments}
        )
    return cases


def part_cases() -> list[Vector]:
    """The number of parts into which a publisher divides a fuse body of a given number of keys."""
    wanted = {
        0: 0,
        2**21: 0,
        2**21 + 1: 1,
        2**22: 1,
        2**22 + 1: 2,
        50_000_000: 5,
        1_000_000_000: 9,
        2**30 + 1: 10,
        2**31: 10,
        2**31 + 1: 10,
    }
    return [{"type": "parts", "name": f"{n} keys", "count": n, "part_bits": bits} for n, bits in wanted.items()]
