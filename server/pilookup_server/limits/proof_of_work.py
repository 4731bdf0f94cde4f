"""Proofs of work (ALTCHA, version 2): a challenge signed by us, to be solved once.

The challenge names the elements it admits and grows with them. It holds nothing about the caller, and solving it says
nothing but that time was spent.
"""

import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from altcha import Challenge, Payload, create_challenge, verify_solution
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LIFE_SECONDS: Final = 300
BASE_WORK: Final = 20_000
"""SHA-256 evaluations at most for a request, half of them on average: under a second on a cheap telephone."""
ELEMENT_WORK: Final = 500
"""And so many more for each of its elements."""

_ALGORITHM: Final = "SHA-256"
_MAX_HEADER: Final = 4096


def max_work(elements: int) -> int:
    """The most SHA-256 evaluations that a request of so many elements is asked for."""
    return BASE_WORK + ELEMENT_WORK * elements


@dataclass(frozen=True, slots=True)
class ProofsOfWork:
    """Makes challenges and checks what answers them."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_key(cls, key: Ed25519PrivateKey) -> "ProofsOfWork":
        """With a secret derived from a key that every worker and machine of one online half holds."""
        derived = HKDF(SHA256(), 32, salt=None, info=b"pilookup-v1-proof-of-work")
        return cls(derived.derive(key.private_bytes_raw()))

    def challenge(self, elements: int) -> dict[str, Any]:
        """A fresh challenge that admits one request of up to `elements` elements."""
        made: Challenge = create_challenge(
            _ALGORITHM,
            cost=1,
            # Anywhere in the work: whoever skips the beginning gains nothing over one who starts at 0.
            counter=secrets.randbelow(max_work(elements)),
            expires_at=int(time.time()) + LIFE_SECONDS,
            data={"elements": elements},
            hmac_secret=self.secret,
        )
        return made.to_dict()

    def check(self, header: str, elements: int) -> str | None:
        """The name under which a right proof is spent, None for one that does not admit `elements`."""
        if len(header) > _MAX_HEADER:
            return None
        try:
            payload = Payload.from_base64(header)
            # A signature also holds for another spelling of what was signed (32.0 for 32), so this may raise as well.
            verified = verify_solution(payload, self.secret).verified
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        # What is signed is what `challenge` made, so the data has the member it gave.
        data, signature = payload.challenge.parameters.data, payload.challenge.signature
        if not verified or data is None or signature is None or data["elements"] < elements:
            return None
        return sha256(signature.encode()).hexdigest()
