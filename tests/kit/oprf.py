"""The OPRF of SPEC.md section 3: RFC 9497, VOPRF mode, ristretto255-SHA512."""

import secrets
from functools import cache
from hashlib import sha512

from tests.kit import ristretto255 as group
from tests.kit.ristretto255 import ORDER, Point

_CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
SCALAR_BYTES = 32


def field(data: bytes) -> bytes:
    """Return f(data) of SPEC.md section 1: the data behind their length in 2 bytes."""
    return len(data).to_bytes(2, "big") + data


def hash_to_group(data: bytes, context: bytes = _CONTEXT) -> Point:
    return group.one_way_map(_expand(data, b"HashToGroup-" + context))


def hash_to_scalar(data: bytes, tag: bytes = b"HashToScalar-" + _CONTEXT) -> int:
    return int.from_bytes(_expand(data, tag), "little") % ORDER


def derive_scalar(name: str) -> int:
    """Return the scalar of a published test key, by its name."""
    return hash_to_scalar(name.encode(), b"pilookup-test-kit")


@cache
def public_key(key: int) -> bytes:
    return group.encode(group.multiply_base(key))


def element(data: bytes, key: int) -> bytes:
    """Return key * HashToGroup(data), encoded."""
    return group.encode(group.multiply(key, hash_to_group(data)))


def check_elements(elements: list[bytes]) -> list[Point]:
    """Return the points of elements; raises ValueError for one that is not valid, or is the identity."""
    if group.IDENTITY in elements:
        raise ValueError("the identity")
    return [group.decode(one) for one in elements]


def evaluate(elements: list[bytes], key: int) -> list[bytes]:
    """Return key * element for each element; raises ValueError as `check_elements` does."""
    return [group.encode(group.multiply(key, point)) for point in check_elements(elements)]


def prove(elements: list[bytes], evaluated: list[bytes], key: int, random: int | None = None) -> bytes:
    """Return the proof, 64 bytes, that `evaluated` is `key` times `elements`.

    The proof of elements that were evaluated under another key has the right form, and is not valid.

    Args:
        elements: encoded elements.
        evaluated: encoded elements, as many.
        key: the key.
        random: the random scalar of a vector; by default a new one.
    """
    r = random or secrets.randbelow(ORDER - 1) + 1
    public = public_key(key)
    m = _combine(_weights(public, elements, evaluated), elements)
    z = group.multiply(key, m)
    t2, t3 = group.multiply_base(r), group.multiply(r, m)
    c = _challenge(public, m, z, t2, t3)
    return b"".join(one.to_bytes(SCALAR_BYTES, "little") for one in (c, (r - c * key) % ORDER))


def verify(public: bytes, elements: list[bytes], evaluated: list[bytes], proof: bytes) -> bool:
    """Whether a proof is valid; raises ValueError for an encoding that is not."""
    c, s = (int.from_bytes(proof[at : at + SCALAR_BYTES], "little") for at in (0, SCALAR_BYTES))
    if len(proof) != 2 * SCALAR_BYTES or max(c, s) >= ORDER or group.IDENTITY in (public, *elements, *evaluated):
        raise ValueError("not a proof, or the identity")
    weights = _weights(public, elements, evaluated)
    m, z = _combine(weights, elements), _combine(weights, evaluated)
    t2 = group.add(group.multiply_base(s), group.multiply(c, group.decode(public)))
    t3 = group.add(group.multiply(s, m), group.multiply(c, z))
    return c == _challenge(public, m, z, t2, t3)


def _expand(data: bytes, tag: bytes) -> bytes:
    """Return 64 bytes of expand_message_xmd with SHA-512 (RFC 9380 section 5.3.1)."""
    suffix = tag + bytes([len(tag)])
    first = sha512(bytes(128) + data + b"\x00\x40\x00" + suffix).digest()
    return sha512(first + b"\x01" + suffix).digest()


def _weights(public: bytes, elements: list[bytes], evaluated: list[bytes]) -> list[int]:
    seed = sha512(field(public) + field(b"Seed-" + _CONTEXT)).digest()
    return [
        hash_to_scalar(field(seed) + i.to_bytes(2, "big") + field(c) + field(d) + b"Composite")
        for i, (c, d) in enumerate(zip(elements, evaluated, strict=True))
    ]


def _combine(weights: list[int], elements: list[bytes]) -> Point:
    total = group.decode(group.IDENTITY)
    for weight, one in zip(weights, elements, strict=True):
        total = group.add(total, group.multiply(weight, group.decode(one)))
    return total


def _challenge(public: bytes, *points: Point) -> int:
    return hash_to_scalar(field(public) + b"".join(field(group.encode(one)) for one in points) + b"Challenge")
