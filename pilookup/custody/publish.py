"""Publish, rotate, republish: from the vault to a signed release (SPEC.md sections 6 to 10).

vault -> merged by element -> shifted -> sealed -> files -> read back and verified -> adopted -> signed -> swapped in

Each step can be killed. Until the last one nothing that is served has changed, and running the command again starts
from the vault anew. The same vault gives the same buckets, tree and filters.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from pilookup import durable
from pilookup.custody import epochs
from pilookup.custody.build import BucketOverflow, Built, EpochKeys, build
from pilookup.custody.catalogue import case_of
from pilookup.custody.control import Channel, Dataset, Epoch
from pilookup.custody.filters import FilterPlan, base_name, build_filters
from pilookup.custody.merge import Merged, Source, merge
from pilookup.custody.readback import verify_canaries, verify_files
from pilookup.custody.repository import file_ref
from pilookup.custody.session import Session
from pilookup.custody.vault import PARTITIONS
from pilookup.errors import PublishError
from pilookup.protocol.label import Kind, Profile
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.release import MANIFEST, ServedEpoch
from pilookup.protocol.snapshot import Geometry

Progress = Callable[[int, int, int], None]
"""Told (partitions done, partitions, entries so far)."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a channel's publish came to."""

    channel: str
    epoch: int
    serial: int
    entries: int
    changed: bool
    rotated: bool
    bytes: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def publish(session: Session, channel: str, on_progress: Progress, *, bloom: bool = False) -> Published:
    """Bring a channel's current epoch up to the vault, and a former one too that still tells of what was removed.

    An epoch whose buckets are full, or that has lived 180 days, makes way for a new one.
    Raises PublishError, VaultError.
    """
    rotated = _released(session, channel) and epochs.overdue(epochs.current(session, channel), session.now)
    if rotated:
        epochs.begin(session, channel)
    try:
        return _release(session, channel, on_progress, bloom=bloom, rotated=rotated)
    except BucketOverflow:
        if not _released(session, channel):
            raise PublishError(f"channel {channel}: a new epoch's buckets overflow") from None
    epochs.begin(session, channel)
    return _release(session, channel, on_progress, bloom=bloom, rotated=True)


def rotate(session: Session, channel: str, on_progress: Progress, *, bloom: bool = False) -> Published:
    """Start a new epoch from the vault alone and publish it; one that a killed rotate began is finished."""
    current = epochs.current(session, channel).number
    if current <= max(epochs.listed(session, channel), default=0):
        epochs.begin(session, channel)
    return _release(session, channel, on_progress, bloom=bloom, rotated=True)


def republish(session: Session, on_progress: Progress) -> list[Published]:
    """Publish every channel that has been published before; all served epochs lose what was removed.

    A channel that has Bloom filters keeps having them.
    """
    done = []
    for channel in session.control.channels():
        if listed := session.repository(channel.name).listed():
            bloom = any(name.endswith(".bloom") for name in listed[0].files)
            done.append(publish(session, channel.name, on_progress, bloom=bloom))
    return done


def _released(session: Session, channel: str) -> bool:
    """Whether the current epoch is in the signed release; a killed rotate leaves one that is not yet."""
    return epochs.current(session, channel).number in epochs.listed(session, channel)


def _release(session: Session, name: str, on_progress: Progress, *, bloom: bool, rotated: bool) -> Published:
    """Build what is out of date, then sign and swap in one release of all served epochs."""
    epochs.destroy_expired(session, name)
    repository = session.repository(name)
    keys = session.signing_keys(name)
    repository.renew_root(keys, session.now)
    channel = session.control.channel(name)
    listed = {epoch.epoch: epoch for epoch in repository.listed()}
    newest, *former = epochs.served(session, name)
    epochs.check_key(session, newest)
    maker = _Maker(session, channel, listed, on_progress, bloom=bloom)
    made = [maker.bring_up(newest)]
    kept = (maker.keep_or_bring_up(epoch) for epoch in former if epoch.number in listed)
    made.extend(epoch for epoch in kept if epoch is not None)
    removals = session.control.removals()
    removed = any(epoch.removals_seen != removals for epoch in (newest, *former))
    repository.release(made, keys, session.now, forget=removed)
    maker.record()
    repository.clear_staging()
    epochs.destroy_expired(session, name)
    return maker.outcome(made[0], rotated=rotated)


class _Maker:
    """Makes the served epochs of one channel's release."""

    def __init__(
        self,
        session: Session,
        channel: Channel,
        listed: Mapping[int, ServedEpoch],
        on_progress: Progress,
        *,
        bloom: bool,
    ) -> None:
        self._session = session
        self._channel = channel
        self._listed = listed
        self._on_progress = on_progress
        self._bloom = bloom
        self._repository = session.repository(channel.name)
        self._datasets = _told_datasets(session, channel)
        self._removals = session.control.removals()
        self._released: list[tuple[int, int]] = []
        self._changed = False
        self._profile = Profile(channel.profile)

    def outcome(self, newest: ServedEpoch, *, rotated: bool) -> Published:
        manifest = self._manifest(newest)
        return Published(
            channel=self._channel.name,
            epoch=manifest.epoch,
            serial=manifest.serial,
            entries=manifest.entries,
            changed=self._changed,
            rotated=rotated,
            bytes=sum(ref.size for ref in newest.files.values()),
        )

    def record(self) -> None:
        """Note what each released epoch tells of, once it is served; repeating it is harmless."""
        for number, serial in self._released:
            self._session.control.released_epoch(self._channel.name, number, serial, self._removals)

    def keep_or_bring_up(self, epoch: Epoch) -> ServedEpoch | None:
        """A former epoch: as it is, or without what was removed; None (and destroyed) when it cannot hold the vault."""
        listed = self._listed[epoch.number]
        if epoch.removals_seen == self._removals:
            return ServedEpoch(epoch.number, epochs.serves_until(epoch), listed.files)
        try:
            return self.bring_up(epoch)
        except BucketOverflow:
            epochs.destroy(self._session, epoch)
            return None

    def bring_up(self, epoch: Epoch) -> ServedEpoch:
        """The epoch's files from the vault as it is now; those already listed when they say the same."""
        geometry = self._geometry(epoch)
        folder = self._repository.stage()
        key = self._session.channel_key(self._channel.name, epoch.number)
        vault_key = self._session.keyring.scalar("vault")
        shift = vault_key.shift_to(key)
        self._session.vault.check_shift(shift, key, self._loads())
        epoch_keys = EpochKeys(self._channel.name, epoch.number, vault_key, shift)
        built = build(self._partitions(), epoch_keys, geometry, folder, self._sealed)
        listed = self._listed.get(epoch.number)
        until = epochs.serves_until(epoch)
        if listed and self._says_the_same(self._manifest(listed), built, folder):
            self._released.append((epoch.number, self._manifest(listed).serial))
            return ServedEpoch(epoch.number, until, listed.files)
        manifest = self._write(epoch, geometry, built, folder, key.public())
        files = {**manifest.files, MANIFEST: file_ref(folder / MANIFEST)}
        verify_files(manifest, {name: folder / name for name in manifest.files})
        verify_canaries(manifest, {name: folder / name for name in manifest.files}, key)
        self._repository.adopt(epoch.number, files)
        self._released.append((epoch.number, manifest.serial))
        self._changed = True
        return ServedEpoch(epoch.number, until, files)

    def _geometry(self, epoch: Epoch) -> Geometry:
        """As published before; an epoch's first snapshot chooses it by the records there are."""
        if listed := self._listed.get(epoch.number):
            return self._manifest(listed).geometry
        distinct = sum(pc.count_distinct(rows["element"]).as_py() for rows in self._rows())
        return Geometry.for_entries(distinct + len(CANARIES))

    def _sources(self) -> list[Source]:
        return [Source(row.id, Kind(row.kind), row.seized_on) for row in self._datasets]

    def _loads(self) -> Collection[Any]:
        return [load for row in self._datasets for load in self._session.control.loads(row.slug)]

    def _rows(self) -> Iterator[Any]:
        loads = self._loads()
        return (self._session.vault.partition(p, loads) for p in range(PARTITIONS))

    def _partitions(self) -> Iterator[Merged]:
        sources = self._sources()
        for done, rows in enumerate(self._rows()):
            self._done = done
            if rows.num_rows:
                yield merge(rows, sources, self._profile)

    def _sealed(self, entries: int) -> None:
        self._on_progress(self._done + 1, PARTITIONS, entries)

    def _manifest(self, listed: ServedEpoch) -> Manifest:
        return Manifest.from_bytes((self._repository.targets / listed.path(MANIFEST)).read_bytes())

    def _catalogue(self) -> tuple[Any, ...]:
        return tuple(case_of(row) for row in sorted(self._datasets, key=lambda row: row.id))

    def _says_the_same(self, manifest: Manifest, built: Built, folder: Path) -> bool:
        named = {name: manifest.files[name] for name in ("buckets.bin", "tree.bin")}
        bloom = any(name.endswith(".bloom") for name in manifest.files)
        return (
            named == {name: file_ref(folder / name) for name in named}
            and manifest.root == built.root
            and manifest.datasets == self._catalogue()
            and bloom == self._bloom
        )

    def _write(self, epoch: Epoch, geometry: Geometry, built: Built, folder: Path, public_key: bytes) -> Manifest:
        """Filters and manifest, under a serial consumed before any of their bytes exist."""
        above = max((self._manifest(listed).serial for listed in self._listed.values()), default=0)
        serial = self._session.control.consume_serial(self._channel.name, above)
        plan = FilterPlan(self._channel.name, epoch.number, serial, self._bases(epoch), self._bloom)
        for name, data in build_filters(built.filter_keys, plan):
            durable.write_flushed(folder / name, data)
        manifest = Manifest(
            channel=self._channel.name,
            profile=self._profile,
            epoch=epoch.number,
            serial=serial,
            created=self._session.now.replace(microsecond=0),
            public_key=public_key,
            geometry=geometry,
            entries=built.entries,
            root=built.root,
            files={path.name: file_ref(path) for path in sorted(folder.iterdir())},
            canaries=CANARIES,
            datasets=self._catalogue(),
        )
        durable.write_flushed(folder / MANIFEST, manifest.to_bytes())
        return manifest

    def _bases(self, epoch: Epoch) -> dict[Kind, Path]:
        listed = self._listed.get(epoch.number)
        if listed is None or epoch.removals_seen != self._removals:
            return {}
        names = {kind: base_name(kind) for kind in Kind}
        return {
            kind: self._repository.targets / listed.path(name) for kind, name in names.items() if name in listed.files
        }


def _told_datasets(session: Session, channel: Channel) -> list[Dataset]:
    """The datasets this channel tells of: sensitive ones stay out of a coarse one."""
    rows = session.control.datasets(active_only=True)
    return [row for row in rows if not (row.sensitive and channel.profile == Profile.COARSE)]
