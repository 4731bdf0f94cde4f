"""`audit-head.json`: how far the audit log goes, under a key of custody, so that its end cannot be cut or changed.

The chain of hashes protects each entry by the next one, and the last entry of all has no next one.
"""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import rfc8785

from pilookup import durable
from pilookup.errors import AuditError, FormatError
from pilookup.plain_file import read_plain

MAX_SEAL_BYTES: Final = 4096
_DST: Final = b"pilookup audit head v1"


@dataclass(frozen=True, slots=True)
class Seal:
    """The number of entries, the SHA-256 of the last one (hex), and the HMAC-SHA256 of both (hex)."""

    entries: int
    head: str
    mac: str

    @classmethod
    def make(cls, entries: int, head: str, key: bytes) -> Self:
        """The seal of a log."""
        return cls(entries, head, _mac(entries, head, key))

    def is_made_with(self, key: bytes) -> bool:
        """Whether the HMAC is right."""
        return hmac.compare_digest(self.mac, _mac(self.entries, self.head, key))

    def write(self, path: Path) -> None:
        """Replace the file durably; raises OSError."""
        body = rfc8785.dumps({"format": 1, "entries": self.entries, "head": self.head, "mac": self.mac})
        durable.replace(path, body)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            AuditError: It is not a file of this kind.
            OSError: It cannot be read, or is missing.
        """
        try:
            body = json.loads(read_plain(path, MAX_SEAL_BYTES))
            return cls(_entries(body), _hex(body, "head"), _hex(body, "mac"))
        except (FormatError, ValueError, RecursionError):
            raise AuditError(f"{path}: changed: not the head of an audit log") from None


def _mac(entries: int, head: str, key: bytes) -> str:
    return hmac.new(key, _DST + entries.to_bytes(8, "big") + bytes.fromhex(head), sha256).hexdigest()


def _entries(body: Any) -> int:
    fields = {"format", "entries", "head", "mac"}
    if not isinstance(body, dict) or set(body) != fields or body["format"] != 1:
        raise FormatError("not the fields of a head")
    if type(body["entries"]) is not int or not 1 <= body["entries"] < 2**53:
        raise FormatError("entries: not a count")
    return body["entries"]


def _hex(body: dict[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or len(value) != 64 or any(each not in "0123456789abcdef" for each in value):
        raise FormatError(f"{name}: not 32 bytes in hex")
    return value
