"""Control data as the rest of custody sees it: plain, frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset; `id` is its catalogue id, which labels refer to and which is never used again."""

    id: int
    slug: str
    kind: str
    title_zh: str
    title_en: str
    seized_on: date | None
    sensitive: bool
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """A load's report: how many rows and numbers, never which."""

    rows: int
    accepted: int
    distinct: int
    duplicates: int
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Load:
    """One loaded file. Its name is not kept: file names may hold numbers."""

    id: str
    slug: str
    dataset_id: int
    digest: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Channel:
    """An audience and the label profile it is told by."""

    name: str
    profile: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """A channel key's life. `removals_seen`: what had been withdrawn or erased when it was last published."""

    channel: str
    number: int
    started_at: datetime
    serves_until: datetime | None
    destroyed_at: datetime | None
    removals_seen: int
    serial: int | None
