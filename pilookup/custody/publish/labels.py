"""Vault rows to one label an element, as a profile tells it (SPEC.md section 5.2).

Across datasets flags are OR-ed, counts added, the latest month kept, and the three newest datasets referred to. Within
a dataset an account counts once however many files tell of it; a row without an account counts as one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from pilookup import _core
from pilookup.custody.vault.schema import fixed_bytes
from pilookup.protocol.label import MAX_CASES, Kind, Profile

LABELS = np.dtype([("flags", "u1"), ("zero", "u1"), ("accounts", ">u2"), ("month", ">u2"), ("cases", ">u2", MAX_CASES)])
"""The label's layout as `protocol.label` fixes it, 12 bytes."""

Labels = np.ndarray[Any, np.dtype[np.void]]


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset whose rows take part: catalogue id, kind, and the day it was seized if known."""

    id: int
    kind: Kind
    seized_on: date | None


@dataclass(frozen=True, slots=True)
class MergedRows:
    """n distinct elements in ascending order, n x 32 bytes, and their labels, n x 12 bytes."""

    elements: bytes = field(repr=False)
    labels: Labels = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)


def newest_first(sources: Sequence[Source]) -> list[Source]:
    """By the day of seizure, unknown last, then by id: the order of a label's references."""
    return sorted(sources, key=lambda s: (s.seized_on or date.min, s.id), reverse=True)


def merge_rows(
    runs: Iterable[tuple[int, pa.Table]], sources: Sequence[tuple[int, int]], erased: bytes, profile: Profile
) -> MergedRows:
    """Merge the rows of many loads, each with its dataset's id, without those of `erased` elements (n x 32 bytes).

    `sources` are the datasets, newest first: id and kind flag.
    """
    positions = {dataset: position for position, (dataset, _) in enumerate(sources)}
    # A frame is a run of its own: to lay its columns end to end with others' would only copy them.
    columns = [(*_columns(frame), positions[dataset]) for dataset, rows in runs for frame in rows.to_batches()]
    elements, packed = _core.merge_labels(columns, list(sources), erased)
    labels = np.frombuffer(bytearray(packed), LABELS)
    if profile is not Profile.EXACT:
        _coarsen(labels, profile)
    return MergedRows(elements, labels)


def _coarsen(labels: Labels, profile: Profile) -> None:
    """Coarsen exact labels in place."""
    bounds = np.array([profile.accounts(count) for count in range(7)])  # no profile tells more than six apart
    labels["accounts"] = bounds[np.minimum(labels["accounts"], 6)]
    months = np.array([profile.month(month) for month in range(int(labels["month"].max(initial=0)) + 1)])
    labels["month"] = months[labels["month"]]


def _columns(rows: pa.RecordBatch) -> tuple[bytes, bytes, bytes, bytes]:
    element, account, count, month = (fixed_bytes(rows[name]) for name in ("element", "account", "count", "month"))
    return element, account, count, month
