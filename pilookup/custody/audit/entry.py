"""One entry of the audit log: a line of canonical JSON (RFC 8785) that names the SHA-256 of the line before it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Self

import rfc8785

from pilookup.errors import ArgumentError, CustodyError, FormatError
from pilookup.protocol.encoding import from_time_text, time_text
from pilookup.protocol.title import is_title

FORMAT: Final = 1
NO_PREVIOUS: Final = "0" * 64
"""What the first entry names in place of a former line."""
MAX_LINE_BYTES: Final = 1 << 16
MAX_OPERATOR: Final = 64
"""Greatest number of characters of an operator's name."""

_COMMAND: Final = re.compile(r"[a-z][a-z0-9 -]{0,63}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGITS: Final = re.compile(r"\d(?:[ .-]?\d){6}")
_FIELDS: Final = {"command", "details", "number", "operator", "phase", "previous", "time"}
_MAX_INTEGER: Final = 2**53 - 1


class Phase(StrEnum):
    """What an entry says: a log or a command begins, a command ended in one of three ways, or a torn line was cut."""

    START = "start"
    BEGIN = "begin"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    REPAIRED = "repaired"


ENDS: Final = frozenset({Phase.DONE, Phase.FAILED, Phase.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    number: 1 for the first. previous: the SHA-256 of the line before it, hex. details: counts, channels, dataset ids
    and digests of releases; `check_details` says what may be in it.
    """

    number: int
    time: datetime
    operator: str
    command: str
    phase: Phase
    details: Mapping[str, Any]
    previous: str

    def to_line(self) -> bytes:
        """The line, without its end. The time is cut to seconds."""
        return rfc8785.dumps(
            {
                "number": self.number,
                "time": time_text(self.time),
                "operator": self.operator,
                "command": self.command,
                "phase": str(self.phase),
                "details": dict(self.details),
                "previous": self.previous,
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Parse a line; raises FormatError for anything that `to_line` would not write."""
        body = _parse(line)
        try:
            entry = cls(
                number=_integer(body["number"]),
                time=from_time_text(body["time"], "time"),
                operator=check_operator(body["operator"]),
                command=_matching(body["command"], _COMMAND, "command"),
                phase=Phase(body["phase"]),
                details=check_details(body["details"]),
                previous=_digest(body["previous"]),
            )
        except (CustodyError, ValueError) as error:
            raise FormatError(f"audit entry: {error}") from None
        if entry.to_line() != line:
            raise FormatError("audit entry: not canonical JSON (RFC 8785)")
        return entry


def digest_of(line: bytes) -> str:
    """The SHA-256 of a line without its end, hex: what the next entry names, and what a release is signed with."""
    return sha256(line).hexdigest()


def check_operator(name: object) -> str:
    """Check an operator's name; returns it.

    Raises:
        ArgumentError: It is not a printable text of 1 to 64 characters, or has seven digits in a row, which may be a
            phone number.
    """
    if not isinstance(name, str) or len(name) > MAX_OPERATOR or not is_title(name):
        raise ArgumentError(f"operator: not a printable text of 1 to {MAX_OPERATOR} characters; give --operator NAME")
    if _DIGITS.search(name):
        raise ArgumentError(
            "operator: seven digits or more, which the audit log does not take; give --operator NAME without them"
        )
    return name


def check_details(details: object) -> dict[str, Any]:
    """Check that details hold nothing but names, counts, words, and lists and objects of these; returns them.

    A word is 1 to 64 ASCII letters, digits, dots, dashes and underscores, such as the id of a dataset or a SHA-256.

    Raises:
        ValueError: There is something else in them. The text names the field, and does not repeat the value.
    """
    if not isinstance(details, dict):
        raise ValueError("details: not an object")  # noqa: TRY004 - a wrong value, as every other one here
    for name, value in details.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError("details: a field has a name that is not a word")
        _check_value(value, name, depth=3)
    return details


def _check_value(value: object, name: str, depth: int) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise ValueError(f"details.{name}: an integer is too large")
        return
    if isinstance(value, str):
        _matching(value, _WORD, f"details.{name}")
        return
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else None
    if items is None or depth == 0:
        raise ValueError(f"details.{name}: not a count, a word, or a list or object of these")
    if isinstance(value, dict) and not all(isinstance(key, str) and _WORD.fullmatch(key) for key in value):
        raise ValueError(f"details.{name}: a name is not a word")
    for item in items:
        _check_value(item, name, depth - 1)


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise FormatError("audit entry: too long")
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        raise FormatError("audit entry: not JSON") from None
    if not isinstance(body, dict) or set(body) != _FIELDS:
        raise FormatError(f"audit entry: not an object of {', '.join(sorted(_FIELDS))}")
    return body


def _integer(value: object) -> int:
    if type(value) is not int or not 1 <= value <= _MAX_INTEGER:
        raise ValueError("number: not an integer of 1 or more")
    return value


def _matching(value: object, pattern: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{where}: not a word")
    return value


def _digest(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError("previous: not a SHA-256")
    return value
