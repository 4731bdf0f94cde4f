"""What a backup says of itself: the file `backup.json` in it, which is its first one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from pilookup.errors import BundleError, FormatError
from pilookup.protocol.encoding import decode_object, encode_object, from_time_text, time_text
from pilookup.protocol.names import MAX_SERIAL, check_integer

CONTENTS: Final = "backup.json"
CONTROL: Final = "control.json"
CUSTODY: Final = "custody/"
TRUST: Final = "trust/"
MAX_CONTENTS_BYTES: Final = 1 << 20
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class BackupContents:
    """What a backup holds.

    created: when it was made. journal: entries of the journal. datasets: that were not withdrawn. left_out: the signing
    keys that it does not hold, because with them releases could be signed.
    """

    created: datetime
    journal: int
    datasets: int
    left_out: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The contents as `pilookup backup --json` prints them."""
        return {
            "created": time_text(self.created),
            "journal": self.journal,
            "datasets": self.datasets,
            "left_out": list(self.left_out),
        }

    def to_bytes(self) -> bytes:
        """The file."""
        return encode_object({"version": _VERSION} | self.to_json())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the file; raises BundleError."""
        try:
            body = decode_object(data, {"version", "created", "journal", "datasets", "left_out"})
            check_integer(body["version"], _VERSION, _VERSION, "version")
            return cls(
                from_time_text(body["created"], "created"),
                check_integer(body["journal"], 0, MAX_SERIAL, "journal"),
                check_integer(body["datasets"], 0, MAX_SERIAL, "datasets"),
                _names(body["left_out"]),
            )
        except FormatError as error:
            raise BundleError(f"{CONTENTS}: {error}") from None


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise FormatError("left_out: not a list of names")
    names: Sequence[str] = value
    return tuple(names)
