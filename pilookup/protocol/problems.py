"""The server's errors as problem documents (RFC 9457; SPEC.md section 8.4)."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pilookup.protocol.encoding import encode_object

PROBLEM_JSON = "application/problem+json"


class Problem(Enum):
    """A kind of problem: its stable type URI, its HTTP status and its title."""

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
    QUOTA_EXCEEDED = ("urn:pilookup:problem:quota-exceeded", 429, "The quota of the epoch is used up")
    PROOF_NEEDED = ("urn:pilookup:problem:proof-needed", 429, "A proof of work is needed")
    CONFLICT = ("urn:pilookup:problem:conflict", 409, "Another report was received before")
    TOO_FINE = ("urn:pilookup:problem:report-too-fine", 422, "The report is finer than the rules")
    NOT_KEPT = ("urn:pilookup:problem:reports-unavailable", 503, "Reports cannot be kept or found now")
    NOT_COUNTERSIGNED = ("urn:pilookup:problem:receipts-unavailable", 503, "Receipts cannot be countersigned now")
    UNAVAILABLE = ("urn:pilookup:problem:unavailable", 503, "No valid snapshot is being served")
    INTERNAL = ("urn:pilookup:problem:internal", 500, "Internal error")

    def __init__(self, uri: str, status: int, title: str) -> None:
        self.uri = uri
        self.status = status
        self.title = title

    def to_json(self, detail: str | None = None, members: Mapping[str, Any] | None = None) -> bytes:
        """The problem document, with extension members. `detail` must not repeat anything that the client sent."""
        body: dict[str, Any] = {"type": self.uri, "title": self.title, "status": self.status}
        return encode_object(body | ({"detail": detail} if detail else {}) | dict(members or {}))
