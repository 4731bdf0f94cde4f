"""What a restored audit log lacks: the entries that were written after the backup (docs/adr/0031)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pilookup.custody.audit.entry import Entry, Phase
from pilookup.custody.audit.log import AuditLog
from pilookup.custody.audit.start import RELEASED

RESTORE: Final = "restore"
"""The command whose first entry has a gap before it."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """How far a log went when a bundle was exported: the number of its last entry, and that entry's digest."""

    entries: int
    head: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The end of the log in a backup, and what is known of the entries after it.

    ends: the last entry that the backup has. lost_until: the last one that is known to be lost; None if their number is
    unknown. releases: by channel, the newest release that is signed with a lost entry. heads: of all such releases.
    bundle: whether the newest bundle was exported at a lost entry.
    """

    ends: int
    lost_until: int | None
    releases: Mapping[str, int]
    heads: tuple[str, ...]
    bundle: bool

    @classmethod
    def of(cls, log: AuditLog, bundle: LogEnd | None) -> Self:
        """Compare the log of a backup with the releases that are in HOME now, and with the newest bundle.

        Raises:
            AuditError: A release cannot be read.
        """
        unknown = log.unknown_heads()
        after = bundle is not None and bundle.head not in log.known.digests
        until = bundle.entries if bundle is not None and after and bundle.entries > log.entries else None
        releases: dict[str, int] = {}
        for each in unknown:
            releases[each.channel] = max(each.release, releases.get(each.channel, 0))
        heads = sorted({each.head for each in unknown if each.head is not None})
        return cls(log.entries, until, releases, tuple(heads), after)

    def details(self) -> dict[str, Any]:
        """What the first entry of `restore` says of it."""
        return {
            "log_ends": self.ends,
            "log_lost_until": self.lost_until,
            "log_bundle": self.bundle,
            "releases": dict(self.releases),
            RELEASED: list(self.heads),
        }

    @classmethod
    def from_details(cls, details: Mapping[str, Any]) -> Self | None:
        """What the first entry of a `restore` says; None if it says nothing of the log."""
        ends, until = details.get("log_ends"), details.get("log_lost_until")
        releases, heads = details.get("releases"), details.get(RELEASED)
        if type(ends) is not int or not isinstance(releases, dict) or not isinstance(heads, list):
            return None
        return cls(
            ends,
            until if type(until) is int else None,
            {channel: version for channel, version in releases.items() if type(version) is int},
            tuple(head for head in heads if isinstance(head, str)),
            details.get("log_bundle") is True,
        )

    def to_json(self) -> dict[str, Any]:
        """The gap as `pilookup restore --json` prints it."""
        return {
            "ends": self.ends,
            "lost_until": self.lost_until,
            "releases": dict(self.releases),
            "bundle": self.bundle,
        }

    def text(self) -> str:
        """What is lost, in words."""
        text = f"the backup has the log to entry {self.ends:,}; "
        if self.lost_until is not None:
            count = self.lost_until - self.ends
            text += f"entries {self.ends + 1:,} to {self.lost_until:,} ({count:,}), and any later ones, are lost"
        elif self.releases or self.bundle:
            text += "an unknown number of later entries is lost"
        else:
            return f"{text}nothing that was given shows later ones, except the outcome of the backup itself"
        signed = [f"release {number:,} of {channel}" for channel, number in sorted(self.releases.items())]
        if self.bundle:
            signed.append("the newest bundle")
        return f"{text}, among them those of {' and '.join(signed)}" if signed else text


@dataclass(frozen=True, slots=True)
class FoundGap:
    """A gap in a log: the number of the entry that says so, and what it says."""

    entry: int
    gap: Gap

    def __str__(self) -> str:
        return f"entry {self.entry:,}: the log was restored here: {self.gap.text()}"

    def to_json(self) -> dict[str, Any]:
        """The gap as `pilookup audit verify --json` prints it."""
        return {"entry": self.entry, **self.gap.to_json()}


def gaps(entries: Iterable[Entry]) -> tuple[FoundGap, ...]:
    """The gaps that the entries of a log tell of."""
    begun = (each for each in entries if each.command == RESTORE and each.phase is Phase.BEGIN)
    found = ((each.number, Gap.from_details(each.details)) for each in begun)
    return tuple(FoundGap(number, gap) for number, gap in found if gap is not None)
