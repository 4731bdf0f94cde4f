"""libsodium through rbcl: SHA-512, ristretto255 from hash, multiply; one Python call for each step of a record.

The second job is the same loop with libsodium's two cheapest calls (negate a scalar) instead of the two expensive
ones. It shows what SHA-512 and Python's calls cost. Nothing is subtracted.
"""

import hashlib
from importlib.metadata import version

import rbcl
from inputs import Prepared, identifiers


def prepare(n: int) -> Prepared:
    given = [text.encode() for text in identifiers(n)]
    scalar = bytes(rbcl.crypto_core_ristretto255_scalar_random())
    sha512, multiply = hashlib.sha512, rbcl.crypto_scalarmult_ristretto255
    from_hash, negate = rbcl.crypto_core_ristretto255_from_hash, rbcl.crypto_core_ristretto255_scalar_negate

    def records() -> None:
        for x in given:
            multiply(scalar, from_hash(sha512(x).digest()))

    def calls() -> None:
        for x in given:
            sha512(x).digest()
            negate(negate(scalar))

    return {"record": (n, records), "calls": (n, calls)}, {"version": version("rbcl")}
