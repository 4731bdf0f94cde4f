"""RFC 9497 VOPRF over ristretto255-SHA512, by the verbs of the RFC (SPEC.md section 3).

The arithmetic is `pilookup._core`'s; this room names it for both sides. Buffers hold n x 32 bytes. A point
that is not a canonical encoding, or is the identity, is refused with a ValueError that names its index.
"""

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
    "prove",
    "tokenise",
    "unblind",
    "verify",
]
