"""The number of elements that a server has evaluated in each epoch of the public channel.

    HOME/online/evaluated.json

The server writes it in one step, ahead of what it evaluates (`pilookup_server.limits.channel_ledger`). It contains no
secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from pilookup import durable
from pilookup.errors import FormatError
from pilookup.protocol.encoding import decode_object, encode_object, from_time_text, time_text
from pilookup.protocol.names import check_epoch, check_integer
from pilookup.release_files.files import read_metadata

EVALUATED: Final = "evaluated.json"

_VERSION: Final = 1
_MAX_COUNT: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Evaluations:
    """The counts of a channel.

    Attributes:
        epochs: The number of elements evaluated, by epoch; at most those that the server had taken in advance too many.
        time: When it was written.
    """

    epochs: Mapping[int, int]
    time: datetime

    def to_bytes(self) -> bytes:
        """The content of `evaluated.json`."""
        rows = [{"epoch": epoch, "evaluated": count} for epoch, count in sorted(self.epochs.items())]
        time = self.time.astimezone(UTC).replace(microsecond=0)
        return encode_object({"version": _VERSION, "epochs": rows, "time": time_text(time)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the content of `evaluated.json`; raises FormatError."""
        body = decode_object(data, {"version", "epochs", "time"})
        check_integer(body["version"], _VERSION, _VERSION, "version")
        if not isinstance(body["epochs"], list):
            raise FormatError(f"{EVALUATED}: not a record of counts")
        counts = dict(_row(row) for row in body["epochs"])
        if len(counts) != len(body["epochs"]):
            raise FormatError(f"{EVALUATED}: an epoch twice")
        return cls(counts, from_time_text(body["time"], "time"))


def _row(row: Any) -> tuple[int, int]:
    if not isinstance(row, dict) or row.keys() != {"epoch", "evaluated"}:
        raise FormatError(f"{EVALUATED}: not a record of counts")
    return check_epoch(row["epoch"]), check_integer(row["evaluated"], 0, _MAX_COUNT, "evaluated")


def read_evaluations(online: Path) -> Evaluations | None:
    """The record in a HOME's online half, or None if no server has written one; raises FormatError, OSError."""
    try:
        return Evaluations.from_bytes(read_metadata(online / EVALUATED))
    except FileNotFoundError:
        return None


def write_evaluations(online: Path, record: Evaluations) -> None:
    """Replace the record in a HOME's online half; raises OSError."""
    durable.replace(online / EVALUATED, record.to_bytes())
