"""Receipts: a platform's signed statement that it screened, and what a server countersigns of it (SPEC.md section 18).

All three are JSON objects by RFC 8785, so that each has one spelling. A signature is Ed25519 over a domain and the
object without `signature`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, ClassVar, Final, Self

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pilookup.errors import FormatError, ReceiptError
from pilookup.protocol.canonical_objects import canonical, parse_object
from pilookup.protocol.encoding import b64url, from_b64url, from_day_text, from_time_text, time_text
from pilookup.protocol.names import MAX_SERIAL, check_channel, check_epoch, check_integer, check_serial
from pilookup.protocol.report_answers import check_platform
from pilookup.protocol.reports import power_of_ten

FORMAT: Final = 1
MAX_STATEMENT_BYTES: Final = 2048
MAX_RECEIPT_BYTES: Final = 4096
MAX_USERS: Final = 10**12
PURPOSES: Final = ("screening", "signup")
"""What a server counts elements for."""

_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_STATEMENT_NAMES: Final = {
    "channel", "elements", "epoch", "format", "key", "report_sha256", "screened", "serial", "signature", "since",
    "users",
}  # fmt: skip
_COUNTERSIGNATURE_NAMES: Final = {
    "countersigned", "elements", "fetched", "format", "key", "platform", "signature", "statement_sha256",
}  # fmt: skip
_RECEIPT_NAMES: Final = {"countersignature", "format", "statement"}


@dataclass(frozen=True, slots=True)
class _Signed:
    """An object with a signature, and the public key that it is by.

    Attributes:
        key: The public key (32 bytes).
        signature: Over the domain and the object without `signature`.
    """

    key: bytes = field(default=b"", kw_only=True)
    signature: bytes = field(default=b"", kw_only=True)

    _DOMAIN: ClassVar[bytes]

    def signed(self, key: Ed25519PrivateKey) -> Self:
        """A copy with a signature of a key."""
        unsigned = replace(self, key=key.public_key().public_bytes_raw())
        return replace(unsigned, signature=key.sign(unsigned.signed_bytes()))

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return self._DOMAIN + rfc8785.dumps(self._body())

    def to_bytes(self) -> bytes:
        """Canonical JSON (RFC 8785)."""
        return rfc8785.dumps(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return self._body() | {"signature": b64url(self.signature)}

    def _is_signed(self) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.signature, self.signed_bytes())
        except InvalidSignature:
            return False
        return True

    def _body(self) -> dict[str, Any]:
        """The members but `signature`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Statement(_Signed):
    """What a platform states of a screening, signed with its own key. Nothing of it is proved by the signature.

    Attributes:
        channel: The channel.
        epoch: The epoch whose tokens it used.
        serial: The serial that it screened with.
        since: The day (UTC) from which on it had the elements evaluated.
        screened: When the screening ended.
        users: The users that were screened, as a power of ten that is not greater.
        elements: The elements that it had evaluated from `since` on.
        report_sha256: The SHA-256 of the report on what was done, in hexadecimal digits; None: it names none.
    """

    channel: str
    epoch: int
    serial: int
    since: date
    screened: datetime
    users: int
    elements: int
    report_sha256: str | None

    _DOMAIN: ClassVar[bytes] = b"pilookup-receipt\x00"

    @property
    def sha256(self) -> str:
        """The SHA-256 of the signed statement, in hexadecimal digits."""
        return sha256(self.to_bytes()).hexdigest()

    @property
    def until(self) -> date:
        """The day (UTC) on which the screening ended."""
        return self.screened.astimezone(UTC).date()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a statement; raises FormatError for anything that `to_bytes` would not write."""
        body = parse_object(data, MAX_STATEMENT_BYTES, _STATEMENT_NAMES, "statement")
        check_integer(body["format"], FORMAT, FORMAT, "format")
        statement = cls(
            channel=check_channel(body["channel"]),
            epoch=check_epoch(body["epoch"]),
            serial=check_serial(body["serial"]),
            since=from_day_text(body["since"], "since"),
            screened=from_time_text(body["screened"], "screened"),
            users=check_integer(body["users"], 1, MAX_USERS, "users"),
            elements=check_integer(body["elements"], 0, MAX_SERIAL, "elements"),
            report_sha256=None if body["report_sha256"] is None else _digest(body["report_sha256"], "report_sha256"),
            key=from_b64url(body["key"], _KEY_BYTES, "key"),
            signature=from_b64url(body["signature"], _SIGNATURE_BYTES, "signature"),
        )
        if power_of_ten(statement.users) != statement.users:
            raise FormatError("users: not a power of ten")
        if statement.since > statement.until:
            raise FormatError("since: after the day of the screening")
        if statement.to_bytes() != data:
            raise FormatError("statement: not canonical JSON (RFC 8785)")
        return statement

    def verify(self) -> None:
        """Verify the signature by the key that the statement names; raises ReceiptError."""
        if not self._is_signed():
            raise ReceiptError("the statement is not signed by the key that it names: it was changed")

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "channel": self.channel,
            "epoch": self.epoch,
            "serial": self.serial,
            "since": self.since.isoformat(),
            "screened": time_text(self.screened),
            "users": self.users,
            "elements": self.elements,
            "report_sha256": self.report_sha256,
            "key": b64url(self.key),
        }


@dataclass(frozen=True, slots=True)
class Fetched:
    """The highest serial whose manifest a server gave to a platform, and the day (UTC) on which it first did."""

    serial: int
    day: date


@dataclass(frozen=True, slots=True)
class Countersignature(_Signed):
    """What a server knows beside a statement, signed with the key of its machine.

    Attributes:
        statement_sha256: The SHA-256 of the statement that it was sent, in hexadecimal digits.
        platform: The name under which it knows the sender.
        elements: By purpose, the elements that it answered to the platform in the channel on the days of the statement.
        fetched: What it gave out of the channel to the platform; None if that fetched nothing here.
        countersigned: When.
    """

    statement_sha256: str
    platform: str
    elements: Mapping[str, int]
    fetched: Fetched | None
    countersigned: datetime

    _DOMAIN: ClassVar[bytes] = b"pilookup-countersignature\x00"

    @property
    def machine(self) -> str:
        """What the machine is called: the first 16 hexadecimal digits of the SHA-256 of its key."""
        return sha256(self.key).hexdigest()[:16]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a countersignature; raises FormatError for anything that `to_bytes` would not write."""
        body = parse_object(data, MAX_STATEMENT_BYTES, _COUNTERSIGNATURE_NAMES, "countersignature")
        check_integer(body["format"], FORMAT, FORMAT, "format")
        found = cls(
            statement_sha256=_digest(body["statement_sha256"], "statement_sha256"),
            platform=check_platform(body["platform"]),
            elements=_elements(body["elements"]),
            fetched=_fetched(body["fetched"]),
            countersigned=from_time_text(body["countersigned"], "countersigned"),
            key=from_b64url(body["key"], _KEY_BYTES, "key"),
            signature=from_b64url(body["signature"], _SIGNATURE_BYTES, "signature"),
        )
        if found.to_bytes() != data:
            raise FormatError("countersignature: not canonical JSON (RFC 8785)")
        return found

    def verify(self, statement: Statement) -> None:
        """Verify that it is of a statement, and signed by the key that it names; raises ReceiptError.

        Whether that is the key of a serving machine is for the caller to compare.
        """
        if not self._is_signed():
            raise ReceiptError("the countersignature is not signed by the key that it names: it was changed")
        if self.statement_sha256 != statement.sha256:
            raise ReceiptError("the countersignature is of another statement")

    def _body(self) -> dict[str, Any]:
        fetched = self.fetched
        return {
            "format": FORMAT,
            "statement_sha256": self.statement_sha256,
            "platform": self.platform,
            "elements": {purpose: self.elements[purpose] for purpose in PURPOSES},
            "fetched": None if fetched is None else {"serial": fetched.serial, "day": fetched.day.isoformat()},
            "countersigned": time_text(self.countersigned),
            "key": b64url(self.key),
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """A statement and its countersignature, as a file holds them.

    Attributes:
        statement: What the platform states.
        countersignature: What a server adds; None as long as none did.
    """

    statement: Statement
    countersignature: Countersignature | None = None

    def to_bytes(self) -> bytes:
        """The receipt as canonical JSON (RFC 8785)."""
        return rfc8785.dumps(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The receipt as a JSON object."""
        added = self.countersignature
        return {
            "format": FORMAT,
            "statement": self.statement.to_json(),
            "countersignature": None if added is None else added.to_json(),
        }

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a receipt, without verifying its signatures; raises FormatError for any other form."""
        body = parse_object(data, MAX_RECEIPT_BYTES, _RECEIPT_NAMES, "receipt")
        check_integer(body["format"], FORMAT, FORMAT, "format")
        added = body["countersignature"]
        receipt = cls(
            Statement.from_bytes(canonical(body["statement"], "receipt")),
            None if added is None else Countersignature.from_bytes(canonical(added, "receipt")),
        )
        if receipt.to_bytes() != data:
            raise FormatError("receipt: not canonical JSON (RFC 8785)")
        return receipt


def _digest(value: object, field: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise FormatError(f"{field}: not a SHA-256")
    return value


def _elements(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or set(value) != set(PURPOSES):
        raise FormatError(f"elements: not an object of {', '.join(PURPOSES)}")
    return {purpose: check_integer(value[purpose], 0, MAX_SERIAL, f"elements.{purpose}") for purpose in PURPOSES}


def _fetched(value: object) -> Fetched | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"serial", "day"}:
        raise FormatError("fetched: neither null nor an object of serial, day")
    return Fetched(check_serial(value["serial"]), from_day_text(value["day"], "fetched.day"))
