"""The proof of work that a server asks for: an ALTCHA challenge, version 2 (SPEC.md section 8.5).

The client searches for a counter whose derived key begins with the challenge's prefix:

    key_0 = SHA-256(salt || nonce || counter as 4 bytes, big-endian), key_i = SHA-256(key_(i-1)), `cost` hashes in all
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from pilookup.errors import FormatError
from pilookup.protocol.messages import MAX_BATCH
from pilookup.protocol.problems import Problem

HEADER = "Pilookup-Proof"
MAX_WORK = 4_000_000
"""The most SHA-256 hashes a client computes, seconds of one core: a server may slow a client down but not stop it."""

_HASHES_BETWEEN_LOOKS = 10_000
"""Number of hashes, milliseconds of one core, after which a search asks whether to give up."""

_KEY_BYTES = 32
_SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """The challenge in a 429 response.

    Attributes:
        salt: Hashed before the nonce.
        nonce: Hashed before the counter.
        cost: Hashes of one counter.
        prefix: What the derived key must begin with.
        elements: Most elements of the request that the solution admits.
        document: The challenge as received, which is sent back with the solution.
    """

    salt: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    cost: int
    prefix: bytes = field(repr=False)
    elements: int
    document: dict[str, Any] = field(repr=False)

    @classmethod
    def from_problem(cls, body: bytes) -> Self | None:
        """Parse a problem document.

        Returns:
            The challenge, or None if it is another problem.

        Raises:
            FormatError: The body is not JSON, or the challenge is not one that this client can solve.
        """
        try:
            problem = json.loads(body)
        except (ValueError, RecursionError):
            raise FormatError("problem: not JSON") from None
        if not isinstance(problem, dict) or problem.get("type") != Problem.PROOF_NEEDED.uri:
            return None
        document: Any = problem.get("challenge")
        parameters: Any = document.get("parameters") if isinstance(document, dict) else None
        if not isinstance(parameters, dict) or parameters.get("algorithm") != "SHA-256":
            raise FormatError("challenge: not one this client can solve")
        if parameters.get("keyLength", _KEY_BYTES) != _KEY_BYTES:
            raise FormatError("challenge: keyLength")
        cost = parameters.get("cost")
        if type(cost) is not int or not 1 <= cost <= MAX_WORK:
            raise FormatError("challenge: cost")
        salt, nonce = (_hex(parameters, name, _SEED_BYTES, _SEED_BYTES) for name in ("salt", "nonce"))
        data = parameters.get("data")
        elements = data.get("elements") if isinstance(data, dict) else None
        if type(elements) is not int or not 1 <= elements <= MAX_BATCH:
            raise FormatError("challenge: elements")
        return cls(salt, nonce, cost, _hex(parameters, "keyPrefix", 1, _KEY_BYTES), elements, document)

    def solve(self, give_up: Callable[[], bool] = lambda: False) -> str | None:
        """Search for the solution.

        Args:
            give_up: Called every few thousand hashes; the search ends when it returns True.

        Returns:
            The value of the header `Pilookup-Proof`, or None if `MAX_WORK` hashes are not enough or it gave up.
        """
        # The seed is hashed once; each counter continues from a copy of that state.
        seed = sha256(self.salt + self.nonce)
        hashes = 0
        for counter in range(MAX_WORK // self.cost):
            first = seed.copy()
            first.update(counter.to_bytes(4, "big"))
            key = self._derive(first.digest(), give_up)
            if key.startswith(self.prefix):
                return self._answer(counter, key)
            hashes += self.cost
            if hashes >= _HASHES_BETWEEN_LOOKS:
                hashes = 0
                if give_up():
                    return None
        return None

    def _derive(self, key: bytes, give_up: Callable[[], bool]) -> bytes:
        """Hash a counter's first key `cost` - 1 times. Returns no key if it gave up."""
        for done in range(0, self.cost - 1, _HASHES_BETWEEN_LOOKS):
            if done and give_up():
                return b""
            for _ in range(min(_HASHES_BETWEEN_LOOKS, self.cost - 1 - done)):
                key = sha256(key).digest()
        return key

    def _answer(self, counter: int, key: bytes) -> str:
        solution = {"counter": counter, "derivedKey": key.hex()}
        document = json.dumps({"challenge": self.document, "solution": solution}, separators=(",", ":"))
        return base64.b64encode(document.encode()).decode()


def _hex(parameters: dict[str, Any], name: str, least: int, most: int) -> bytes:
    value = parameters.get(name)
    try:
        data = bytes.fromhex(value) if isinstance(value, str) and value.isalnum() else b""
    except ValueError:
        data = b""
    if not least <= len(data) <= most:
        raise FormatError(f"challenge: {name}")
    return data
