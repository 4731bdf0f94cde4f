"""The header of a bundle: what it holds, with the size and SHA-256 of everything (docs/adr/0023).

    offset  size  field
    0       8     magic "PLBUNDL" and the version, 1
    8       4     size of the header, big-endian
    12      n     the header, a JSON object of `encode_object`
    12+n    64    Ed25519 signature over the domain of the sender and the header
    76+n          the content of the items, one after another, in the order of the header

The header is signed by the journal key of custody, or in what a serving machine sends by the key of that machine
(`machine.py`). A reader verifies the signature before it parses the header.

An item belongs to a section. A reader that does not know a section refuses the bundle if the section is critical, and
skips its items otherwise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.errors import BundleError, FormatError
from pilookup.protocol.encoding import decode_object, encode_object, from_time_text, time_text
from pilookup.protocol.names import MAX_SERIAL, check_channel, check_epoch, check_integer, check_serial

MAGIC: Final = b"PLBUNDL\x01"
MAX_HEADER_BYTES: Final = 1 << 22
"""More than 20,000 items. A header is parsed once its signature was verified, and takes 40 times its size at most."""

SIGNATURE_BYTES: Final = 64

_VERSION: Final = 1
_NAMES: Final = {
    "version",
    "sender",
    "number",
    "created",
    "machine",
    "sections",
    "items",
    "channels",
    "journal",
    "state",
}
_CHANNEL_NAMES: Final = {"channel", "root", "targets", "snapshot", "serial", "epochs", "removals_included"}
_SECTION: Final = re.compile(r"[a-z][a-z-]{0,31}")
_ITEM: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}/){0,5}[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MACHINE: Final = re.compile(r"|[0-9a-f]{16}")
_STATE: Final = re.compile(r"[A-Za-z0-9_-]{0,4096}")
_MAX_ITEMS: Final = 20_000


class Sender(StrEnum):
    """The half of HOME that a bundle comes from."""

    CUSTODY = "custody"
    ONLINE = "online"


DOMAINS: Final = {Sender.CUSTODY: b"pilookup-bundle\x00", Sender.ONLINE: b"pilookup-acknowledgement\x00"}
"""What a signature covers before the header, so that no signature of one kind is taken for one of the other."""


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of items. critical: whether a reader that does not know it must refuse the bundle."""

    name: str
    critical: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One file: the section that it belongs to, its name there, its size in bytes, and its SHA-256 in hexadecimal."""

    section: str
    name: str
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """The item in the header."""
        return {"section": self.section, "name": self.name, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The release of a channel.

    root, targets and snapshot: versions of the metadata. serial: of the newest epoch. epochs: newest first.
    removals_included: whether nothing was removed from the vault after the release was made.
    """

    channel: str
    root: int
    targets: int
    snapshot: int
    serial: int
    epochs: tuple[int, ...]
    removals_included: bool

    def to_json(self) -> dict[str, Any]:
        """The channel in the header."""
        return {
            "channel": self.channel,
            "root": self.root,
            "targets": self.targets,
            "snapshot": self.snapshot,
            "serial": self.serial,
            "epochs": list(self.epochs),
            "removals_included": self.removals_included,
        }

    @classmethod
    def from_json(cls, body: object) -> Self:
        """Parse the channel; raises FormatError."""
        if not isinstance(body, dict) or set(body) != _CHANNEL_NAMES or not isinstance(body["epochs"], list):
            raise FormatError("channels: not a channel")
        if not isinstance(body["removals_included"], bool):
            raise FormatError("channels: not a channel")
        root, targets, snapshot = (
            check_integer(body[name], 1, MAX_SERIAL, name) for name in ("root", "targets", "snapshot")
        )
        epochs = tuple(check_epoch(epoch) for epoch in body["epochs"])
        if not epochs or list(epochs) != sorted(set(epochs), reverse=True):
            raise FormatError("epochs: not in descending order")
        serial = check_serial(body["serial"])
        channel = check_channel(body["channel"])
        return cls(channel, root, targets, snapshot, serial, epochs, body["removals_included"])


@dataclass(frozen=True, slots=True)
class Header:
    """What a bundle holds.

    number: of the bundles that custody exported; it only grows. An acknowledgement has that of the bundle that was
    taken up last. machine: the id of the serving machine that an acknowledgement comes from; empty from custody.
    journal: the number of entries of the journal, 0 if none. state: what `restore` of a later day must not fall below,
    sealed by custody for itself; empty in an acknowledgement.
    """

    sender: Sender
    number: int
    created: datetime
    machine: str
    sections: tuple[Section, ...]
    items: tuple[Item, ...]
    channels: tuple[ChannelState, ...]
    journal: int
    state: str = ""

    @property
    def size(self) -> int:
        """The size of all items together, in bytes."""
        return sum(item.size for item in self.items)

    def to_bytes(self) -> bytes:
        """The header as it is signed and digested."""
        return encode_object(
            {
                "version": _VERSION,
                "sender": str(self.sender),
                "number": self.number,
                "created": time_text(self.created),
                "machine": self.machine,
                "sections": [{"name": section.name, "critical": section.critical} for section in self.sections],
                "items": [item.to_json() for item in self.items],
                "channels": [channel.to_json() for channel in self.channels],
                "journal": self.journal,
                "state": self.state,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a header; raises FormatError for anything `to_bytes` would not write."""
        body = decode_object(data, _NAMES)
        check_integer(body["version"], _VERSION, _VERSION, "version")
        if body["sender"] not in list(Sender):
            raise FormatError("sender: neither custody nor online")
        header = cls(
            sender=Sender(body["sender"]),
            number=check_integer(body["number"], 0, MAX_SERIAL, "number"),
            created=from_time_text(body["created"], "created"),
            machine=_matched(_MACHINE, body["machine"], "machine"),
            sections=tuple(_section(each) for each in _list(body["sections"], "sections")),
            items=tuple(_item(each) for each in _list(body["items"], "items")),
            channels=tuple(ChannelState.from_json(each) for each in _list(body["channels"], "channels")),
            journal=check_integer(body["journal"], 0, MAX_SERIAL, "journal"),
            state=_matched(_STATE, body["state"], "state"),
        )
        _check_unique([section.name for section in header.sections], "sections")
        _check_unique([(item.section, item.name) for item in header.items], "items")
        _check_unique([channel.channel for channel in header.channels], "channels")
        if not {item.section for item in header.items} <= {section.name for section in header.sections}:
            raise FormatError("items: of a section that is not listed")
        if header.to_bytes() != data:
            raise FormatError("header: another layout than this program writes")
        return header

    def check_sections(self, known: frozenset[str]) -> None:
        """Refuse a bundle with an unknown critical section; raises BundleError, which names it."""
        for section in self.sections:
            if section.critical and section.name not in known:
                raise BundleError(f"it has a section {section.name}, which this version cannot read; update pilookup")


def framed(header: bytes, signature: bytes) -> bytes:
    """What a bundle begins with: everything before the content of the items."""
    return MAGIC + len(header).to_bytes(4, "big") + header + signature


def bundle_digest(header: bytes, signature: bytes) -> bytes:
    """What identifies a bundle: the SHA-256 of everything before the content of the items."""
    return sha256(framed(header, signature)).digest()


def signer_of(
    header: bytes, signature: bytes, sender: Sender, keys: Sequence[Ed25519PublicKey]
) -> Ed25519PublicKey | None:
    """The first of some keys of a sender that has signed a header; None if none has."""
    for key in keys:
        try:
            key.verify(signature, DOMAINS[sender] + header)
        except InvalidSignature:
            continue
        return key
    return None


def verify_header(header: bytes, signature: bytes, key: Ed25519PublicKey) -> None:
    """Verify the signature of the custody half; raises BundleError."""
    if signer_of(header, signature, Sender.CUSTODY, [key]) is None:
        raise BundleError("it is not signed by this HOME's custody half")


def claims_sender(header: bytes, sender: Sender) -> bool:
    """Whether a header that is not verified claims to be of a sender. Only for the words of a refusal."""
    return header.startswith(b'{"version":%d,"sender":"%s",' % (_VERSION, sender.encode()))


def _list(value: object, field: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise FormatError(f"{field}: not a list, or too long")
    return value


def _section(body: object) -> Section:
    if not isinstance(body, dict) or set(body) != {"name", "critical"} or not isinstance(body["critical"], bool):
        raise FormatError("sections: not a section")
    return Section(_matched(_SECTION, body["name"], "sections"), body["critical"])


def _item(body: object) -> Item:
    if not isinstance(body, dict) or set(body) != {"section", "name", "size", "sha256"}:
        raise FormatError("items: not an item")
    return Item(
        section=_matched(_SECTION, body["section"], "section"),
        name=_matched(_ITEM, body["name"], "name"),
        size=check_integer(body["size"], 0, MAX_SERIAL, "size"),
        sha256=_matched(_SHA256, body["sha256"], "sha256"),
    )


def _matched(pattern: re.Pattern[str], value: object, field: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise FormatError(f"{field}: not of its form")
    return value


def _check_unique(values: Sequence[object], field: str) -> None:
    if len(set(values)) != len(values):
        raise FormatError(f"{field}: one is repeated")
