"""The messages of an evaluation: request and response, as JSON and as octets (SPEC.md section 8.3)."""

from dataclasses import dataclass
from typing import Self

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol.encoding import b64url, decode_object, encode_object, from_b64url
from pilookup.protocol.names import check_epoch
from pilookup.protocol.token import ELEMENT_BYTES

PROOF_BYTES = _core.PROOF_BYTES
MAX_BATCH = 1000
MAX_REQUEST_BYTES = 64 * 1024
"""A JSON request with 1,000 elements has 46 kB."""

JSON = "application/json"
OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """An epoch and 1 to 1,000 blinded elements, n x 32 bytes."""

    epoch: int
    elements: bytes

    def to_json(self) -> bytes:
        """`{"epoch": n, "elements": [...]}`, the elements in base64url."""
        return encode_object({"epoch": self.epoch, "elements": _elements_json(self.elements)})

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse `{"epoch": n, "elements": [...]}`; raises FormatError."""
        body = decode_object(data, {"epoch", "elements"})
        return cls(check_epoch(body["epoch"]), _elements_from_json(body["elements"]))

    @classmethod
    def from_octets(cls, epoch: str, data: bytes) -> Self:
        """Parse a body of 32-byte elements and the epoch (decimal) from the query; raises FormatError."""
        if not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 10) or epoch.startswith("0"):
            raise FormatError("epoch: not a positive integer")
        return cls(check_epoch(int(epoch)), _check_elements(data))


@dataclass(frozen=True, slots=True)
class EvaluateResponse:
    """The evaluated elements in the order of the request, n x 32 bytes, and one proof for all of them."""

    epoch: int
    elements: bytes
    proof: bytes

    def to_json(self) -> bytes:
        """`{"epoch": n, "elements": [...], "proof": "..."}`, elements and proof in base64url."""
        elements = _elements_json(self.elements)
        return encode_object({"epoch": self.epoch, "elements": elements, "proof": b64url(self.proof)})

    def to_octets(self) -> bytes:
        """The elements, then the 64-byte proof."""
        return self.elements + self.proof

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse `{"epoch": n, "elements": [...], "proof": "..."}`; raises FormatError."""
        body = decode_object(data, {"epoch", "elements", "proof"})
        proof = from_b64url(body["proof"], PROOF_BYTES, "proof")
        return cls(check_epoch(body["epoch"]), _elements_from_json(body["elements"]), proof)

    @classmethod
    def from_octets(cls, epoch: int, data: bytes) -> Self:
        """Parse a body of elements and proof, which answers a request for `epoch`; raises FormatError."""
        if len(data) < PROOF_BYTES:
            raise FormatError("proof: missing")
        return cls(epoch, _check_elements(data[:-PROOF_BYTES]), data[-PROOF_BYTES:])


def _check_elements(data: bytes) -> bytes:
    if not data or len(data) % ELEMENT_BYTES or len(data) > MAX_BATCH * ELEMENT_BYTES:
        raise FormatError(f"elements: not 1 to {MAX_BATCH} items of {ELEMENT_BYTES} bytes")
    return data


def _elements_json(elements: bytes) -> list[str]:
    return [b64url(elements[at : at + ELEMENT_BYTES]) for at in range(0, len(elements), ELEMENT_BYTES)]


def _elements_from_json(value: object) -> bytes:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_BATCH:
        raise FormatError(f"elements: not a list of 1 to {MAX_BATCH}")
    return b"".join(from_b64url(item, ELEMENT_BYTES, f"elements[{i}]") for i, item in enumerate(value))
