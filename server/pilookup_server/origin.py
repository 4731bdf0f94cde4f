"""Origins of web pages (RFC 6454): scheme, host and port."""

import re
from typing import Final

ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
"""No path and no other character, so that an origin can stand in a Content-Security-Policy."""

_LOOPBACK: Final = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


def check_origin(value: str) -> str:
    """Return `value` if the page may call it: https://check.example, or http:// and a loopback host.

    Raises:
        ValueError: `value` is anything else.
    """
    if not ORIGIN.fullmatch(value) or not (value.startswith("https://") or _LOOPBACK.fullmatch(value)):
        raise ValueError("not an origin such as https://check.example")
    return value
