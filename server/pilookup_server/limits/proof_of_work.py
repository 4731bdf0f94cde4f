"""Proofs of work (ALTCHA, version 2): the server signs a challenge, and the client solves it.

A challenge states how many elements it admits. Its work grows with that number, and with what the caller's network has
used. It contains nothing about the caller, and its solution reveals nothing except that computing time was spent.
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

from pilookup.protocol.proof_of_work import MAX_WORK

LIFE_SECONDS: Final = 300
"""How long a challenge can be answered."""

ELEMENT_WORK: Final = 10_000
"""Most SHA-256 evaluations for each element, as long as nothing is used; half of them on average."""

RISE: Final = 25
"""How many times as much work an element takes when everything is used."""

_ALGORITHM: Final = "SHA-256"
_MAX_HEADER: Final = 4096


def max_work(elements: int, used: float) -> int:
    """The most SHA-256 evaluations that a challenge takes, never more than what clients compute.

    An element of a small request takes as much as one of a large request.

    Args:
        elements: The number of elements that it admits.
        used: How much of what can be had for work the caller's network has used, 0 to 1.
    """
    return min(MAX_WORK, int(elements * ELEMENT_WORK * RISE ** min(1.0, used)))


@dataclass(frozen=True, slots=True)
class ProofsOfWork:
    """Makes challenges, and checks their solutions.

    Attributes:
        secret: The key of the HMAC by which the server recognises its challenges.
    """

    secret: bytes = field(repr=False)

    @classmethod
    def from_key(cls, key: Ed25519PrivateKey) -> "ProofsOfWork":
        """Derive the secret (HKDF-SHA256) from a key that all workers and machines of one online half hold.

        Any of them can therefore check the solution of a challenge that another has made.
        """
        derived = HKDF(SHA256(), 32, salt=None, info=b"pilookup-v1-proof-of-work")
        return cls(derived.derive(key.private_bytes_raw()))

    def challenge(self, elements: int, used: float = 0.0) -> dict[str, Any]:
        """Make a challenge that admits one request of up to `elements` elements.

        Args:
            elements: The number of elements.
            used: How much of what can be had for work the caller's network has used, 0 to 1.

        Returns:
            The challenge as a JSON object.
        """
        made: Challenge = create_challenge(
            _ALGORITHM,
            cost=1,
            # Uniform over all the work, so that no order of search is better than starting at 0.
            counter=secrets.randbelow(max_work(elements, used)),
            expires_at=int(time.time()) + LIFE_SECONDS,
            data={"elements": elements},
            hmac_secret=self.secret,
        )
        return made.to_dict()

    def check(self, header: str, elements: int) -> str | None:
        """Check the solution of a challenge.

        Args:
            header: The value of the request's header `Pilookup-Proof`.
            elements: The number of elements in the request.

        Returns:
            A name by which a replay guard recognises the challenge, or None if the solution is malformed, wrong,
            expired or for fewer elements.
        """
        if len(header) > _MAX_HEADER:
            return None
        try:
            payload = Payload.from_base64(header)
            # A signature also matches another spelling of the signed values (32.0 for 32), so this may raise as well.
            verified = verify_solution(payload, self.secret).verified
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        # Only `challenge` signs, so signed data has the member that `challenge` writes.
        data, signature = payload.challenge.parameters.data, payload.challenge.signature
        if not verified or data is None or signature is None or data["elements"] < elements:
            return None
        return sha256(signature.encode()).hexdigest()
