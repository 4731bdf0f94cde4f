"""Merge vault rows to one label for each element, under a profile (SPEC.md sections 5.2 and 5.3).

Over all datasets, flags are OR-ed, accounts are added, the latest month is kept, and the label refers to the three
newest datasets. Within a dataset an account counts once, even if several files contain it, and a row without an account
counts as one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from pilookup import _core
from pilookup.custody.vault.columns import fixed_bytes
from pilookup.protocol.label import MAX_CASES, Kind, Profile

LABELS = np.dtype([("flags", "u1"), ("zero", "u1"), ("accounts", ">u2"), ("month", ">u2"), ("cases", ">u2", MAX_CASES)])
"""The 12 bytes of a label, as `protocol.label` defines them."""

Labels = np.ndarray[Any, np.dtype[np.void]]


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset whose rows are merged: its catalogue id, its kind, and the day of the seizure, if known."""

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
    """Sort datasets as a label refers to them: by the latest day of seizure, unknown last, then by the higher id."""
    return sorted(sources, key=lambda s: (s.seized_on or date.min, s.id), reverse=True)


def merge_rows(
    runs: Iterable[tuple[int, pa.Table]], sources: Sequence[tuple[int, int]], erased: bytes, profile: Profile
) -> MergedRows:
    """Merge the rows of loads to labels.

    Args:
        runs: The catalogue id of each load's dataset, and its rows.
        sources: The datasets, newest first: catalogue id and flag of the kind.
        erased: Elements to leave out, n x 32 bytes.
        profile: Of the channel.

    Raises:
        ValueError: The rows are not vault rows.
    """
    positions = {dataset: position for position, (dataset, _) in enumerate(sources)}
    # Each frame is passed as a run: joining the columns of frames would only copy them.
    columns = [(*_columns(frame), positions[dataset]) for dataset, rows in runs for frame in rows.to_batches()]
    elements, packed = _core.merge_labels(columns, list(sources), erased)
    labels = np.frombuffer(bytearray(packed), LABELS)
    if profile is not Profile.EXACT:
        _coarsen(labels, profile)
    return MergedRows(elements, labels)


def _coarsen(labels: Labels, profile: Profile) -> None:
    """Coarsen exact labels in place."""
    bounds = np.array([profile.accounts(count) for count in range(7)])  # no profile distinguishes more than six
    labels["accounts"] = bounds[np.minimum(labels["accounts"], 6)]
    months = np.array([profile.month(month) for month in range(int(labels["month"].max(initial=0)) + 1)])
    labels["month"] = months[labels["month"]]


def _columns(rows: pa.RecordBatch) -> tuple[bytes, bytes, bytes, bytes]:
    element, account, count, month = (fixed_bytes(rows[name]) for name in ("element", "account", "count", "month"))
    return element, account, count, month
