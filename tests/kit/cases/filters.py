"""Filters, good and bad (SPEC.md section 10). A client that does not read filters answers all cases from the buckets.

No fault of a filter is a result: it leaves the answer to the bucket, so a number that is in the data is always found.
"""

from collections.abc import Callable

from tests.kit import fuse_filter
from tests.kit.case import Case, good
from tests.kit.repository import ABSENT_NUMBER, EPOCH, MALICIOUS_NUMBER, Repository, channel_key
from tests.kit.snapshot import CANARY, EXPOSED, MALICIOUS, Snapshot

KINDS = {"exposure": EXPOSED, "malicious-registration": MALICIOUS}
Files = dict[str, bytes]


def file(repository: Repository, name: str, keys: set[int] | None = None, **head: int) -> bytes:
    """Return a filter file of a name; by default of all keys of its kind, with the release's epoch and serial."""
    kind = name.split(".", maxsplit=1)[0]
    values = {"epoch": repository.snapshot.epoch, "serial": repository.serial} | head
    keys = keys_of(repository.snapshot, KINDS[kind]) if keys is None else keys
    return fuse_filter.build(name, keys, channel=repository.channel, **values)


def keys_of(snapshot: Snapshot, flag: int) -> set[int]:
    """Return the filter keys of the numbers whose label has a flag, and of the canaries."""
    names = [name for name, plain in snapshot.labels.items() if plain[0] & (flag | CANARY)]
    return {int.from_bytes(snapshot.token(name)[16:24], "big") for name in names}


def bases(repository: Repository) -> Files:
    return {f"{kind}.base.fuse16": file(repository, f"{kind}.base.fuse16") for kind in KINDS}


def only_exposure(repository: Repository) -> Files:
    return {"exposure.base.fuse16": file(repository, "exposure.base.fuse16")}


def with_additions(repository: Repository) -> Files:
    """Make bases of an older serial that hold the canaries alone, and additions with the rest."""
    canaries = keys_of(repository.snapshot, 0)
    files: Files = {}
    for kind, flag in KINDS.items():
        base, additions = f"{kind}.base.fuse16", f"{kind}.additions.fuse16"
        files[base] = file(repository, base, canaries, serial=repository.serial - 1)
        files[additions] = file(repository, additions, keys_of(repository.snapshot, flag) - canaries)
    return files


def of_another_key(repository: Repository) -> Files:
    other = Snapshot(repository.channel, EPOCH, channel_key(EPOCH + 1), repository.snapshot.labels)
    return {
        name: file(repository, name, keys_of(other, flag))
        for name, flag in ((f"{kind}.base.fuse16", flag) for kind, flag in KINDS.items())
    }


def empty(repository: Repository) -> Files:
    return {f"{kind}.base.fuse16": file(repository, f"{kind}.base.fuse16", set()) for kind in KINDS}


def only_canaries(repository: Repository) -> Files:
    canaries = keys_of(repository.snapshot, 0)
    older = repository.serial - 1
    return {f"{kind}.base.fuse16": file(repository, f"{kind}.base.fuse16", canaries, serial=older) for kind in KINDS}


def swapped_kinds(repository: Repository) -> Files:
    """Give each kind's file the name of the other."""
    files = bases(repository)
    return dict(zip(files, reversed(files.values()), strict=True))


def of_another_epoch(repository: Repository) -> Files:
    """Make filters without the numbers that name another epoch."""
    canaries = keys_of(repository.snapshot, 0)
    return {f"{kind}.base.fuse16": file(repository, f"{kind}.base.fuse16", canaries, epoch=EPOCH - 1) for kind in KINDS}


def _listed(make: Callable[[Repository], Files]) -> Callable[[Repository], None]:
    return lambda repository: setattr(repository, "filters", lambda: make(repository))


def _case(name: str, changed: str, make: Callable[[Repository], Files], number: str = MALICIOUS_NUMBER) -> Case:
    return good(f"filters-{name}", changed, "10.5", number, repository=_listed(make))


CASES = [
    _case("absent", "bases of both kinds are listed; the number is in neither", bases, ABSENT_NUMBER),
    _case("found", "bases of both kinds are listed; the number is in one", bases),
    _case(
        "additions-absent", "older bases and additions are listed; the number is in none", with_additions, ABSENT_NUMBER
    ),
    _case("additions-found", "older bases and additions are listed; the number is in the additions", with_additions),
    _case("one-kind", "only exposure has a filter; the number is of the other kind", only_exposure),
    _case("of-another-key", "the filters were made under another key: no canary is in them", of_another_key),
    _case("empty", "the filters are empty: no canary is in them", empty),
    _case("older", "the bases are older than the manifest, and there are no additions", only_canaries),
    _case("swapped-kinds", "each kind's file has the name of the other", swapped_kinds),
    _case("other-epoch", "the filters name another epoch", of_another_epoch),
]
