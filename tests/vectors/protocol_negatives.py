"""The negative vectors, which must be refused; each names the error."""

import json
from hashlib import sha256
from typing import Any

from protocol_cases import Vector, check_case
from protocol_channel import (
    CHANNEL,
    EPOCH,
    GEOMETRY,
    IDENTIFIERS,
    KEY,
    LABELS,
    ORDER,
    OTHER_KEY,
    SERIAL,
    Snapshot,
    manifest,
    split,
)

from pilookup import _core
from pilookup.protocol import token
from pilookup.protocol.encoding import b64url
from pilookup.protocol.filter import Algorithm, FilterHead, Role
from pilookup.protocol.label import Kind
from tests.support.filters import Filter, build_body


def negative(operation: str, name: str, error: str, **given: object) -> Vector:
    return {"type": "negative", "operation": operation, "name": name, "error": error, **given}


def label_negatives() -> list[Vector]:
    bad = {
        "no flag": "000000000000000000000000",
        "an unknown flag": "050000000000000000000000",
        "byte 1 is not zero": "010100000000000000000000",
        "a gap between cases": "010000000000000100000002",
        "a case twice": "010000000000000100010000",
        "more without three cases": "410000000000000100020000",
        "a month after 2099-12": "0100000004b1000000000000",
        "eleven bytes": "0100000000000000000000",
        "thirteen bytes": "01000000000000000000000000",
        "a canary that is exposed": "810000000000000000000000",
        "a canary with accounts": "800000010000000000000000",
        "a canary with a month": "800000000001000000000000",
        "a canary with a case": "800000000000000100000000",
    }
    return [negative("label", name, "bad_snapshot", bytes=data) for name, data in bad.items()]


def proof_negatives() -> list[Vector]:
    whole = check_case(IDENTIFIERS[0], LABELS[0])
    names = ("public_key", "blinded_element", "evaluated_element", "proof")
    good = {name: whole[name] for name in names}
    proof = bytes.fromhex(good["proof"])
    other = check_case(IDENTIFIERS[1], LABELS[1])
    changes = {
        "another key": {"public_key": OTHER_KEY.public().hex()},
        "another element": {"evaluated_element": other["evaluated_element"]},
        "the proof of another batch": {"proof": other["proof"]},
        "a flipped bit in s": {"proof": (proof[:32] + bytes([proof[32] ^ 1]) + proof[33:]).hex()},
        "c and s swapped": {"proof": (proof[32:] + proof[:32]).hex()},
        "a scalar that is not canonical": {"proof": (ORDER.to_bytes(32, "little") + proof[32:]).hex()},
        "the identity": {"evaluated_element": bytes(32).hex()},
        "an element that is not canonical": {"evaluated_element": "ff" * 32},
        "an element that is no point": {"evaluated_element": "01" + "00" * 31},
    }
    return [negative("verify", name, "bad_proof", **(good | change)) for name, change in changes.items()]


def bucket_negatives(snapshot: Snapshot) -> list[Vector]:
    body = snapshot.body(1)
    flipped = bytes([body[0] ^ 1]) + body[1:]
    base: Vector = {"root": snapshot.root.hex(), "bucket_bits": GEOMETRY.bits, "slots": GEOMETRY.slots}
    bodies = {
        "another index": (2, body),
        "a flipped bit in a slot": (1, flipped),
        "a flipped bit in the path": (1, body[:-1] + bytes([body[-1] ^ 1])),
        "the path cut short": (1, body[:-32]),
        "a slot too many": (1, body[:2048] + bytes(32) + body[2048:]),
    }
    return [
        negative("bucket", name, "bad_bucket", index=index, body=data.hex(), **base)
        for name, (index, data) in bodies.items()
    ]


def entry_cases(snapshot: Snapshot) -> list[Vector]:
    """Two entries with the same tag, and an entry that opens to bytes that are not a label."""
    secret = token.tokens(snapshot.elements, CHANNEL, EPOCH)[0]
    right = _core.seal(secret, LABELS[0].to_bytes(), CHANNEL, EPOCH)
    # The same tag under another label key, as in a collision of four bytes.
    collides = secret[:32] + sha256(b"pilookup vector: another label key").digest()
    wrong = _core.seal(collides, LABELS[1].to_bytes(), CHANNEL, EPOCH)
    garbage = _core.seal(secret, bytes(12), CHANNEL, EPOCH)
    context: Vector = {"token": secret.hex(), "channel": CHANNEL, "epoch": EPOCH}
    return [
        {
            "type": "find",
            "name": "two entries with one tag",
            **context,
            "slots": (wrong + right + bytes(64)).hex(),
            "label_bytes": LABELS[0].to_bytes().hex(),
        },
        {
            "type": "find",
            "name": "only another number's entry bears the tag",
            **context,
            "slots": (wrong + bytes(96)).hex(),
            "label_bytes": None,
        },
        negative("find", "an entry that opens to no label", "bad_snapshot", slots=garbage.hex(), **context),
    ]


def manifest_negatives(snapshot: Snapshot) -> list[Vector]:
    good = manifest(snapshot).to_bytes().decode()
    fields = json.loads(good)

    def with_field(name: str, value: object) -> str:
        changed = {**fields, name: value}
        return json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert with_field("epoch", EPOCH) == good
    key = fields["public_key"]
    texts = {
        "white space": good.replace(",", ", ", 1),
        "members out of order": '{"serial":7,' + good[1:].replace('"serial":7,', "", 1),
        "a member twice": good.replace('"epoch":3', '"epoch":3,"epoch":3', 1),
        "a float for an integer": good.replace('"epoch":3', '"epoch":3.0', 1),
        "an exponent": good.replace('"serial":7', '"serial":7e0', 1),
        "a boolean for an integer": with_field("epoch", value=True),
        "not a number": good.replace('"epoch":3', '"epoch":NaN', 1),
        "an integer above 2^53 - 1": with_field("serial", 2**53),
        "an escaped character that needs none": good.replace("Village", "\\u0056illage", 1),
        "a lone surrogate": good.replace("Village", "\\ud800illage", 1),
        "base64url with stray bits": with_field("public_key", key[:-1] + _stray(key[-1])),
        "base64url with padding": with_field("public_key", key + "="),
        "another format": with_field("format", 2),
        "17 bucket bits": with_field("bucket_bits", 17),
        "63 slots": with_field("slots", 63),
        "an unknown profile": with_field("profile", "vague"),
        "a member too many": with_field("note", "x"),
        "a member missing": good.replace('"serial":7,', "", 1),
        "no canary": with_field("canaries", []),
        "a canary that is a number": with_field("canaries", ["tel:+8613800138000"]),
        "no buckets.bin": with_field("files", {"tree.bin": fields["files"]["tree.bin"]}),
        "a file in a directory": with_field("files", {**fields["files"], "../x.bin": fields["files"]["tree.bin"]}),
        "cases out of order": with_field("datasets", fields["datasets"][::-1]),
        "a time with an offset": with_field("created", "2026-01-02T03:04:05+00:00"),
        "a day that does not exist": with_field("created", "2026-02-30T03:04:05Z"),
        "cut short": good[:-1],
        "a public key that is the identity": with_field("public_key", b64url(bytes(32))),
        "a public key that is no point": with_field("public_key", b64url(b"\x01" + bytes(31))),
        "a public key that is not canonical": with_field("public_key", b64url(b"\xff" * 32)),
        "a case twice": with_field("datasets", [fields["datasets"][0]] * 2),
        "an empty title": with_field("datasets", titled(fields, "")),
        "a title of 201 characters": with_field("datasets", titled(fields, "\U00031350" * 201)),
        **{
            f"U+{ord(sign):04X} in a title": with_field("datasets", titled(fields, f"a{sign}b"))
            for sign in "\x00\x7f\xa0\xad\u0600\u180e\u200b\u2028\u2029\u202e\u3000\ue000\ufeff\U00013439\U000e0001\U0010fffd"
        },
    }
    return [negative("manifest", name, "bad_snapshot", bytes=text) for name, text in texts.items()]


def titled(fields: dict[str, Any], text: str) -> list[Any]:
    """The cases of a manifest, the first with another English title."""
    first, *others = fields["datasets"]
    return [{**first, "title": {**first["title"], "en": text}}, *others]


def _stray(last: str) -> str:
    """The base64url character after `last`, which decodes to the same bytes but has another low bit."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(last) | 1]


def request_negatives() -> list[Vector]:
    element = b64url(_core.tokenise([b"tel:+8613800138000"], KEY))
    texts = {
        "no element": '{"epoch":3,"elements":[]}',
        "a name twice": f'{{"epoch":3,"epoch":3,"elements":["{element}"]}}',
        "a name too many": f'{{"epoch":3,"elements":["{element}"],"x":1}}',
        "epoch 0": f'{{"epoch":0,"elements":["{element}"]}}',
        "epoch 2^32": f'{{"epoch":4294967296,"elements":["{element}"]}}',
        "a boolean epoch": f'{{"epoch":true,"elements":["{element}"]}}',
        "a short element": f'{{"epoch":3,"elements":["{element[:-1]}"]}}',
        "a padded element": f'{{"epoch":3,"elements":["{element}="]}}',
        "no list": f'{{"epoch":3,"elements":"{element}"}}',
        "no JSON": "{",
    }
    return [negative("request", name, "malformed-request", json=text) for name, text in texts.items()]


def part_negatives(keys: bytes) -> dict[str, bytes]:
    """Files of two parts with exactly one fault; digests and numbers of keys are right."""
    low, high = (b"".join(key for key in split(keys, 8) if key[0] >> 7 == part) for part in range(2))
    first, second, empty = fuse_part(low), fuse_part(high), fuse_part(b"")
    few, count = len(low) // 8, len(keys) // 8
    head = parts_head(count)
    good = parts_file(count, head, first, second)
    altered = second[:30] + bytes([second[30] ^ 1]) + second[31:]
    in_parts = _core.FuseFilter.build(high, 16, 1).to_bytes()
    return {
        "parts: none": parts_file(few, parts_head(few, 0), first),
        "parts: fewer than told": parts_file(count, parts_head(count, 2), first, second),
        "parts: more than told": parts_file(count, head, first, second, empty),
        "parts: a byte behind them": parts_file(count, head, first, second, b"\x00"),
        "parts: one cut short": parts_file(count, head, first, second[:-1]),
        "parts: one altered": parts_file(count, head, first, altered),
        "parts: another number of keys": parts_file(count, parts_head(count + 1), first, second),
        "parts: another number of keys in both heads": parts_file(count + 1, parts_head(count + 1), first, second),
        "parts: another width": parts_file(count, head, first, fuse_part(high, 8)),
        "parts: another width without keys": parts_file(few, parts_head(few), first, fuse_part(b"", 8)),
        "parts: another width in the head": parts_file(count, parts_head(count, bits=8), first, second),
        "parts: another version": parts_file(count, parts_head(count, version=3), first, second),
        "parts: another version of one": parts_file(count, head, first, altered_part(second, 4, 2)),
        "parts: a byte that is not zero": parts_file(count, parts_head(count, zero=1), first, second),
        "parts: a byte of one that is not zero": parts_file(count, head, first, altered_part(second, 7, 1)),
        "parts: in parts": parts_file(count, head, first, in_parts),
        "parts: a digest that does not match": good[:-1] + bytes([good[-1] ^ 1]),
    }


def fuse_part(keys: bytes, bits: int = 16) -> bytes:
    return _core.FuseFilter.build(keys, bits, 0).to_bytes()


def altered_part(part: bytes, at: int, value: int) -> bytes:
    """The part with one byte changed and its digest recomputed."""
    body = part[:at] + bytes([value]) + part[at + 1 : -32]
    return body + sha256(body).digest()


def parts_head(count: int, part_bits: int = 1, *, version: int = 2, bits: int = 16, zero: int = 0) -> bytes:
    return b"PLFF" + bytes([version, bits, part_bits, zero]) + count.to_bytes(8, "little")


def parts_file(count: int, *body: bytes) -> bytes:
    """A file whose header says `count` keys, with the digest of the body at its end."""
    common = (CHANNEL, EPOCH, SERIAL, Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16, count)
    joined = b"".join(body)
    return FilterHead(*common).to_bytes() + joined + sha256(joined).digest()


def filter_negatives(snapshot: Snapshot) -> list[Vector]:
    body = build_body(snapshot.filter_keys, Algorithm.FUSE16)
    good = Filter(CHANNEL, EPOCH, SERIAL, Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16, body).to_bytes()

    def with_byte(at: int, value: int) -> bytes:
        return good[:at] + bytes([value]) + good[at + 1 :]

    files = {
        "another magic": with_byte(0, 0x51),
        "another version": with_byte(4, 2),
        "an algorithm unlike the body's": with_byte(5, 8),
        "an unknown algorithm": with_byte(5, 12),
        "an unknown kind": with_byte(6, 3),
        "an unknown role": with_byte(7, 2),
        "epoch 0": with_byte(11, 0),
        "another count": with_byte(27, 4),
        "a channel that is no name": with_byte(29, 0x2D),
        "a flipped bit in the body": with_byte(len(good) - 40, good[-40] ^ 1),
        "cut short": good[:-1],
        "a byte too many": good + b"\x00",
        "no body": good[:35],
        **part_negatives(snapshot.filter_keys),
    }
    return [negative("filter", name, "bad_snapshot", file=data.hex()) for name, data in files.items()]
