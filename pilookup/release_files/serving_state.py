"""What a server that runs, or ran last, says about itself in the online half: for its next start, and for `status`.

    HOME/online/clock.json                         the last time that was beyond doubt
    HOME/online/channels/{channel}/refused.json    the release that is not served, because it did not verify
    HOME/online/database.json                      why the service database cannot be used

Several processes write these files, each in one step; the last one wins. None contains a secret.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from pilookup import durable
from pilookup.clock import Clock, Elapsed
from pilookup.errors import FormatError
from pilookup.protocol.encoding import decode_object, encode_object, from_time_text, time_text
from pilookup.protocol.names import check_integer
from pilookup.protocol.release import TIMESTAMP
from pilookup.release_files.files import read_metadata

CLOCK: Final = "clock.json"
REFUSED: Final = "refused.json"
DATABASE: Final = "database.json"

_VERSION: Final = 1
_MAX_SECONDS: Final = 2**53


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """A time that was beyond doubt, and the seconds elapsed since the machine started at that time.

    Attributes:
        boot: The id of that start of the machine.
        elapsed: Whole seconds since then.
        time: The time, in whole seconds.
        doubtful: Whether the wall clock has been stepped since, and its new time does not count yet.
    """

    boot: str
    elapsed: int
    time: datetime
    doubtful: bool

    def to_bytes(self) -> bytes:
        """The content of `clock.json`."""
        fields = {"boot": self.boot, "elapsed": self.elapsed, "time": time_text(self.time), "doubtful": self.doubtful}
        return encode_object({"version": _VERSION} | fields)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the content of `clock.json`; raises FormatError."""
        body = _body(data, {"version", "boot", "elapsed", "time", "doubtful"})
        if not isinstance(body["boot"], str) or not isinstance(body["doubtful"], bool):
            raise FormatError(f"{CLOCK}: not a record of the clock")
        elapsed = check_integer(body["elapsed"], 0, _MAX_SECONDS, "elapsed")
        return cls(body["boot"], elapsed, from_time_text(body["time"], "time"), body["doubtful"])


@dataclass(frozen=True, slots=True)
class RefusedRelease:
    """A release on disk that the server does not serve.

    Attributes:
        timestamp: The SHA-256 of its `timestamp.json`, in hexadecimal digits.
        time: When it was refused.
        reason: Why, in words.
    """

    timestamp: str
    time: datetime
    reason: str

    def to_bytes(self) -> bytes:
        """The content of `refused.json`."""
        fields = {"timestamp": self.timestamp, "time": time_text(self.time), "reason": self.reason}
        return encode_object({"version": _VERSION} | fields)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the content of `refused.json`; raises FormatError."""
        body = _body(data, {"version", "timestamp", "time", "reason"})
        if not isinstance(body["timestamp"], str) or not isinstance(body["reason"], str):
            raise FormatError(f"{REFUSED}: not a record of a release")
        return cls(body["timestamp"], from_time_text(body["time"], "time"), body["reason"])


@dataclass(frozen=True, slots=True)
class DatabaseFault:
    """A service database that cannot be used.

    Attributes:
        time: Since when.
        reason: Why, in words.
    """

    time: datetime
    reason: str

    def to_bytes(self) -> bytes:
        """The content of `database.json`."""
        return encode_object({"version": _VERSION, "time": time_text(self.time), "reason": self.reason})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the content of `database.json`; raises FormatError."""
        body = _body(data, {"version", "time", "reason"})
        if not isinstance(body["reason"], str):
            raise FormatError(f"{DATABASE}: not a record of a database")
        return cls(from_time_text(body["time"], "time"), body["reason"])


def read_clock_record(online: Path) -> ClockRecord | None:
    """The record in a HOME's online half, or None if no server has written one; raises FormatError, OSError."""
    try:
        return ClockRecord.from_bytes(read_metadata(online / CLOCK))
    except FileNotFoundError:
        return None


def write_clock_record(online: Path, record: ClockRecord) -> None:
    """Replace the record in a HOME's online half; raises OSError."""
    durable.write_and_rename(online / CLOCK, [record.to_bytes()], flushed=True)


def trust_clock(online: Path, wall: Clock, elapsed: Elapsed, boot: str) -> None:
    """Record the wall clock's time as beyond doubt, on the operator's word; raises OSError."""
    now = wall().astimezone(UTC).replace(microsecond=0)
    write_clock_record(online, ClockRecord(boot, int(elapsed()), now, doubtful=False))


def read_refused(channel: Path) -> RefusedRelease | None:
    """The refusal of the release that is in a channel's directory now; None if there is none.

    Raises:
        FormatError: The file is damaged.
        OSError: A file cannot be read.
    """
    try:
        refused = RefusedRelease.from_bytes(read_metadata(channel / REFUSED))
        return refused if refused.timestamp == _timestamp_digest(channel) else None
    except FileNotFoundError:
        return None


def write_refused(channel: Path, now: datetime, reason: str) -> None:
    """Record that the release in a channel's directory is refused; raises OSError."""
    refused = RefusedRelease(_timestamp_digest(channel), now, reason)
    durable.write_and_rename(channel / REFUSED, [refused.to_bytes()], flushed=True)


def remove_refused(channel: Path) -> None:
    """Delete the record of a refusal, if there is one; raises OSError."""
    (channel / REFUSED).unlink(missing_ok=True)


def read_database_fault(online: Path) -> DatabaseFault | None:
    """The record in a HOME's online half, or None if there is none; raises FormatError, OSError."""
    try:
        return DatabaseFault.from_bytes(read_metadata(online / DATABASE))
    except FileNotFoundError:
        return None


def write_database_fault(online: Path, fault: DatabaseFault) -> None:
    """Replace the record in a HOME's online half; raises OSError."""
    durable.write_and_rename(online / DATABASE, [fault.to_bytes()], flushed=True)


def remove_database_fault(online: Path) -> None:
    """Delete the record, if there is one; raises OSError."""
    (online / DATABASE).unlink(missing_ok=True)


def _timestamp_digest(channel: Path) -> str:
    return sha256(read_metadata(channel / "metadata" / TIMESTAMP)).hexdigest()


def _body(data: bytes, names: set[str]) -> dict[str, Any]:
    body = decode_object(data, names)
    check_integer(body["version"], _VERSION, _VERSION, "version")
    return body
