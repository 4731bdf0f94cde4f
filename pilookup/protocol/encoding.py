"""The encodings that all messages and files share: base64url, RFC 3339 time, JSON objects.

base64url and times have exactly one spelling of each value; any other spelling is refused.
"""

import base64
import binascii
import json
from datetime import UTC, date, datetime
from typing import Any

from pilookup.errors import FormatError

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def b64url(data: bytes) -> str:
    """Encode as base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: object, size: int, field: str) -> bytes:
    """Decode `size` bytes of base64url; raises FormatError, naming `field`, for anything `b64url` would not write."""
    if not isinstance(text, str) or len(text) != (size * 8 + 5) // 6:
        raise FormatError(f"{field}: not base64url of {size} bytes")
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise FormatError(f"{field}: not base64url of {size} bytes") from None
    if len(data) != size or b64url(data) != text:
        raise FormatError(f"{field}: not base64url of {size} bytes")
    return data


def time_text(moment: datetime) -> str:
    """Format a time by RFC 3339, in UTC and whole seconds: `2026-11-24T08:00:00Z`."""
    return moment.astimezone(UTC).strftime(_TIME)


def from_time_text(text: object, field: str) -> datetime:
    """Parse a time; raises FormatError, naming `field`, for anything `time_text` would not write."""
    if not isinstance(text, str):
        raise FormatError(f"{field}: not a time")
    try:
        moment = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise FormatError(f"{field}: not a time") from None
    if time_text(moment) != text:
        raise FormatError(f"{field}: not a time")
    return moment


def from_day_text(text: object, field: str) -> date:
    """Parse a day, `2026-11-29`; raises FormatError, naming `field`, for any other form."""
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise FormatError(f"{field}: not a date")
    return day


def encode_object(body: dict[str, Any]) -> bytes:
    """Encode a JSON object, without white space."""
    return _ENCODER.encode(body).encode()


def decode_object(data: bytes, names: set[str]) -> dict[str, Any]:
    """Decode a JSON object with exactly the members `names`; raises FormatError otherwise, also for a repeated name."""
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
        raise FormatError("body: a name is repeated")
    return body


# Made once, since making an encoder or decoder costs more than a message with one element.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
