"""What a problem document and a header say about a quota (SPEC.md section 8.4).

Members `window` (the length of a window in seconds, such as `60s`, or a purpose), `limit`, `left` and `end`.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pilookup.errors import FormatError
from pilookup.protocol.encoding import from_time_text
from pilookup.protocol.names import check_integer
from pilookup.protocol.problems import Problem

PURPOSE_HEADER = "Pilookup-Purpose"
PURPOSES = ("signup", "screening")
"""What a platform has elements evaluated for; each has a quota of its own in an epoch."""

_MOST = 2**53
_WARNING = re.compile(r'"(\w+)";used=(\d{1,3})')


@dataclass(frozen=True, slots=True)
class QuotaReport:
    """A quota of an epoch that is used up.

    Attributes:
        purpose: What it is for; one of PURPOSES.
        limit: Most elements of the epoch.
        left: The elements that are left, fewer than the request had.
        end: When the epoch, and the quota with it, ends.
    """

    purpose: str
    limit: int
    left: int
    end: datetime

    @classmethod
    def from_problem(cls, body: bytes) -> Self | None:
        """Parse a problem document.

        Returns:
            The report, or None if it is another problem.

        Raises:
            FormatError: The body is not JSON, or a member is missing or wrong.
        """
        try:
            problem = json.loads(body)
        except (ValueError, RecursionError):
            raise FormatError("problem: not JSON") from None
        if not isinstance(problem, dict) or problem.get("type") != Problem.QUOTA_EXCEEDED.uri:
            return None
        purpose = problem.get("window")
        if purpose not in PURPOSES:
            raise FormatError("problem: not a quota that this client knows")
        limit = check_integer(problem.get("limit"), 0, _MOST, "limit")
        left = check_integer(problem.get("left"), 0, limit, "left")
        return cls(purpose, limit, left, from_time_text(problem.get("end"), "end"))

    @property
    def text(self) -> str:
        """What the report says, in words for a log."""
        return (
            f"the quota for {self.purpose} is used up: {self.left:,} of {self.limit:,} elements are left until the "
            f"epoch ends at {self.end:%Y-%m-%d %H:%M} UTC"
        )


@dataclass(frozen=True, slots=True)
class QuotaWarning:
    """A quota of an epoch of which most is used.

    Attributes:
        purpose: What it is for; one of PURPOSES.
        used: How much of it is used, in percent.
    """

    purpose: str
    used: int

    @classmethod
    def from_header(cls, value: str) -> Self | None:
        """Parse the header `Pilookup-Quota-Warning`; None if it is empty, or none that this client knows."""
        match = _WARNING.fullmatch(value)
        if match is None or match[1] not in PURPOSES:
            return None
        return cls(match[1], int(match[2]))

    @property
    def text(self) -> str:
        """What the warning says, in words for a log."""
        return f"{self.used}% of the quota for {self.purpose} of this epoch is used: talk to the operator of the server"
