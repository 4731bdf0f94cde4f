"""`audit-head.json`: how far the audit log goes, under a key of custody, so that its end cannot be cut or changed.

    {"format": 2, "entries": count, "head": SHA-256 of the last entry, "next": SHA-256 or null, "mac": HMAC-SHA256}

The chain of hashes protects each entry by the next one, and the last entry of all has no next one. `next` is set while
an entry is being appended: it is the digest of that entry, the only one that may follow (docs/adr/0031).
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
_FORMAT: Final = 2
_DST: Final = b"pilookup audit head v2"


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of a log, with the HMAC-SHA256 (hex) of the other members.

    entries: the number of entries. head: the SHA-256 of the last one, hex. next: the SHA-256 of the entry that is being
    appended, which the log may have too; None if none is.
    """

    entries: int
    head: str
    next: str | None
    mac: str

    @classmethod
    def make(cls, entries: int, head: str, key: bytes, following: str | None = None) -> Self:
        """The seal of a log; `following` is the digest of the entry that is about to be appended."""
        return cls(entries, head, following, _mac(entries, head, following, key))

    def is_made_with(self, key: bytes) -> bool:
        """Whether the HMAC is right."""
        return hmac.compare_digest(self.mac, _mac(self.entries, self.head, self.next, key))

    def write(self, path: Path) -> None:
        """Replace the file durably; raises OSError."""
        body: dict[str, Any] = {
            "format": _FORMAT,
            "entries": self.entries,
            "head": self.head,
            "next": self.next,
            "mac": self.mac,
        }
        durable.replace(path, rfc8785.dumps(body))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            AuditError: It is not a file of this kind.
            OSError: It cannot be read, or is missing.
        """
        try:
            body = json.loads(read_plain(path, MAX_SEAL_BYTES))
            entries = _entries(body)
            following = None if body["next"] is None else _hex(body, "next")
            return cls(entries, _hex(body, "head"), following, _hex(body, "mac"))
        except (FormatError, ValueError, RecursionError):
            raise AuditError(f"{path}: was changed: it is not the head of an audit log") from None


def _mac(entries: int, head: str, following: str | None, key: bytes) -> str:
    ends = bytes.fromhex(head) + bytes.fromhex(following or "")
    return hmac.new(key, _DST + entries.to_bytes(8, "big") + ends, sha256).hexdigest()


def _entries(body: Any) -> int:
    fields = {"format", "entries", "head", "next", "mac"}
    if not isinstance(body, dict) or set(body) != fields or body["format"] != _FORMAT:
        raise FormatError("not the fields of a head")
    if type(body["entries"]) is not int or not 1 <= body["entries"] < 2**53:
        raise FormatError("entries: not a count")
    return body["entries"]


def _hex(body: dict[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or len(value) != 64 or any(each not in "0123456789abcdef" for each in value):
        raise FormatError(f"{name}: not 32 bytes in hex")
    return value
