"""A notice: a channel has a release with a new serial. It is a hint, and nobody trusts it (SPEC.md section 8.6)."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from pilookup.errors import FormatError
from pilookup.protocol.encoding import decode_object, encode_object
from pilookup.protocol.names import MAX_SERIAL, check_channel, check_integer, check_serial

KEPT: Final = 500
"""Notices of a channel that are kept, the newest ones."""

_MANIFEST: Final = re.compile(r"/v1/channels/[a-z0-9-]{1,32}/targets/epochs/[0-9]{1,10}/[0-9a-f]{64}\.manifest\.json")
_MAX_DATASET: Final = 0xFFFF
_NAMES: Final = {"channel", "serial", "datasets", "manifest", "created"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of a release. Unique by channel and serial.

    Attributes:
        channel: The channel.
        serial: The serial of the release's newest snapshot.
        datasets: The ids of all datasets in the catalogue of its manifest, ascending.
        manifest: The path of its manifest on a server.
        created: The POSIX time in seconds at which the manifest was made.
    """

    channel: str
    serial: int
    datasets: tuple[int, ...]
    manifest: str
    created: int

    def to_bytes(self) -> bytes:
        """The notice as JSON, for the other processes of this server."""
        return encode_object(
            {
                "channel": self.channel,
                "serial": self.serial,
                "datasets": list(self.datasets),
                "manifest": self.manifest,
                "created": self.created,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse what `to_bytes` writes; raises FormatError."""
        return cls.from_json(decode_object(data, _NAMES))

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Check the members of a notice; raises FormatError."""
        manifest, datasets = body["manifest"], body["datasets"]
        if not isinstance(manifest, str) or not _MANIFEST.fullmatch(manifest):
            raise FormatError("manifest: not the path of a manifest")
        if not isinstance(datasets, list):
            raise FormatError("datasets: not a list")
        ids = tuple(check_integer(one, 1, _MAX_DATASET, "datasets") for one in datasets)
        if list(ids) != sorted(set(ids)):
            raise FormatError("datasets: not ascending")
        return cls(
            channel=check_channel(body["channel"]),
            serial=check_serial(body["serial"]),
            datasets=ids,
            manifest=manifest,
            created=check_integer(body["created"], 0, MAX_SERIAL, "created"),
        )

    def told(self, origin: str) -> dict[str, Any]:
        """The members that callers and receivers get.

        Args:
            origin: What the address of the manifest begins with; empty: it begins with its path.
        """
        return {
            "channel": self.channel,
            "serial": self.serial,
            "datasets": list(self.datasets),
            "manifest": f"{origin}{self.manifest}",
        }
