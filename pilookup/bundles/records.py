"""What each side remembers of bundles: in the online half what it took up, in the custody half what it exported.

HOME/online/bundle-taken-up         everything before the items of the bundle that was taken up last
HOME/online/bundle-trust.json       the public journal key of the custody half, as HOME/trust-bundles.json
HOME/online/bundle-machine          the key of this serving machine (`machine.py`)
HOME/custody/bundles.json           the bundles exported last, the keys of serving machines, and what each acknowledged
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup import durable
from pilookup.bundles.header import MAGIC, MAX_HEADER_BYTES, SIGNATURE_BYTES, ChannelState, Header, verify_header
from pilookup.errors import BundleError, FormatError
from pilookup.plain_file import read_plain
from pilookup.protocol.encoding import b64url, decode_object, encode_object, from_b64url, from_time_text, time_text
from pilookup.protocol.names import MAX_SERIAL, check_integer

TAKEN_UP: Final = "bundle-taken-up"
TRUST: Final = "bundle-trust.json"
TRUST_FILE: Final = "trust-bundles.json"
"""The name of the file that is carried to serving machines apart from bundles."""

EXPORTS: Final = "bundles.json"
_VERSION: Final = 1
_RECORD_VERSION: Final = 2
"""Version 1 of `bundles.json` has acknowledgements that nothing proved: they are left out when it is read."""

_KEPT: Final = 32
"""Exports that custody remembers."""

MAX_RECORD_BYTES: Final = 1 << 22
MAX_TRUST_BYTES: Final = 1 << 18
"""The greatest size of a trust file: a public key, or root metadata."""


def trust_bytes(key: Ed25519PublicKey) -> bytes:
    """The content of `trust-bundles.json`."""
    return encode_object({"version": _VERSION, "journal_key": b64url(key.public_bytes_raw())})


def parse_trust(data: bytes) -> Ed25519PublicKey:
    """The public journal key in `trust-bundles.json`; raises FormatError."""
    body = decode_object(data, {"version", "journal_key"})
    check_integer(body["version"], _VERSION, _VERSION, "version")
    try:
        return Ed25519PublicKey.from_public_bytes(from_b64url(body["journal_key"], 32, "journal_key"))
    except ValueError:
        raise FormatError("journal_key: not a key") from None


def read_trust(path: Path) -> Ed25519PublicKey | None:
    """The public journal key in a file; None if there is no file. Raises BundleError, OSError."""
    try:
        return parse_trust(read_plain(path, MAX_TRUST_BYTES))
    except FileNotFoundError:
        return None
    except FormatError as error:
        raise BundleError(f"{path}: {error}") from None


def split_framed(data: bytes) -> tuple[bytes, bytes]:
    """The header and the signature in what a bundle begins with; raises FormatError."""
    start = len(MAGIC) + 4
    size = int.from_bytes(data[len(MAGIC) : start], "big")
    if data[: len(MAGIC)] != MAGIC or size > MAX_HEADER_BYTES or len(data) != start + size + SIGNATURE_BYTES:
        raise FormatError("not the beginning of a bundle")
    return data[start : start + size], data[start + size :]


def read_taken_up(online: Path, key: Ed25519PublicKey) -> Header | None:
    """The header of the bundle that was taken up last in an online half; None if there is none.

    Raises:
        BundleError: The record is damaged, or not signed by the key.
        OSError: It cannot be read.
    """
    path = online / TAKEN_UP
    try:
        data = read_plain(path, MAX_HEADER_BYTES + 1024)
    except FileNotFoundError:
        return None
    try:
        header, signature = split_framed(data)
        verify_header(header, signature, key)
        return Header.from_bytes(header)
    except (FormatError, BundleError) as error:
        raise BundleError(f"{path}: {error}; delete it, and import the newest bundle again") from None


@dataclass(frozen=True, slots=True)
class Exported:
    """One export: its number, time, entries of the journal, and the version of each channel's snapshot metadata."""

    number: int
    created: datetime
    journal: int
    channels: Mapping[str, int]

    @classmethod
    def of(cls, header: Header) -> Self:
        """What is remembered of a bundle."""
        return cls(header.number, header.created, header.journal, _versions(header.channels))

    def to_json(self) -> dict[str, Any]:
        """The export in `bundles.json`."""
        channels = dict(sorted(self.channels.items()))
        return {
            "number": self.number,
            "created": time_text(self.created),
            "journal": self.journal,
            "channels": channels,
        }

    @classmethod
    def from_json(cls, body: object) -> Self:
        """Parse the export; raises FormatError."""
        if not isinstance(body, dict) or set(body) != {"number", "created", "journal", "channels"}:
            raise FormatError("exports: not an export")
        return cls(
            check_integer(body["number"], 0, MAX_SERIAL, "number"),
            from_time_text(body["created"], "created"),
            check_integer(body["journal"], 0, MAX_SERIAL, "journal"),
            _channel_versions(body["channels"], "channels"),
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """What a serving machine acknowledged last.

    key: the public key that its acknowledgements are verified with. taken_up: the bundle, as the machine's signature
    proves it. served: the version of each channel's snapshot metadata that a timestamp proves to be served.
    """

    key: Ed25519PublicKey
    taken_up: Exported
    served: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The machine in `bundles.json`."""
        served = dict(sorted(self.served.items()))
        return {"key": b64url(self.key.public_bytes_raw()), "taken_up": self.taken_up.to_json(), "served": served}

    @classmethod
    def from_json(cls, body: object) -> Self:
        """Parse the machine; raises FormatError."""
        if not isinstance(body, dict) or set(body) != {"key", "taken_up", "served"}:
            raise FormatError("machines: not a machine")
        key = Ed25519PublicKey.from_public_bytes(from_b64url(body["key"], 32, "key"))
        return cls(key, Exported.from_json(body["taken_up"]), _channel_versions(body["served"], "served"))


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """What the custody half remembers.

    exports: the last ones, newest first. machines: by the id of the serving machine, what it acknowledged last.
    """

    exports: tuple[Exported, ...] = ()
    machines: Mapping[str, Machine] = field(default_factory=dict)

    @property
    def last(self) -> Exported | None:
        """The newest export."""
        return self.exports[0] if self.exports else None

    def next_number(self, now: datetime) -> int:
        """The number of the next bundle: above the last one, and at least the time in seconds."""
        numbers = [export.number for export in self.exports]
        numbers += [machine.taken_up.number for machine in self.machines.values()]
        return max([*numbers, int(now.timestamp()) - 1]) + 1

    def with_export(self, exported: Exported) -> Self:
        """The record with one more export."""
        return replace(self, exports=(exported, *self.exports)[:_KEPT])

    def with_acknowledgement(self, name: str, machine: Machine) -> Self:
        """The record with what a serving machine took up."""
        return replace(self, machines={**self.machines, name: machine})

    def to_bytes(self) -> bytes:
        """The content of `bundles.json`."""
        return encode_object(
            {
                "version": _RECORD_VERSION,
                "exports": [export.to_json() for export in self.exports],
                "machines": {name: each.to_json() for name, each in sorted(self.machines.items())},
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse `bundles.json`; raises FormatError."""
        body, machines = _versioned(data)
        if not isinstance(body["exports"], list) or not isinstance(machines, dict):
            raise FormatError("exports: not a list")
        exports = tuple(Exported.from_json(each) for each in body["exports"])
        return cls(exports, {name: Machine.from_json(each) for name, each in machines.items()})


def _versioned(data: bytes) -> tuple[dict[str, Any], object]:
    """The object of `bundles.json`, and its machines; of version 1 none, since nothing proved what it has."""
    try:
        body = decode_object(data, {"version", "exports", "machines"})
    except FormatError:
        body = decode_object(data, {"version", "exports", "acknowledged"})
        check_integer(body["version"], _VERSION, _VERSION, "version")
        return body, {}
    check_integer(body["version"], _RECORD_VERSION, _RECORD_VERSION, "version")
    return body, body["machines"]


def read_exports(custody: Path) -> ExportRecord:
    """The record of a custody half, empty if there is none; raises BundleError, OSError."""
    path = custody / EXPORTS
    try:
        return ExportRecord.from_bytes(read_plain(path, MAX_RECORD_BYTES))
    except FileNotFoundError:
        return ExportRecord()
    except FormatError as error:
        raise BundleError(f"{path}: {error}; delete it, and export a bundle again") from None


def write_exports(custody: Path, record: ExportRecord) -> None:
    """Replace the record of a custody half; raises OSError."""
    durable.replace(custody / EXPORTS, record.to_bytes())


def _versions(channels: tuple[ChannelState, ...]) -> dict[str, int]:
    return {channel.channel: channel.snapshot for channel in channels}


def _channel_versions(body: object, field: str) -> dict[str, int]:
    if not isinstance(body, dict):
        raise FormatError(f"{field}: not an object")
    return {name: check_integer(version, 1, MAX_SERIAL, field) for name, version in body.items()}
