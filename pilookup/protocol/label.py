"""The label: what a channel says about a number, in 12 bytes (SPEC.md section 5).

    offset  size  field
    0       1     flags: bit 0 exposed, bit 1 malicious, bit 6 more cases than three, bit 7 canary
    1       1     zero
    2       2     accounts, unsigned, saturating at 65535
    4       2     last-seen month: (year - 2000) * 12 + month, month 1..12; 0 unknown
    6       6     up to three catalogue ids, newest first; unused ones are 0 and come last

All integers are big-endian. Bits and bytes without a meaning must be zero.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pilookup import _core
from pilookup.errors import FormatError

LABEL_BYTES = _core.LABEL_BYTES
MAX_ACCOUNTS = 0xFFFF
MAX_CASES = 3
MAX_MONTH = 1200
"""2099-12. A later month can only be a misread date."""

_LAYOUT = struct.Struct(">BBHH3H")

EXPOSED = 0x01
MALICIOUS = 0x02
MORE = 0x40
CANARY = 0x80
_KNOWN = EXPOSED | MALICIOUS | MORE | CANARY


class Kind(StrEnum):
    """What a dataset says about its numbers."""

    EXPOSURE = "exposure"
    MALICIOUS = "malicious-registration"

    @property
    def flag(self) -> int:
        """The bit of the kind in a label's flags."""
        return EXPOSED if self is Kind.EXPOSURE else MALICIOUS


class Profile(StrEnum):
    """How exact the labels of a channel are. One of two named sets of rules, without further settings."""

    EXACT = "exact"
    COARSE = "coarse"

    def accounts(self, count: int) -> int:
        """The number of accounts as published: exact, or the lower bound of its range (1, 2 to 5, 6 or more)."""
        if self is Profile.EXACT:
            return min(count, MAX_ACCOUNTS)
        return next((bound for bound in (6, 2, 1) if count >= bound), 0)

    def month(self, month: int) -> int:
        """The month as published: exact, or the first month of its quarter."""
        if self is Profile.EXACT or month == 0:
            return month
        return month - (month - 1) % 3


@dataclass(frozen=True, slots=True)
class Label:
    """What is published about one number, merged over all datasets of a channel.

    Raises:
        FormatError: The fields contradict each other or are out of range (SPEC.md section 5.1).
    """

    exposed: bool = False
    malicious: bool = False
    accounts: int = 0
    month: int = 0
    cases: tuple[int, ...] = ()
    more: bool = False
    canary: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.accounts <= MAX_ACCOUNTS:
            raise FormatError("label: accounts out of range")
        if not 0 <= self.month <= MAX_MONTH:
            raise FormatError("label: month out of range")
        if len(self.cases) > MAX_CASES or len(set(self.cases)) != len(self.cases):
            raise FormatError("label: at most three different cases")
        if any(not 0 < case <= 0xFFFF for case in self.cases):
            raise FormatError("label: case id out of range")
        if not (self.exposed or self.malicious or self.canary):
            raise FormatError("label: says nothing")
        if self.canary and (self.exposed or self.malicious or self.accounts or self.month or self.cases):
            raise FormatError("label: a canary with something else")
        if self.more and len(self.cases) < MAX_CASES:
            raise FormatError("label: 'more' without three cases")

    def to_bytes(self) -> bytes:
        """The label's 12 bytes."""
        flags = EXPOSED * self.exposed | MALICIOUS * self.malicious | MORE * self.more | CANARY * self.canary
        cases = self.cases + (0,) * (MAX_CASES - len(self.cases))
        return _LAYOUT.pack(flags, 0, self.accounts, self.month, *cases)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse 12 bytes; raises FormatError for anything `to_bytes` would not write."""
        if len(data) != LABEL_BYTES:
            raise FormatError("label: not 12 bytes")
        flags, zero, accounts, month, *slots = _LAYOUT.unpack(data)
        if flags & ~_KNOWN or zero:
            raise FormatError("label: unknown flag")
        cases = tuple(case for case in slots if case)
        if cases != tuple(slots[: len(cases)]):
            raise FormatError("label: a gap between cases")
        return cls(
            exposed=bool(flags & EXPOSED),
            malicious=bool(flags & MALICIOUS),
            accounts=accounts,
            month=month,
            cases=cases,
            more=bool(flags & MORE),
            canary=bool(flags & CANARY),
        )


def month_text(month: int, profile: Profile) -> str | None:
    """A month for display: `2025-07` under the exact profile, `2025-Q3` under the coarse one, None if unknown."""
    if month == 0:
        return None
    year, index = divmod(month - 1, 12)
    return f"{2000 + year}-{index + 1:02}" if profile is Profile.EXACT else f"{2000 + year}-Q{index // 3 + 1}"


def pack_labels(labels: Sequence[Label]) -> bytes:
    """The bytes of n labels one after another, n x 12."""
    return b"".join(label.to_bytes() for label in labels)
