"""Datasets: which one files are loaded into, and how one appears in the manifest's catalogue."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from pilookup.custody.control import ControlDatabase, Dataset, Load
from pilookup.errors import ArgumentError, CustodyError, FormatError
from pilookup.protocol.cases import CaseDetails, check_known, size_class
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case
from pilookup.protocol.title import MAX_TITLE, is_title

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """A dataset as the caller describes it. None or False means: not given.

    slug: the dataset's id, 1 to 64 of a-z, 0-9 and dashes.
    """

    slug: str
    kind: Kind
    title_zh: str | None = None
    title_en: str | None = None
    seized_on: date | None = None
    sensitive: bool = False
    expires_on: date | None = None


def check_slug(slug: str) -> None:
    """Check the form of a dataset's id; raises ArgumentError."""
    if not _SLUG.fullmatch(slug):
        raise ArgumentError(f"dataset id {slug!r}: not 1 to 64 of a-z, 0-9 and dashes")


def resolve_dataset(control: ControlDatabase, spec: DatasetSpec) -> Dataset:
    """The existing dataset with this id, or the new one that the load will create.

    The attributes of an existing dataset do not change.

    Raises:
        CustodyError: the id or a title is not valid, the dataset was withdrawn or has other attributes, or the
            catalogue is full.
    """
    check_slug(spec.slug)
    for title in (spec.title_zh, spec.title_en):
        if title is not None and not is_title(title):
            raise ArgumentError(f"a title is not a printable text of 1 to {MAX_TITLE} characters")
    known = control.dataset(spec.slug)
    return _existing(known, spec) if known else _new(control.next_dataset_id(), spec)


def _new(number: int, spec: DatasetSpec) -> Dataset:
    return Dataset(
        id=number,
        slug=spec.slug,
        kind=str(spec.kind),
        title_zh=spec.title_zh or spec.slug,
        title_en=spec.title_en or spec.slug,
        seized_on=spec.seized_on,
        sensitive=spec.sensitive,
        withdrawn_at=None,
        expires_on=spec.expires_on,
    )


def _existing(known: Dataset, spec: DatasetSpec) -> Dataset:
    if known.withdrawn_at is not None:
        raise CustodyError(f"{known.slug}: withdrawn; load into a dataset of another id")
    given = {
        "kind": str(spec.kind),
        "title_zh": spec.title_zh,
        "title_en": spec.title_en,
        "seized_on": spec.seized_on,
        "sensitive": spec.sensitive or None,
        "expires_on": spec.expires_on,
    }
    for name, value in given.items():
        if value is not None and value != getattr(known, name):
            raise CustodyError(_different(known, name, value))
    return known


_CHANGED_BY: Final = {
    "title_zh": "--title-zh TEXT",
    "title_en": "--title-en TEXT",
    "seized_on": "--seized-on {}",
    "expires_on": "--expires {}",
}
"""The attributes of a dataset that `dataset set` changes, with the option that does."""


def _different(known: Dataset, name: str, given: object) -> str:
    """What to do where a load gives an attribute that its dataset does not have."""
    has = getattr(known, name)
    stated = "none" if has is None else "not sensitive" if name == "sensitive" else str(has)
    label = "expires" if name == "expires_on" else name.replace("_", "-")
    text = f"dataset {known.slug}: a load does not change --{label}, which is {stated}; leave the option out"
    if name not in _CHANGED_BY:
        return f"{text}, or load into a dataset of another id"
    return f"{text}, or first run: pilookup dataset set {known.slug} {_CHANGED_BY[name].format(given)}"


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """New texts and days of a dataset. None means: as before.

    never_expires: takes the day of the expiry away. texts: the texts for `cases.json` in place of all former ones, as
    members of a case (SPEC.md section 7.1): `platforms`, `close`, `close_url`, `appeal`.
    """

    title_zh: str | None = None
    title_en: str | None = None
    seized_on: date | None = None
    expires_on: date | None = None
    never_expires: bool = False
    texts: Mapping[str, Any] | None = None

    def columns(self, now: datetime) -> dict[str, Any]:
        """The columns of the dataset that change.

        Raises:
            CustodyError: A title or a text is not valid, or the day of the expiry is over.
        """
        for title in (self.title_zh, self.title_en):
            if title is not None and not is_title(title):
                raise ArgumentError(f"a title is not a printable text of 1 to {MAX_TITLE} characters")
        if self.expires_on is not None:
            check_expiry(self.expires_on, now)
        values: dict[str, Any] = {
            "title_zh": self.title_zh,
            "title_en": self.title_en,
            "seized_on": self.seized_on,
            "expires_on": self.expires_on,
        }
        changed = {name: value for name, value in values.items() if value is not None}
        if self.never_expires:
            changed["expires_on"] = None
        if self.texts is not None:
            changed |= {"details": _checked_texts(self.texts), "details_updated_on": now.astimezone(UTC).date()}
        return changed


def check_expiry(expires_on: date, now: datetime) -> None:
    """Check the day of an expiry that somebody sets; raises ArgumentError if it is not after today (UTC)."""
    if expires_on <= now.astimezone(UTC).date():
        raise ArgumentError(
            f"{expires_on}: a dataset expires on a later day; to remove it at once, use: pilookup withdraw DATASET"
        )


def _checked_texts(texts: Mapping[str, Any]) -> dict[str, Any]:
    try:
        check_known(texts, ("platforms", "close", "close_url", "appeal"))
        check_known(texts.get("appeal", {}), ("who", "how", "papers", "url"))
        return CaseDetails.from_json(texts).to_json()
    except FormatError as error:
        raise CustodyError(f"texts of the dataset: {error}") from None


def is_due(dataset: Dataset, now: datetime) -> bool:
    """Whether a dataset has expired, so that its records leave with the next publish."""
    expires_on = dataset.expires_on
    return dataset.withdrawn_at is None and expires_on is not None and expires_on <= now.astimezone(UTC).date()


def case_details(dataset: Dataset, loads: Iterable[Load]) -> CaseDetails:
    """A dataset's case in `cases.json`. Numbers that several of its files have are counted once for each file."""
    given = CaseDetails.from_json(dataset.details)
    numbers = sum(load.counts.distinct for load in loads)
    return replace(given, updated=dataset.details_updated_on, size=size_class(numbers))


DATA_CLASSES: Final = {
    Kind.EXPOSURE: ("phone", "name", "id-number"),
    Kind.MALICIOUS: ("phone", "account"),
}
"""The classes of data that the seized files contain for each number, by kind."""

ADVICE: Final = {
    Kind.EXPOSURE: ("expect-fraud-calls", "answer-96110", "report-110"),
    Kind.MALICIOUS: ("check-own-accounts", "complain-12321", "report-110"),
}
"""Codes of advice by kind, most urgent first. The programs that show them have the texts."""


def case_of(dataset: Dataset) -> Case:
    """A dataset's entry in the manifest's catalogue."""
    kind = Kind(dataset.kind)
    return Case(
        id=dataset.id,
        kind=kind,
        title_zh=dataset.title_zh,
        title_en=dataset.title_en,
        seized_on=dataset.seized_on,
        data_classes=DATA_CLASSES[kind],
        advice=ADVICE[kind],
    )
