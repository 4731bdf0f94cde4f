"""What a HOME holds, what its channels serve, and what needs doing soon. Nothing here needs a passphrase."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pilookup.bundles.release_items import snapshot_versions
from pilookup.custody import epochs
from pilookup.custody.bundle_status import BundleStatus, export_warnings, read_bundle_status, was_exported
from pilookup.custody.control import ControlDatabase, Dataset
from pilookup.custody.datasets import is_due
from pilookup.custody.home import Home
from pilookup.custody.next_command import (
    to_change_passphrase,
    to_finish,
    to_publish,
    to_publish_all,
    to_rotate,
    with_home,
)
from pilookup.custody.prepared import waits_for_signatures
from pilookup.custody.repository import ROOT_RENEWED_BEFORE, ChannelRepository
from pilookup.custody.restorable import after_restore
from pilookup.custody.role_state import RELEASE_ROLES, read_role_states
from pilookup.errors import BundleError, CustodyError, FormatError, HomeError, KeyringError, PublishError, TrustError
from pilookup.keyring import Half
from pilookup.keyring.passphrase_rules import MIN_CHARACTERS
from pilookup.keyring.weak_passphrase import Weakness, recorded_weaknesses
from pilookup.plain_file import read_whole
from pilookup.protocol.encoding import time_text
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import EPOCH_LIFE, MANIFEST, TARGETS_LIFE, Release
from pilookup.release_files.serving_state import read_clock_record, read_database_fault, read_refused

WARNING_DIVISOR: Final = 3
"""A warning is given in the last third of a signature's or an epoch's life."""


EXPIRY_WARNED: Final = timedelta(days=30)
"""How long before a dataset expires a warning is given."""


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """A dataset and what was loaded into it.

    id: the dataset's name on the command line. catalogue_id: its number in labels and manifests. loads: number of
    files. rows and accepted: data rows, and accepted numbers, of all its files together. warnings: how many numbers the
    warnings of its loads are about, by code. expires_on: its records leave with the first publish on or after that day.
    texts: its texts in `cases.json`, and the day of their last change.
    """

    id: str
    catalogue_id: int
    kind: str
    title_zh: str
    title_en: str
    seized_on: date | None
    sensitive: bool
    withdrawn: bool
    loads: int
    rows: int
    accepted: int
    warnings: Mapping[str, int] = field(default_factory=dict)
    expires_on: date | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)
    texts_updated_on: date | None = None

    def to_json(self) -> dict[str, Any]:
        """The dataset as `pilookup status --json` prints it."""
        return {
            "id": self.id,
            "catalogue_id": self.catalogue_id,
            "kind": self.kind,
            "title": {"zh": self.title_zh, "en": self.title_en},
            "seized_on": self.seized_on.isoformat() if self.seized_on else None,
            "sensitive": self.sensitive,
            "withdrawn": self.withdrawn,
            "loads": self.loads,
            "rows": self.rows,
            "accepted": self.accepted,
            "warnings": dict(self.warnings),
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "texts": dict(self.texts),
            "texts_updated_on": self.texts_updated_on.isoformat() if self.texts_updated_on else None,
        }


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """The signed release a channel serves: its newest epoch, and when its signatures expire.

    served_epochs: the numbers of all epochs in the release, newest first.
    """

    epoch: int
    serial: int
    created: datetime
    entries: int
    served_epochs: tuple[int, ...]
    targets_expire: datetime
    timestamp_expires: datetime

    def to_json(self) -> dict[str, Any]:
        """The release as `pilookup status --json` prints it."""
        return {
            "epoch": self.epoch,
            "serial": self.serial,
            "created": time_text(self.created),
            "entries": self.entries,
            "served_epochs": list(self.served_epochs),
            "targets_expire": time_text(self.targets_expire),
            "timestamp_expires": time_text(self.timestamp_expires),
        }


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A channel and its release; None where none was published yet, or where it is not valid (a warning says so)."""

    name: str
    release: ReleaseStatus | None

    def to_json(self) -> dict[str, Any]:
        """The channel as `pilookup status --json` prints it."""
        release = self.release.to_json() if self.release else {}
        return {"channel": self.name, "published": self.release is not None, **release}


@dataclass(frozen=True, slots=True)
class HomeStatus:
    """The status of a HOME.

    datasets: by catalogue id; None where the custody half is on another machine. channels: by name; empty where the
    online half is on another machine. warnings: sentences for a person, each with the command that helps. bundle: on a
    serving machine, what it imported last; None elsewhere.
    """

    datasets: tuple[DatasetStatus, ...] | None
    channels: tuple[ChannelStatus, ...]
    warnings: tuple[str, ...]
    bundle: BundleStatus | None = None

    def to_json(self) -> dict[str, Any]:
        """The status as `pilookup status --json` prints it."""
        return {
            "datasets": None if self.datasets is None else [each.to_json() for each in self.datasets],
            "channels": [each.to_json() for each in self.channels],
            "warnings": list(self.warnings),
            "bundle": self.bundle.to_json() if self.bundle else None,
        }


def read_status(home: Home, control: ControlDatabase | None, now: datetime) -> HomeStatus:
    """Read the status of a HOME of which at least one half is here.

    A release that cannot be trusted is a warning, not an error.

    Args:
        home: where the halves are.
        control: the control database; None where the custody half is on another machine.
        now: what expiry dates are compared with.

    Raises:
        HomeError: neither half is here.
        CustodyError: the control database cannot be read.
    """
    if not (home.has_custody() or home.has_online()):
        raise HomeError(f"{home.path}: no HOME here; make one with: pilookup init {home.path}")
    warnings: list[str] = []
    folders = home.channels.iterdir() if home.has_online() else ()
    if home.has_online():
        warnings.extend(_clock_warnings(home))
        warnings.extend(_database_warnings(home))
    channels = [
        _channel_status(home, ChannelRepository(folder), now, warnings)
        for folder in sorted(path for path in folders if path.is_dir())
    ]
    warnings.extend(_passphrase_warnings(home))
    bundle = None
    try:
        bundle = read_bundle_status(home)
        warnings.extend(export_warnings(home))
    except (BundleError, FormatError, TrustError, OSError) as error:
        warnings.append(f"what is known of bundles is not valid: {error}")
    datasets = None
    if control is not None:
        datasets = tuple(_dataset_status(control, dataset) for dataset in control.datasets(active_only=False))
        warnings.extend(_retention_warnings(home, control, now))
        serving = {channel.name: channel.release.served_epochs for channel in channels if channel.release}
        for channel in control.channels():
            warnings.extend(_epoch_warnings(home, control, channel.name, serving.get(channel.name), now))
            warnings.extend(_signing_warnings(home, channel.name))
            if channel.name in serving:
                warnings.extend(_key_warnings(home, channel.name))
    return HomeStatus(datasets, tuple(channels), tuple(warnings), bundle)


def _passphrase_warnings(home: Home) -> list[str]:
    """Warnings about the passphrases that a command found weak when it opened a half."""
    warnings = []
    for half in Half:
        try:
            found = recorded_weaknesses(home.path / half)
        except KeyringError as error:
            warnings.append(f"the record of a weak passphrase is not valid: {error}")
            continue
        if Weakness.SHORT in found:
            text = f"the passphrase of the {half} half has fewer than {MIN_CHARACTERS} characters"
            warnings.append(f"{text}; {to_change_passphrase(home, half)}")
        if Weakness.SHARED in found:
            warnings.append(f"both halves have the same passphrase; {to_change_passphrase(home, half)}")
    return warnings


def _clock_warnings(home: Home) -> list[str]:
    """A warning if the server on this machine, running or stopped, does not trust the machine's clock."""
    try:
        record = read_clock_record(home.online)
    except (FormatError, OSError) as error:
        return [f"the server's record of the time is not valid: {error}"]
    if record is None or not record.doubtful:
        return []
    when = time_text(record.time)
    return [f"the server destroys nothing: the clock was stepped after {when}; see docs/operations/clocks.md"]


def _database_warnings(home: Home) -> list[str]:
    """A warning if the server on this machine, running or stopped, cannot use the service database."""
    try:
        fault = read_database_fault(home.online)
    except (FormatError, OSError) as error:
        return [f"the server's record of the service database is not valid: {error}"]
    if fault is None:
        return []
    when = time_text(fault.time)
    return [
        f"the server cannot use the service database since {when} ({fault.reason}); see docs/operations/incidents.md"
    ]


def _dataset_status(control: ControlDatabase, dataset: Dataset) -> DatasetStatus:
    loads = control.loads(dataset.slug)
    return DatasetStatus(
        id=dataset.slug,
        catalogue_id=dataset.id,
        kind=str(dataset.kind),
        title_zh=dataset.title_zh,
        title_en=dataset.title_en,
        seized_on=dataset.seized_on,
        sensitive=dataset.sensitive,
        withdrawn=dataset.withdrawn_at is not None,
        loads=len(loads),
        rows=sum(load.counts.rows for load in loads),
        accepted=sum(load.counts.accepted for load in loads),
        warnings=_sums(load.counts.warnings for load in loads),
        expires_on=dataset.expires_on,
        texts=dataset.details,
        texts_updated_on=dataset.details_updated_on,
    )


def _retention_warnings(home: Home, control: ControlDatabase, now: datetime) -> Iterator[str]:
    """Warnings about datasets that expire within 30 days, or whose records wait for a publish to leave."""
    for dataset in control.datasets(active_only=True):
        if dataset.expires_on is None:
            continue
        if is_due(dataset, now):
            publishes = to_publish_all(home, control)
            text = f"dataset {dataset.slug}: expired {dataset.expires_on}; its records leave with the next publish"
            yield f"{text}; {publishes}" if publishes else text
        elif dataset.expires_on - now.astimezone(UTC).date() <= EXPIRY_WARNED:
            text = f"dataset {dataset.slug}: expires {dataset.expires_on}"
            command = with_home(home, f"pilookup dataset set {dataset.slug} --expires DATE")
            yield f"{text}; to keep it longer, run: {command}"


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of counts for each code, by code in alphabetical order."""
    sums: Counter[str] = Counter()
    for each in counts:
        sums.update(each)
    return dict(sorted(sums.items()))


def _channel_status(home: Home, repository: ChannelRepository, now: datetime, warnings: list[str]) -> ChannelStatus:
    """The status of one channel; what is wrong with it is appended to `warnings`."""
    name = repository.directory.name
    try:
        release = repository.current(now)
        manifest = _manifest(repository, release) if release else None
    except (TrustError, FormatError, OSError) as error:
        warnings.append(f"{name}: the release is not valid: {error}; {to_publish(home, name)}")
        return ChannelStatus(name, release=None)
    if release is None or manifest is None:
        warnings.append(f"{name}: {_not_served(home, repository)}")
        return ChannelStatus(name, release=None)
    warnings.extend(_expiry_warnings(home, name, release, now))
    warnings.extend(_root_warnings(home, name, repository, now))
    warnings.extend(_refusal_warnings(name, repository))
    status = ReleaseStatus(
        epoch=manifest.epoch,
        serial=manifest.serial,
        created=manifest.created,
        entries=manifest.entries,
        served_epochs=tuple(epoch.epoch for epoch in release.epochs),
        targets_expire=release.targets_expire,
        timestamp_expires=release.timestamp_expires,
    )
    return ChannelStatus(name, status)


def _not_served(home: Home, repository: ChannelRepository) -> str:
    """Why a channel has no release that is served, and what to do."""
    if not home.has_custody() and any(snapshot_versions(repository.directory)):
        return f"a release was imported, and is not served yet; run: {with_home(home, 'pilookup serve')}"
    return f"never published; {to_publish(home, repository.directory.name)}"


def _refusal_warnings(name: str, repository: ChannelRepository) -> list[str]:
    """A warning if the server on this machine, running or stopped, does not serve the release that is here."""
    try:
        refused = read_refused(repository.directory)
    except (FormatError, OSError) as error:
        return [f"{name}: the server's record of a refused release is not valid: {error}"]
    if refused is None:
        return []
    when = time_text(refused.time)
    return [f"{name}: the server refused this release at {when} ({refused.reason}); see docs/operations/clocks.md"]


def _manifest(repository: ChannelRepository, release: Release) -> Manifest:
    return Manifest.from_bytes(read_whole(repository.targets / release.epochs[0].path(MANIFEST)))


def _expiry_warnings(home: Home, name: str, release: Release, now: datetime) -> list[str]:
    warnings = []
    if release.timestamp_expires <= now and not was_exported(home):
        warnings.append(f"{name}: the timestamp has expired; to renew it, run: {with_home(home, 'pilookup serve')}")
    if release.targets_expire - now < TARGETS_LIFE / WARNING_DIVISOR:
        when = time_text(release.targets_expire)
        warnings.append(f"{name}: signatures expire {when}; {to_publish(home, name)}")
    return warnings


def _root_warnings(home: Home, name: str, repository: ChannelRepository, now: datetime) -> list[str]:
    """A warning if the root should have been renewed, which needs its keys; raises TrustError, FormatError, OSError."""
    expires = repository.root().expires
    if expires - now > ROOT_RENEWED_BEFORE - TARGETS_LIFE:
        return []
    return [f"{name}: the root expires {time_text(expires)}; {to_publish(home, name, with_root=True)}"]


def _signing_warnings(home: Home, name: str) -> list[str]:
    """A warning if a prepared release waits for signatures."""
    try:
        waits = waits_for_signatures(home, name)
    except PublishError as error:
        return [f"{name}: the prepared release cannot be read: {error}"]
    return [f"{name}: a prepared release waits for signatures; {to_finish(home, name)}"] if waits else []


def _key_warnings(home: Home, name: str) -> list[str]:
    """A warning if no release can be signed, or if none could be after HOME is lost and a backup restored."""
    try:
        states = read_role_states(home, name)
        lost = [states[role] for role in RELEASE_ROLES if states[role].lost]
        later = after_restore(home, name)
    except (CustodyError, TrustError, FormatError) as error:
        return [f"{name}: where its signing keys are cannot be read: {error}"]
    if lost:
        return [f"{'; '.join(str(state) for state in lost)}; {to_publish(home, name, states)}"]
    return [str(later)] if later is not None and later.final else []


def _epoch_warnings(
    home: Home, control: ControlDatabase, name: str, serving: Collection[int] | None, now: datetime
) -> list[str]:
    """Warnings about the epochs of a channel; `serving` is None if its release is not known here."""
    warnings = []
    known = control.epochs(name)
    if known and known[-1].serial is not None and known[-1].removals_seen != control.removals():
        warnings.append(f"{name}: what was removed from the vault is still served; {to_publish(home, name)}")
    if known and known[-1].started_at + EPOCH_LIFE - now < EPOCH_LIFE / WARNING_DIVISOR:
        warnings.append(f"{name}: the epoch ends soon; {to_rotate(home, name)}")
    warnings.extend(
        f"{name}: the key of epoch {epoch.number} is due to be destroyed; {to_publish(home, name)}"
        for epoch in known[:-1]
        if epoch.destroyed_at is None
        and (epochs.serves_until(epoch) <= now or (serving is not None and epoch.number not in serving))
    )
    return warnings
