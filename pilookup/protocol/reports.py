"""Reports: what a platform did with the accounts of a case, in counts that are coarse (SPEC.md section 17).

A report is one JSON object by RFC 8785, so that each has one spelling. It has no number, account, name or text, except
the reason that a person gave for exact counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self

import rfc8785

from pilookup.errors import FormatError, ReportError
from pilookup.protocol.canonical_objects import parse_object
from pilookup.protocol.names import MAX_SERIAL, check_integer
from pilookup.protocol.title import is_plain_text

FORMAT: Final = 1
MAX_REPORT_BYTES: Final = 4096
MAX_CASE: Final = 0xFFFF
LEAST_NUMBERS: Final = 1000
"""There is no coarse report of a case with fewer numbers."""

LEAST_COUNT: Final = 100
"""A count below this one is not told."""

DIGITS: Final = 2
"""The digits that are told of a count."""

MAX_REASON: Final = 400
"""Characters of the reason for exact counts."""

QUARTERS_BACK: Final = 4
"""How many quarters before the present one are still reported."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_QUARTER: Final = re.compile(r"(2[0-9]{3})-Q([1-4])")
_MANY_DIGITS: Final = re.compile(r"\d(?:\D{0,3}\d){6}")
_NAMES: Final = {"case", "case_numbers", "counts", "exact", "format", "id", "quarter", "users"}
_MOST_POWER: Final = 10**12


class Verb(StrEnum):
    """What was done with an account, in the words of the law, and what came afterwards."""

    VERIFIED = "verified"
    CORRECTED = "corrected"
    RESTRICTED = "restricted"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    BARRED = "barred"
    APPEALED = "appealed"
    RELEASED = "released"


AFTERWARDS: Final = (Verb.APPEALED, Verb.RELEASED)
"""The verbs that come on top of another one."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, such as `2026-Q4`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Parse a quarter; raises FormatError for anything that `str` would not write."""
        found = _QUARTER.fullmatch(text) if isinstance(text, str) and text.isascii() else None
        if found is None:
            raise FormatError("quarter: not a quarter such as 2026-Q4")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter that a day is in."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    def check_reported(self, today: date) -> None:
        """Raise FormatError unless it is the quarter of this day, or one of the four before."""
        present = type(self).of(today)
        back = (present.year - self.year) * 4 + present.number - self.number
        if not 0 <= back <= QUARTERS_BACK:
            raise FormatError(f"quarter: neither the present one nor one of the {QUARTERS_BACK} before")


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        id: 32 hexadecimal digits; the same for each report of a platform on one case and quarter.
        case: The id of the case in the catalogue.
        case_numbers: The numbers of the case, as a power of ten that is not greater.
        quarter: What it is about.
        users: The users that were screened, as a power of ten that is not greater.
        counts: For each verb how many numbers of the case belong to accounts with which this was done; None: not told.
        because: Why the counts are exact, by a person's decision; None: they are coarse.
    """

    id: str
    case: int
    case_numbers: int
    quarter: Quarter
    users: int
    counts: Mapping[Verb, int | None]
    because: str | None = None

    def to_bytes(self) -> bytes:
        """The report as canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {
                "format": FORMAT,
                "id": self.id,
                "case": self.case,
                "case_numbers": self.case_numbers,
                "quarter": str(self.quarter),
                "users": self.users,
                "counts": {str(verb): self.counts[verb] for verb in Verb},
                "exact": None if self.because is None else {"because": self.because},
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a report, and check that it is no finer than the rules unless it says that it is exact.

        Raises:
            FormatError: It is not one. The text names a field, and repeats nothing of it.
            ReportError: It is finer than the rules allow.
        """
        body = parse_object(data, MAX_REPORT_BYTES, _NAMES, "report")
        check_integer(body["format"], FORMAT, FORMAT, "format")
        report = cls(
            id=check_report_id(body["id"]),
            case=check_integer(body["case"], 1, MAX_CASE, "case"),
            case_numbers=_power_of_ten(body["case_numbers"], "case_numbers"),
            quarter=Quarter.parse(body["quarter"]),
            users=_power_of_ten(body["users"], "users"),
            counts=_counts(body["counts"]),
            because=_because(body["exact"]),
        )
        if report.to_bytes() != data:
            raise FormatError("report: not canonical JSON (RFC 8785)")
        report.check_coarse()
        return report

    def check_coarse(self) -> None:
        """Raise ReportError if the report is finer than the rules allow and does not say that it is exact."""
        if self.because is not None:
            return
        if self.case_numbers < LEAST_NUMBERS:
            raise ReportError(f"no report is made of a case under {LEAST_NUMBERS:,} numbers")
        for verb, count in self.counts.items():
            if count is not None and not is_coarse(count):
                raise ReportError(
                    f"{verb}: finer than the rules: below {LEAST_COUNT} a count is not told, else with {DIGITS} digits"
                )


def step_of(count: int) -> int:
    """The step in which counts of this size are told: 10 from 100 on, 100 from 1,000 on, and so on."""
    return int(10 ** max(1, len(str(count)) - DIGITS))


def is_coarse(count: int) -> bool:
    """Whether a count is one that the rules tell: with two digits, and above what is not told."""
    return count > LEAST_COUNT and count % step_of(count) == 0


def power_of_ten(count: int) -> int:
    """The greatest power of ten that is not greater than a count of 1 or more."""
    return int(10 ** (len(str(count)) - 1))


def check_report_id(value: object) -> str:
    """Check the id of a report; returns it or raises FormatError."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise FormatError("id: not 32 hexadecimal digits")
    return value


def check_words(text: object, most: int, field: str) -> str:
    """Check a text that a person wrote for a report or an answer; returns it.

    Raises:
        FormatError: It is empty, longer than `most`, has control characters, or seven digits that may be a number.
    """
    if not isinstance(text, str) or not is_plain_text(text, most):
        raise FormatError(f"{field}: not a text of 1 to {most} characters without control characters")
    if _MANY_DIGITS.search(text):
        raise FormatError(f"{field}: seven digits or more, which may be a phone number; write it without them")
    return text


def _power_of_ten(value: object, field: str) -> int:
    count = check_integer(value, 1, _MOST_POWER, field)
    if power_of_ten(count) != count:
        raise FormatError(f"{field}: not a power of ten")
    return count


def _counts(value: object) -> dict[Verb, int | None]:
    if not isinstance(value, dict) or set(value) != set(Verb):
        raise FormatError(f"counts: not an object of {', '.join(Verb)}")
    return {
        verb: None if value[verb] is None else check_integer(value[verb], 0, MAX_SERIAL, f"counts.{verb}")
        for verb in Verb
    }


def _because(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"because"}:
        raise FormatError("exact: neither null nor an object of because")
    return check_words(value["because"], MAX_REASON, "exact.because")
