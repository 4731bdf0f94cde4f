"""Build one epoch's files from the current vault, verify them, and move them to their final names.

Nothing refers to them until the release is signed.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pilookup import durable
from pilookup.compute.callbacks import Progress
from pilookup.custody import epochs
from pilookup.custody.control import Channel, Dataset, Epoch, Load
from pilookup.custody.datasets import case_of
from pilookup.custody.prepared import EpochRecord
from pilookup.custody.publish.assemble import BuiltEpoch, PublishJob, build
from pilookup.custody.publish.bucket_task import BucketOverflow
from pilookup.custody.publish.canaries import verify_canaries
from pilookup.custody.publish.catalogue_files import cases_file, feed_file
from pilookup.custody.publish.entry_task import StoredLoad
from pilookup.custody.publish.filters.schedule import Base, base_name, write_filters
from pilookup.custody.publish.labels import Source, newest_first
from pilookup.custody.session import Session
from pilookup.errors import FormatError, KeyringError, PublishError
from pilookup.keyring.key_ids import VAULT_KEY_ID, channel_key_id
from pilookup.plain_file import read_whole
from pilookup.protocol.buckets import BUCKETS_FILE
from pilookup.protocol.cases import CASES_FILE
from pilookup.protocol.delta import delta_name
from pilookup.protocol.feed import FEED_FILE
from pilookup.protocol.label import Kind, Profile
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import CANARIES, PUBLIC
from pilookup.protocol.release import MANIFEST, ROOT, ServedEpoch
from pilookup.release_files.delta_file import SnapshotBuckets, applied, write_delta
from pilookup.release_files.files import file_ref
from pilookup.release_files.verify import verify_files

MOST_GROWTH: Final = 8
"""A bucket of a later snapshot may have this many times the slots of the epoch's first snapshot."""


@dataclass(frozen=True, slots=True)
class BuildState:
    """How the epochs of a release are built.

    executor: runs the tasks. memory: bytes that the tasks of one process share. bloom: whether Bloom filters are made.
    """

    executor: Executor
    memory: int
    on_progress: Progress
    bloom: bool


@dataclass(frozen=True, slots=True)
class EndedEpoch:
    """An epoch that a release does not serve any more, although its time was not over, and the reason in words."""

    epoch: int
    reason: str


class EpochBuilder:
    """Builds the served epochs of one channel's release.

    Args:
        session: An unlocked HOME, with its online half.
        channel: The channel.
        listed: The epochs of the served release, by number.
        state: How they are built.

    Attributes:
        changed: Whether files were built that the served release does not have.
    """

    def __init__(
        self,
        session: Session,
        channel: Channel,
        listed: Mapping[int, ServedEpoch],
        state: BuildState,
    ) -> None:
        self.changed = False
        self._session = session
        self._channel = channel
        self._listed = listed
        self._state = state
        self._repository = session.repository(channel.name)
        self._datasets = released_datasets(session, channel)
        self._texts = self._catalogue_files()
        self._removals = session.control.removals()
        self._released: list[tuple[int, Manifest]] = []
        self._grows = channel.name != PUBLIC
        self._faults: dict[int, str] = {}
        self._profile = Profile(channel.profile)

    @property
    def removals(self) -> int:
        """The count of removals that the built epochs reflect."""
        return self._removals

    def records(self) -> tuple[EpochRecord, ...]:
        """What the control database records of each built epoch once it is served."""
        return tuple(EpochRecord(n, manifest.serial, manifest.geometry.slots) for n, manifest in self._released)

    def mark_released(self) -> None:
        """Record the serial and the removals of each built epoch, once it is served. Repeating it is harmless.

        Raises:
            CustodyError: The control database failed.
        """
        for each in self.records():
            self._session.control.mark_epoch_released(
                self._channel.name, each.epoch, each.serial, self._removals, each.slots
            )

    def ended(self, before: Iterable[int]) -> tuple[EndedEpoch, ...]:
        """Those of the epochs served before that were not built, with the reason.

        Args:
            before: Their numbers.
        """
        built = {number for number, _ in self._released}
        return tuple(
            EndedEpoch(number, self._faults.get(number, "a newer epoch has replaced it"))
            for number in before
            if number not in built
        )

    def renew_former(self, epoch: Epoch) -> ServedEpoch | None:
        """The former epoch as it is served, or built again from the current vault.

        On `public` it is built again only if something was removed, or its files are not as signed.

        Returns:
            None if the epoch has a fault of its own: a key or a file is missing or damaged, or its buckets have too few
            slots for the current vault. `ended` gives the reason. The release then leaves this epoch out.

        Raises as `build_or_reuse`, except BucketOverflow.
        """
        listed = self._listed[epoch.number]
        try:
            manifest = self._check_former(epoch)
            current = not self._grows and epoch.removals_seen == self._removals
            if current and self._repository.holds(listed):
                self._released.append((epoch.number, manifest))
                return ServedEpoch(epoch.number, epochs.serves_until(epoch), listed.files)
            return self.build_or_reuse(epoch)
        except BucketOverflow:
            self._faults[epoch.number] = "its buckets have too few slots for the current data"
        except (FormatError, _FormerEpochError) as error:
            self._faults[epoch.number] = str(error)
        return None

    def _check_former(self, epoch: Epoch) -> Manifest:
        """Read what only this epoch needs, its keys and its manifest; returns the manifest.

        Raises:
            _FormerEpochError: One of them is missing or damaged.
        """
        try:
            for keyring in (self._session.keyring, self._session.online_keyring()):
                keyring.scalar(channel_key_id(self._channel.name, epoch.number))
            return self.manifest(self._listed[epoch.number])
        except (KeyringError, FormatError, OSError) as error:
            raise _FormerEpochError(str(error)) from error

    def build_or_reuse(self, epoch: Epoch) -> ServedEpoch:
        """Build the epoch's files from the current vault, unless the served ones have the same content and are intact.

        Raises:
            BucketOverflow: A bucket has more entries than slots.
            PublishError: The vault was written under another key, or the files that were built failed their checks.
            KeyringError: A key is missing or altered.
            VaultError: A shard is missing or altered.
            FormatError: A served file is not valid.
            CustodyError: The control database failed.
            ComputeError: The cluster failed.
            OSError: A file cannot be read or written.
        """
        key = self._session.channel_key(self._channel.name, epoch.number)
        shift = self._session.keyring.scalar(VAULT_KEY_ID).shift_to(key)
        self._session.vault.check_shift(shift, key, self._loads())
        folder = self._repository.stage()
        state = self._state
        built = build(self._job(epoch), folder, state.executor, state.memory, state.on_progress)
        listed = self._listed.get(epoch.number)
        until, rotates_on = epochs.serves_until(epoch), epochs.rotates_on(epoch)
        if listed and self._same_content(epoch, self.manifest(listed), built) and self._repository.holds(listed):
            self._released.append((epoch.number, self.manifest(listed)))
            return ServedEpoch(epoch.number, until, listed.files, rotates_on)
        manifest = self._write(epoch, built, folder, key.public())
        files = {**manifest.files, MANIFEST: file_ref(folder / MANIFEST)}
        verify_files(manifest, {name: folder / name for name in manifest.files})
        verify_canaries(manifest, {name: folder / name for name in manifest.files}, key)
        self._repository.adopt(epoch.number, files)
        self._released.append((epoch.number, manifest))
        self.changed = True
        return ServedEpoch(epoch.number, until, files, rotates_on)

    def _job(self, epoch: Epoch) -> PublishJob:
        """The job of the epoch's snapshot.

        The first snapshot of an epoch chooses the geometry, and later ones keep it. Only slots may grow, and not on
        `public`.
        """
        listed = self._listed.get(epoch.number)
        geometry = self.manifest(listed).geometry if listed else None
        first_slots = epoch.first_slots or (geometry.slots if geometry else 0)
        loads = self._loads()
        return PublishJob(
            home=self._session.home.real,
            channel=self._channel.name,
            epoch=epoch.number,
            profile=str(self._profile),
            sources=tuple((source.id, source.kind.flag) for source in self._sources()),
            loads=tuple(StoredLoad(load.id, load.slug, load.dataset_id) for load in loads),
            rows=sum(load.counts.accepted for load in loads),
            geometry=geometry,
            most_slots=MOST_GROWTH * first_slots if self._grows else 0,
            bases=self._bases(epoch),
            bloom=self._state.bloom,
        )

    def _sources(self) -> list[Source]:
        return newest_first([Source(row.id, Kind(row.kind), row.seized_on) for row in self._datasets])

    def _loads(self) -> list[Load]:
        return [load for row in self._datasets for load in self._session.control.loads(row.slug)]

    def manifest(self, listed: ServedEpoch) -> Manifest:
        """The manifest of an epoch whose files have their final names; raises FormatError, OSError."""
        return Manifest.from_bytes(read_whole(self._repository.targets / listed.path(MANIFEST)))

    def _catalogue(self) -> tuple[Any, ...]:
        return tuple(case_of(row) for row in sorted(self._datasets, key=lambda row: row.id))

    def _catalogue_files(self) -> dict[str, bytes]:
        """The files beside the manifest about its catalogue, by name."""
        control = self._session.control
        files = {CASES_FILE: cases_file(control, self._datasets)}
        if self._channel.name == PUBLIC:
            first_root = self._repository.read(f"1.{ROOT}")
            files[FEED_FILE] = feed_file(first_root, self._datasets, control.first_loads())
        return {name: data for name, data in files.items() if data is not None}

    def _same_content(self, epoch: Epoch, manifest: Manifest, built: BuiltEpoch) -> bool:
        """Whether a served snapshot is the one that was built.

        A former epoch keeps Bloom filters, or goes without. A snapshot of a version without feeds stays without one
        until something else changes.
        """
        bloom = any(name.endswith(".bloom") for name in manifest.files)
        former = epoch.serves_until is not None
        texts = {name: _ref_of(data) for name, data in self._texts.items()}
        return (
            {name: manifest.files[name] for name in built.files} == built.files
            and manifest.root == built.root
            and manifest.datasets == self._catalogue()
            and manifest.files.get(CASES_FILE) == texts.get(CASES_FILE)
            and manifest.files.get(FEED_FILE) in (None, texts.get(FEED_FILE))
            and (former or bloom == self._state.bloom)
        )

    def _write(self, epoch: Epoch, built: BuiltEpoch, folder: Path, public_key: bytes) -> Manifest:
        """Write the filters and the manifest, under a serial that is consumed before any byte of them is written."""
        serial = self._session.control.consume_serial(self._channel.name, self._highest_serial())
        for name, data in self._texts.items():
            durable.write_flushed(folder / name, data)
        filters = write_filters(built.filters, folder, self._channel.name, epoch.number, serial)
        delta = self._write_delta(epoch, built, folder)
        manifest = Manifest(
            channel=self._channel.name,
            profile=self._profile,
            epoch=epoch.number,
            serial=serial,
            created=self._session.now.replace(microsecond=0),
            public_key=public_key,
            geometry=built.geometry,
            entries=built.entries,
            root=built.root,
            files={
                **built.files,
                **{name: _ref_of(data) for name, data in self._texts.items()},
                **{name: file_ref(folder / name) for name in filters},
                **delta,
            },
            canaries=CANARIES,
            datasets=self._catalogue(),
        )
        durable.write_flushed(folder / MANIFEST, manifest.to_bytes())
        return manifest

    def _write_delta(self, epoch: Epoch, built: BuiltEpoch, folder: Path) -> dict[str, FileRef]:
        """Write the delta from the served snapshot of the epoch, and check where it leads.

        Returns:
            Its name, digest and size; empty if there is none to gain, or the served buckets are damaged.
        """
        listed = self._listed.get(epoch.number)
        if listed is None:
            return {}
        former = self.manifest(listed)
        path = self._repository.targets / listed.path(BUCKETS_FILE)
        if not path.exists() or file_ref(path) != listed.files[BUCKETS_FILE]:
            return {}
        old = SnapshotBuckets(former.geometry, former.root, path)
        new = SnapshotBuckets(built.geometry, built.root, folder / BUCKETS_FILE)
        name = delta_name(former.serial)
        delta = write_delta(old, new, folder / name)
        if delta is None:
            return {}
        digest = sha256()
        for block in applied(old, folder / name, new.geometry, new.root):
            digest.update(block)
        if digest.hexdigest() != built.files[BUCKETS_FILE].sha256:
            raise PublishError(f"{folder / name}: the delta does not lead to the new buckets")
        return {name: delta}

    def _highest_serial(self) -> int:
        """The highest serial of the served release. An epoch whose manifest is missing or damaged is left out."""
        serials = [0]
        for listed in self._listed.values():
            with suppress(FormatError, FileNotFoundError):
                serials.append(self.manifest(listed).serial)
        return max(serials)

    def _bases(self, epoch: Epoch) -> dict[Kind, Base]:
        """The base filters that may be kept: none if something was removed since they were published."""
        listed = self._listed.get(epoch.number)
        if listed is None or epoch.removals_seen != self._removals:
            return {}
        named = {kind: name for kind in Kind if (name := base_name(kind)) in listed.files}
        targets = self._repository.targets
        return {kind: Base(targets / listed.path(name), listed.files[name]) for kind, name in named.items()}


class _FormerEpochError(Exception):
    """A key or the manifest of a former epoch cannot be read."""


def _ref_of(data: bytes) -> FileRef:
    return FileRef(sha256(data).hexdigest(), len(data))


def released_datasets(session: Session, channel: Channel) -> list[Dataset]:
    """The datasets that the channel publishes; a coarse channel leaves out sensitive ones."""
    rows = session.control.datasets(active_only=True)
    return [row for row in rows if not (row.sensitive and channel.profile == Profile.COARSE)]
