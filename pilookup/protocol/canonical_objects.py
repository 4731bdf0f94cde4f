"""Small objects in canonical JSON (RFC 8785), as reports, answers and receipts are."""

import json
from typing import Any

import rfc8785

from pilookup.errors import FormatError


def parse_object(data: bytes, most: int, names: set[str], field: str) -> dict[str, Any]:
    """Parse an object with exactly these members. That its JSON is canonical is for the caller to compare.

    Args:
        data: The JSON.
        most: Most bytes that it may have.
        names: The names of its members.
        field: What it is, for errors.

    Raises:
        FormatError: It is larger, no JSON, or another object.
    """
    if len(data) > most:
        raise FormatError(f"{field}: larger than {most:,} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError(f"{field}: not JSON") from None
    if not isinstance(body, dict) or set(body) != names:
        raise FormatError(f"{field}: not an object of {', '.join(sorted(names))}")
    return body


def canonical(value: object, field: str) -> bytes:
    """The canonical JSON of what was parsed from any layout; raises FormatError, naming `field`, if there is none."""
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type] # it came from JSON
    except (rfc8785.CanonicalizationError, ValueError, RecursionError):
        raise FormatError(f"{field}: not JSON of RFC 8785") from None
