"""Reports as a server received them: the lines that are carried to custody.

{"platform": name, "received": RFC 3339 day, "report": the report's canonical JSON as a text}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Self

import rfc8785

from pilookup.errors import FormatError
from pilookup.protocol.canonical_objects import parse_object
from pilookup.protocol.encoding import from_day_text
from pilookup.protocol.report_answers import check_platform
from pilookup.protocol.reports import MAX_REPORT_BYTES, Report

MAX_RECEIVED_BYTES: Final = 1 << 27
_MAX_LINE_BYTES: Final = 4 * MAX_REPORT_BYTES
_NAMES: Final = {"platform", "received", "report"}


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """A report with the name of its platform, and the day (UTC) on which it was received."""

    platform: str
    received: date
    report: Report

    @property
    def sha256(self) -> str:
        """The SHA-256 of the report, in hexadecimal digits."""
        return sha256(self.report.to_bytes()).hexdigest()

    def to_line(self) -> bytes:
        """The line, with its end."""
        body = {
            "platform": self.platform,
            "received": self.received.isoformat(),
            "report": self.report.to_bytes().decode(),
        }
        return rfc8785.dumps(body) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Parse a line without its end; raises FormatError, or ReportError if the report is finer than the rules."""
        body = parse_object(line, _MAX_LINE_BYTES, _NAMES, "received report")
        if not isinstance(body["report"], str):
            raise FormatError("received report: its report is not a text")
        try:
            report = Report.from_bytes(body["report"].encode())
        except UnicodeEncodeError:
            raise FormatError("received report: not a text") from None
        found = cls(check_platform(body["platform"]), from_day_text(body["received"], "received"), report)
        if found.to_line() != line + b"\n":
            raise FormatError("received report: not canonical JSON (RFC 8785)")
        return found


def received_to_bytes(reports: Iterable[ReceivedReport]) -> bytes:
    """The lines of several reports, by platform and report."""
    ordered = sorted(reports, key=lambda each: (each.platform, each.report.id))
    return b"".join(each.to_line() for each in ordered)


def received_from_bytes(data: bytes) -> list[ReceivedReport]:
    """Parse lines; raises as `ReceivedReport.from_line`, naming the line, or FormatError if the last one is cut."""
    if len(data) > MAX_RECEIVED_BYTES or (data and not data.endswith(b"\n")):
        raise FormatError("received reports: too large, or cut short")
    found = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            found.append(ReceivedReport.from_line(line))
        except FormatError as error:
            raise FormatError(f"line {number}: {error}") from None
    if len({(each.platform, each.report.id) for each in found}) != len(found):
        raise FormatError("received reports: a report is repeated")
    return found
