"""RFC 9497 VOPRF over ristretto255-SHA512, by the verbs of the RFC (SPEC.md section 3).

    client    blinds, blinded = blind(inputs)                             sends blinded, n x 32 bytes
    server    evaluated, proof = evaluate_and_prove(blinded, key)         sends both, n x 32 and 64 bytes
    client    verify(public_key, blinded, evaluated, proof)               refuses the answer unless True
              elements = unblind(blinds, evaluated)                       key * HashToGroup(input), n x 32 bytes

The functions are those of `pilookup._core`. An element that is not canonically encoded, or is the identity, raises a
ValueError that names its index.
"""

from pilookup import _core
from pilookup._core import (
    Blinds,
    SecretKey,
    blind,
    evaluate,
    evaluate_and_prove,
    evaluate_and_prove_each,
    finalize,
    prove,
    tokenise,
    unblind,
    verify,
)

__all__ = [
    "Blinds",
    "SecretKey",
    "blind",
    "evaluate",
    "evaluate_and_prove",
    "evaluate_and_prove_each",
    "finalize",
    "is_element",
    "prove",
    "tokenise",
    "unblind",
    "verify",
]


def is_element(data: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of an element other than the identity."""
    try:
        _core.tokens(data, "public", 1)  # decodes the element; the token is not used
    except ValueError:
        return False
    return True
