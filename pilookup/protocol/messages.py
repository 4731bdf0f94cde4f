"""Evaluate requests and answers, as JSON and as bytes, and the server's problems (SPEC.md section 8)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from pilookup.errors import FormatError
from pilookup.protocol.encoding import b64url, from_b64url
from pilookup.protocol.names import check_epoch
from pilookup.protocol.token import ELEMENT_BYTES

PROOF_BYTES = 64
MAX_BATCH = 1000
MAX_REQUEST_BYTES = 64 * 1024
"""A JSON request of 1,000 elements is 46 kB."""

JSON = "application/json"
OCTETS = "application/octet-stream"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """An epoch and 1 to 1,000 blinded elements, n x 32 bytes."""

    epoch: int
    elements: bytes

    def to_json(self) -> bytes:
        return _dump({"epoch": self.epoch, "elements": _elements_json(self.elements)})

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse `{"epoch": n, "elements": [...]}`; raises FormatError."""
        body = _load(data, {"epoch", "elements"})
        return cls(check_epoch(body["epoch"]), _elements_from_json(body["elements"]))

    @classmethod
    def from_octets(cls, epoch: str, data: bytes) -> Self:
        """Parse 32-byte items, the epoch (decimal) from the query; raises FormatError."""
        if not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 10) or epoch.startswith("0"):
            raise FormatError("epoch: not a positive integer")
        return cls(check_epoch(int(epoch)), _check_elements(data))


@dataclass(frozen=True, slots=True)
class EvaluateResponse:
    """The evaluated elements in the request's order, n x 32 bytes, and one proof for all."""

    epoch: int
    elements: bytes
    proof: bytes

    def to_json(self) -> bytes:
        elements = _elements_json(self.elements)
        return _dump({"epoch": self.epoch, "elements": elements, "proof": b64url(self.proof)})

    def to_octets(self) -> bytes:
        """The elements, then the 64-byte proof."""
        return self.elements + self.proof

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse `{"epoch": n, "elements": [...], "proof": "..."}`; raises FormatError."""
        body = _load(data, {"epoch", "elements", "proof"})
        proof = from_b64url(body["proof"], PROOF_BYTES, "proof")
        return cls(check_epoch(body["epoch"]), _elements_from_json(body["elements"]), proof)

    @classmethod
    def from_octets(cls, epoch: int, data: bytes) -> Self:
        """Parse elements and proof, asked for under `epoch`; raises FormatError."""
        if len(data) < PROOF_BYTES:
            raise FormatError("proof: missing")
        return cls(epoch, _check_elements(data[:-PROOF_BYTES]), data[-PROOF_BYTES:])


class Problem(Enum):
    """RFC 9457 problems: stable type URI, HTTP status, title."""

    NOT_FOUND = ("urn:pilookup:problem:not-found", 404, "No such resource")
    METHOD = ("urn:pilookup:problem:method-not-allowed", 405, "Method not allowed")
    MALFORMED = ("urn:pilookup:problem:malformed-request", 400, "The request is malformed")
    INVALID_ELEMENT = ("urn:pilookup:problem:invalid-element", 422, "An element is invalid")
    MEDIA_TYPE = ("urn:pilookup:problem:unsupported-media-type", 415, "Unsupported media type")
    TOO_LARGE = ("urn:pilookup:problem:too-large", 413, "The request is too large")
    RANGE = ("urn:pilookup:problem:range-not-satisfiable", 416, "The range cannot be satisfied")
    TIMEOUT = ("urn:pilookup:problem:timeout", 408, "The request took too long")
    UNAUTHORIZED = ("urn:pilookup:problem:unauthorized", 401, "A valid key is needed")
    RETIRED = ("urn:pilookup:problem:retired", 410, "This epoch or serial is no longer served")
    RATE_LIMITED = ("urn:pilookup:problem:rate-limited", 429, "Over quota")
    PROOF_NEEDED = ("urn:pilookup:problem:proof-needed", 429, "A proof of work is needed")
    UNAVAILABLE = ("urn:pilookup:problem:unavailable", 503, "No valid snapshot is being served")
    INTERNAL = ("urn:pilookup:problem:internal", 500, "Internal error")

    def __init__(self, uri: str, status: int, title: str) -> None:
        self.uri = uri
        self.status = status
        self.title = title

    def to_json(self, detail: str | None = None, members: Mapping[str, Any] | None = None) -> bytes:
        """The problem document with extension members; `detail` never repeats what was sent."""
        body: dict[str, Any] = {"type": self.uri, "title": self.title, "status": self.status}
        return _dump(body | ({"detail": detail} if detail else {}) | dict(members or {}))


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


def _dump(body: dict[str, Any]) -> bytes:
    return _ENCODER.encode(body).encode()


def _load(data: bytes, names: set[str]) -> dict[str, Any]:
    try:
        body = _DECODER.decode(data.decode())
    except (ValueError, RecursionError):
        raise FormatError("body: not JSON") from None
    if not isinstance(body, dict) or set(body) != names:
        raise FormatError(f"body: not an object of {', '.join(sorted(names))}")
    return body


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise FormatError("body: a name stands twice")
    return body


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
"""Made once: making one costs more than a message of one element does."""
