"""The journal of erasures and withdrawals: signed, chained by digests, and only ever longer (docs/adr/0024).

One line for each entry, each the JSON object of `encode_object` and a line feed:

    {"version": 1, "position": from 1, "time": RFC 3339, "kind": "erase" | "withdraw",
     "sealed": base64url of 108 bytes, "previous": base64url of 32 bytes, "signature": base64url of 64 bytes}

`previous` is the SHA-256 of the line before; of the first one, of the domain and the public key. `signature` is
Ed25519, with the journal key of the custody half, over the domain and the object without it. `sealed` is the erased
element, or the catalogue id and id of the withdrawn dataset, padded to one size and sealed with AES-256-GCM-SIV under a
key of the custody half: who has the journal alone learns when something was removed, and nothing else.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup.errors import BundleError, FormatError
from pilookup.protocol.encoding import b64url, decode_object, encode_object, from_b64url, from_time_text, time_text
from pilookup.protocol.names import MAX_SERIAL, check_integer

JOURNAL_FILE: Final = "journal"
"""The name of the file in each half of HOME, and in a bundle."""

MAX_JOURNAL_BYTES: Final = 1 << 26
"""The greatest size of a journal: more than 150,000 entries."""

MAX_LINE_BYTES: Final = 1024
"""The greatest size of a line, which is known before it is parsed. Entries of this version have some 500 bytes."""

_DOMAIN: Final = b"pilookup-journal\x00"
_VERSION: Final = 1
_NAMES: Final = {"version", "position", "time", "kind", "sealed", "previous", "signature"}
_NONCE_BYTES: Final = 12
_PAYLOAD_BYTES: Final = 80
_SEALED_BYTES: Final = _NONCE_BYTES + _PAYLOAD_BYTES + 16
DIGEST_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64


class Removal(StrEnum):
    """What an entry is about."""

    ERASE = "erase"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure or withdrawal."""

    position: int
    time: datetime
    kind: Removal
    sealed: bytes
    previous: bytes
    signature: bytes = b""

    def to_line(self) -> bytes:
        """The line of the file."""
        return encode_object(self._body() | {"signature": b64url(self.signature)}) + b"\n"

    def signed_bytes(self) -> bytes:
        """The bytes that the signature is over."""
        return _DOMAIN + encode_object(self._body())

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Parse one line, without its line feed; raises FormatError for anything `to_line` would not write."""
        body = decode_object(line, _NAMES)
        check_integer(body["version"], _VERSION, _VERSION, "version")
        if body["kind"] not in list(Removal):
            raise FormatError("kind: not one of this version")
        entry = cls(
            position=check_integer(body["position"], 1, MAX_SERIAL, "position"),
            time=from_time_text(body["time"], "time"),
            kind=Removal(body["kind"]),
            sealed=from_b64url(body["sealed"], _SEALED_BYTES, "sealed"),
            previous=from_b64url(body["previous"], DIGEST_BYTES, "previous"),
            signature=from_b64url(body["signature"], _SIGNATURE_BYTES, "signature"),
        )
        if entry.to_line() != line + b"\n":
            raise FormatError("entry: another layout than this program writes")
        return entry

    def _body(self) -> dict[str, Any]:
        return {
            "version": _VERSION,
            "position": self.position,
            "time": time_text(self.time),
            "kind": str(self.kind),
            "sealed": b64url(self.sealed),
            "previous": b64url(self.previous),
        }


@dataclass(frozen=True, slots=True)
class Journal:
    """A verified journal: its entries, oldest first, and the bytes of its file."""

    key: Ed25519PublicKey
    entries: tuple[Entry, ...] = ()
    data: bytes = b""

    @property
    def position(self) -> int:
        """The position of the last entry; 0 if there is none."""
        return len(self.entries)

    @property
    def digest(self) -> bytes:
        """The digest that the next entry bears as `previous`. It determines every entry before."""
        if not self.entries:
            return sha256(_DOMAIN + self.key.public_bytes_raw()).digest()
        return sha256(self.entries[-1].to_line()).digest()

    @classmethod
    def from_bytes(cls, data: bytes, key: Ed25519PublicKey) -> Self:
        """Parse and verify a journal.

        Args:
            data: The content of the file.
            key: The public journal key of the custody half.

        Raises:
            FormatError: A line is not an entry.
            BundleError: An entry is not signed by the key, or does not follow the one before.
        """
        if len(data) > MAX_JOURNAL_BYTES or (data and not data.endswith(b"\n")):
            raise FormatError("journal: too large, or cut short")
        journal = cls(key)
        entries: list[Entry] = []
        digest = journal.digest
        for line in _lines(data):
            entry = Entry.from_line(line)
            _check_follows(entry, len(entries) + 1, digest, key)
            entries.append(entry)
            digest = sha256(line + b"\n").digest()
        return cls(key, tuple(entries), data)

    def digest_at(self, position: int) -> bytes:
        """The digest of the entry at a position, as `digest` of a journal that ends there; raises IndexError."""
        if position == 0:
            return Journal(self.key).digest
        return sha256(self.entries[position - 1].to_line()).digest()

    def extended(self, kind: Removal, payload: bytes, now: datetime, key: Ed25519PrivateKey, seal: bytes) -> Self:
        """The journal with one more entry.

        Args:
            kind: What it is about.
            payload: As `erased_element` or `withdrawn_dataset` return it.
            now: Its time.
            key: The journal key.
            seal: The symmetric key that the payload is sealed under.

        Raises:
            BundleError: The journal is full.
        """
        entry = Entry(self.position + 1, now, kind, b"", self.digest)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + AESGCMSIV(seal).encrypt(nonce, payload, _aad(entry))
        entry = replace(entry, sealed=sealed)
        entry = replace(entry, signature=key.sign(entry.signed_bytes()))
        data = self.data + entry.to_line()
        if len(data) > MAX_JOURNAL_BYTES:
            raise BundleError("the journal is full")
        return type(self)(self.key, (*self.entries, entry), data)

    def check_extends(self, older: "Journal") -> None:
        """Check that this journal has every entry of another one; raises BundleError."""
        if self.position < older.position:
            raise BundleError(
                f"its journal ends at entry {self.position}, and the one here at entry {older.position}: it is older"
            )
        if not self.data.startswith(older.data):
            raise BundleError("its journal is not a continuation of the one here: it is of another history")


def erased_element(element: bytes) -> bytes:
    """The payload of an erasure: the element of the vault, of 32 bytes."""
    return _padded(element)


def withdrawn_dataset(catalogue_id: int, slug: str) -> bytes:
    """The payload of a withdrawal: the catalogue id and the id of the dataset."""
    text = slug.encode("ascii")
    return _padded(catalogue_id.to_bytes(2, "big") + bytes([len(text)]) + text)


def open_element(entry: Entry, seal: bytes) -> bytes:
    """The element of an erasure; raises BundleError if the key does not open the entry."""
    return _opened(entry, seal)[:32]


def open_dataset(entry: Entry, seal: bytes) -> tuple[int, str]:
    """The catalogue id and the id of the dataset of a withdrawal; raises BundleError as `open_element`."""
    payload = _opened(entry, seal)
    return int.from_bytes(payload[:2], "big"), payload[3 : 3 + payload[2]].decode("ascii")


def removals_text(entries: Sequence[Entry]) -> list[str]:
    """One sentence part for each entry, such as `erasure 3 of 2026-11-29`."""
    words = {Removal.ERASE: "erasure", Removal.WITHDRAW: "withdrawal"}
    return [f"{words[entry.kind]} {entry.position} of {entry.time:%Y-%m-%d}" for entry in entries]


def _lines(data: bytes) -> Iterator[bytes]:
    """The lines of a journal without their line feeds; raises FormatError for one that is too long."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start, start + MAX_LINE_BYTES)
        if end < 0:
            raise FormatError("journal: a line is too long")
        yield data[start:end]
        start = end + 1


def _padded(payload: bytes) -> bytes:
    return payload.ljust(_PAYLOAD_BYTES, b"\x00")


def _opened(entry: Entry, seal: bytes) -> bytes:
    nonce, sealed = entry.sealed[:_NONCE_BYTES], entry.sealed[_NONCE_BYTES:]
    try:
        return AESGCMSIV(seal).decrypt(nonce, sealed, _aad(entry))
    except InvalidTag:
        raise BundleError(f"entry {entry.position} of the journal is sealed under another key") from None


def _aad(entry: Entry) -> bytes:
    return _DOMAIN + f"{entry.position}|{entry.kind}|{time_text(entry.time)}".encode()


def _check_follows(entry: Entry, position: int, digest: bytes, key: Ed25519PublicKey) -> None:
    if entry.position != position or entry.previous != digest:
        raise BundleError(f"entry {position} of the journal does not follow the one before")
    try:
        key.verify(entry.signature, entry.signed_bytes())
    except InvalidSignature:
        raise BundleError(f"entry {position} of the journal is not signed by the custody half") from None
