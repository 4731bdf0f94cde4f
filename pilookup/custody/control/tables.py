"""Rows of the control database, as plain, frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset.

    id: its catalogue id, which labels refer to and which is never reused. slug: its id on the command line.
    details: its texts for `cases.json`, as JSON. details_updated_on: the day of their last change. expires_on: its
    records leave with the first publish on or after that day.
    """

    id: int
    slug: str
    kind: str
    title_zh: str
    title_en: str
    seized_on: date | None
    sensitive: bool
    withdrawn_at: datetime | None
    details: Mapping[str, Any] = field(default_factory=dict)
    details_updated_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a load's report: how many rows and numbers, never which.

    rejected: by reason code. warnings: how many numbers its warnings are about, by code.
    """

    rows: int
    accepted: int
    distinct: int
    duplicates: int
    rejected: Mapping[str, int]
    warnings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Load:
    """One loaded file. Its name is not kept, because file names may hold numbers.

    digest: HMAC-SHA256 of its content under a custody key, hex.
    """

    id: str
    slug: str
    dataset_id: int
    digest: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Channel:
    """An audience, and the label profile of its snapshots."""

    name: str
    profile: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch of a channel.

    serves_until: None while it is current. destroyed_at: when its key was destroyed. removals_seen: the count of
    removals that its served snapshot reflects. serial: of its served snapshot, None before the first. first_slots: the
    slots of a bucket of its first snapshot, None before that or if an earlier version made it.
    """

    channel: str
    number: int
    started_at: datetime
    serves_until: datetime | None
    destroyed_at: datetime | None
    removals_seen: int
    serial: int | None
    first_slots: int | None
