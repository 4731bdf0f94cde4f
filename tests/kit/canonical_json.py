"""The JSON of manifests (RFC 8785), of signed metadata (OLPC canonical JSON), and of times (SPEC.md sections 1, 7, 9.2).

Both functions are for what the kit writes: objects with ASCII names, integers, no floats.
"""

import json
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any


def rfc8785(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def olpc(value: Any) -> bytes:
    if isinstance(value, dict):
        members = (olpc(name) + b":" + olpc(value[name]) for name in sorted(value))
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(olpc(one) for one in value) + b"]"
    if isinstance(value, str):
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    return json.dumps(value).encode()


def time_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
