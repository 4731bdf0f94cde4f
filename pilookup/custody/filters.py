"""Which filters an epoch publishes: a base, and what has come since in one cumulative additions filter.

The base keeps its bytes from publish to publish, so a platform fetches it once. It is rebuilt when the additions pass a
tenth of it, and whenever something was withdrawn or erased: what is gone must leave the filters too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilookup.protocol.filter import KEY_BYTES, Algorithm, Filter, Role, build_body, file_name, missing_from
from pilookup.protocol.label import Kind

REBASE_AT: Final = 0.1


@dataclass(frozen=True, slots=True)
class FilterPlan:
    """How to build an epoch's filters; `bases` holds the base files to keep, by kind (empty: rebase)."""

    channel: str
    epoch: int
    serial: int
    bases: Mapping[Kind, Path]
    bloom: bool


def build_filters(keys: Mapping[Kind, bytes], plan: FilterPlan) -> Iterator[tuple[str, bytes]]:
    """The filter files, as (file name, bytes), from each kind's filter keys (n x 8 bytes)."""
    for kind in Kind:
        yield from _fuse(keys[kind], kind, plan)
        if plan.bloom:
            made = _filter(keys[kind], kind, Role.BASE, Algorithm.BLOOM, plan)
            yield made.file_name, made.to_bytes()


def _fuse(keys: bytes, kind: Kind, plan: FilterPlan) -> Iterator[tuple[str, bytes]]:
    kept = plan.bases.get(kind)
    if kept is not None:
        data = kept.read_bytes()
        base = Filter.from_bytes(data)
        added = missing_from(keys, [base.body])
        if len(added) // KEY_BYTES <= len(base.body) * REBASE_AT:
            yield base.file_name, data
            additions = _filter(added, kind, Role.ADDITIONS, Algorithm.FUSE16, plan)
            yield additions.file_name, additions.to_bytes()
            return
    fresh = _filter(keys, kind, Role.BASE, Algorithm.FUSE16, plan)
    yield fresh.file_name, fresh.to_bytes()


def _filter(keys: bytes, kind: Kind, role: Role, algorithm: Algorithm, plan: FilterPlan) -> Filter:
    body = build_body(keys, algorithm)
    return Filter(plan.channel, plan.epoch, plan.serial, kind, role, algorithm, body)


def base_name(kind: Kind) -> str:
    """The file name of a kind's base filter."""
    return file_name(kind, Role.BASE, Algorithm.FUSE16)
