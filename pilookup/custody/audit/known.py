"""What the entries of an audit log say that other files of HOME must agree with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from pilookup.custody.audit.entry import Entry, digest_of
from pilookup.custody.audit.start import RELEASED
from pilookup.errors import FormatError

JOURNAL: Final = "journal"
"""The detail that has the number of entries of the journal of removals, as of `erase`, `withdraw` and `backup`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a log knows.

    digests: of its entries. declared: heads of releases that are not in the log, and that an entry says so of. journal:
    the greatest number of entries of the journal of removals that an entry names; 0 if none does.
    """

    digests: frozenset[str]
    declared: frozenset[str]
    journal: int

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Self:
        """Read what lines say; one that is not an entry says nothing."""
        details = [_details(line) for line in lines]
        declared = {head for each in details for head in _list(each.get(RELEASED))}
        journal = max((_count(each.get(JOURNAL)) for each in details), default=0)
        return cls(frozenset(map(digest_of, lines)), frozenset(declared), journal)


def _details(line: bytes) -> dict[str, Any]:
    if not any(f'"{name}"'.encode() in line for name in (RELEASED, JOURNAL)):
        return {}  # most lines; parsing them all would take seconds
    try:
        return dict(Entry.from_line(line).details)
    except FormatError:
        return {}


def _list(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return value if type(value) is int else 0
