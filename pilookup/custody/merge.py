"""Vault rows of one partition to one label an element (SPEC.md section 5, "Merging").

Across datasets flags are OR-ed, counts added, the latest month kept, and the three newest datasets referred to. Within
a dataset an account counts once however many files tell of it; a row without an account counts as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.protocol.label import EXPOSED, MALICIOUS, MAX_ACCOUNTS, MAX_CASES, MORE, Kind, Profile

ACCOUNT_BYTES = 16
LABELS = np.dtype([("flags", "u1"), ("zero", "u1"), ("accounts", ">u2"), ("month", ">u2"), ("cases", ">u2", MAX_CASES)])
"""The label's layout as `protocol.label` fixes it, 12 bytes."""


Numbers = np.ndarray[Any, Any]
"""A column of integers."""


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset whose rows take part: catalogue id, kind, and the day it was seized if known."""

    id: int
    kind: Kind
    seized_on: date | None


@dataclass(frozen=True, slots=True)
class Merged:
    """n distinct elements in ascending order, n x 32 bytes, and their labels, n x 12 bytes."""

    elements: bytes
    labels: np.ndarray[Any, np.dtype[np.void]]

    def __len__(self) -> int:
        return len(self.labels)


def newest_first(sources: Sequence[Source]) -> list[Source]:
    """By the day of seizure, unknown last, then by id: the order of a label's references."""
    return sorted(sources, key=lambda s: (s.seized_on or date.min, s.id), reverse=True)


def merge(rows: pa.Table, sources: Sequence[Source], profile: Profile) -> Merged:
    """Merge rows (element, account, count, month, dataset) to labels as the profile tells them."""
    cases = _by_case(rows, {source.id: rank for rank, source in enumerate(newest_first(sources))})
    starts, group = _groups(cases["element"])
    ids = cases["dataset"].to_numpy()
    flags = _flags(sources)[ids]
    labels = np.zeros(len(starts), LABELS)
    labels["flags"] = np.bitwise_or.reduceat(flags, starts) if len(starts) else 0
    if len(starts):
        counted = np.where(flags == MALICIOUS, cases["accounts"].to_numpy(), 0)
        labels["accounts"] = _told(np.add.reduceat(counted, starts), profile)
        labels["month"] = _told_months(np.maximum.reduceat(cases["month"].to_numpy(), starts), profile)
    place = np.arange(len(ids)) - starts[group]
    kept = place < MAX_CASES
    labels["cases"][group[kept], place[kept]] = ids[kept]
    labels["flags"][group[~kept]] |= MORE
    elements = cases["element"].take(pa.array(starts)).combine_chunks()
    return Merged(_fixed_bytes(elements), labels)


def _by_case(rows: pa.Table, ranks: Mapping[int, int]) -> pa.Table:
    """One row an element and dataset, elements ascending, an element's newest dataset first."""
    accounts = rows.group_by(["element", "dataset", "account"]).aggregate([("count", "sum"), ("month", "max")])
    nameless = pc.equal(accounts["account"], pa.scalar(bytes(ACCOUNT_BYTES), pa.binary(ACCOUNT_BYTES)))
    counts = pc.if_else(nameless, accounts["count_sum"], pa.scalar(1, pa.uint64()))
    cases = (
        accounts.append_column("accounts", counts)
        .group_by(["element", "dataset"])
        .aggregate([("accounts", "sum"), ("month_max", "max")])
        .rename_columns({"accounts_sum": "accounts", "month_max_max": "month"})
    )
    table = np.zeros(1 << 16, np.uint32)
    for dataset, rank in ranks.items():
        table[dataset] = rank
    order = pa.array(table[cases["dataset"].to_numpy()])
    ordered = cases.append_column("rank", order)
    return ordered.sort_by([("element", "ascending"), ("rank", "ascending")]).combine_chunks()


def _groups(elements: pa.ChunkedArray) -> tuple[Numbers, Numbers]:
    """Where each distinct element's run starts, and every row's run number."""
    count = len(elements)
    fresh = np.ones(count, bool)
    if count > 1:
        fresh[1:] = pc.not_equal(elements.slice(1), elements.slice(0, count - 1)).to_numpy()
    return np.flatnonzero(fresh), np.cumsum(fresh) - 1


def _flags(sources: Sequence[Source]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    table = np.zeros(1 << 16, np.uint8)
    for source in sources:
        table[source.id] = EXPOSED if source.kind is Kind.EXPOSURE else MALICIOUS
    return table


def _told(counts: Numbers, profile: Profile) -> Numbers:
    if profile is Profile.EXACT:
        capped: Numbers = np.minimum(counts, MAX_ACCOUNTS)
        return capped
    bounds: Numbers = np.array([profile.accounts(count) for count in range(7)])[np.minimum(counts, 6)]
    return bounds


def _told_months(months: Numbers, profile: Profile) -> Numbers:
    told: Numbers = np.array([profile.month(month) for month in range(int(months.max(initial=0)) + 1)])[months]
    return told


def _fixed_bytes(array: pa.Array) -> bytes:
    """The values of a fixed-size binary array without nulls, one after another."""
    if isinstance(array, pa.ChunkedArray):
        return b"".join(_fixed_bytes(chunk) for chunk in array.chunks)
    width = array.type.byte_width
    start = array.offset * width
    data: bytes = array.buffers()[1].to_pybytes()[start : start + len(array) * width]
    return data
