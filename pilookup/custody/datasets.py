"""Datasets: which one files are loaded into, and how one appears in the manifest's catalogue."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from pilookup.custody.control import ControlDatabase, Dataset
from pilookup.errors import CustodyError
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


def check_slug(slug: str) -> None:
    """Check the form of a dataset's id; raises CustodyError."""
    if not _SLUG.fullmatch(slug):
        raise CustodyError(f"dataset id {slug!r}: not 1 to 64 of a-z, 0-9 and dashes")


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
            raise CustodyError(f"a title is not a printable text of 1 to {MAX_TITLE} characters")
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
    }
    for name, value in given.items():
        if value is not None and value != getattr(known, name):
            raise CustodyError(f"{known.slug}: already has another {name.replace('_', '-')}: {getattr(known, name)}")
    return known


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
