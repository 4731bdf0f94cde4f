"""What HOME holds and what needs doing soon: read without any passphrase."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pilookup.custody import epochs
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.repository import ChannelRepository
from pilookup.errors import FormatError, HomeError, TrustError
from pilookup.protocol.encoding import time_text
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import EPOCH_LIFE, MANIFEST, TARGETS_LIFE, Release

WARN_SHARE = 3
"""A warning comes in the last third of a signature's or an epoch's life."""


@dataclass
class Status:
    """Datasets (None where the custody half is elsewhere), channels, and warnings for a person."""

    datasets: list[dict[str, Any]] | None = None
    channels: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"datasets": self.datasets, "channels": self.channels, "warnings": self.warnings}


def read_status(home: Home, control: ControlDatabase | None, now: datetime) -> Status:
    """Gather the status; a channel that cannot be trusted becomes a warning, not an error.

    Either half will do; raises HomeError where neither is.
    """
    if not (home.has_custody() or home.has_online()):
        raise HomeError(f"{home.path}: no HOME here; make one with: pilookup init {home.path}")
    status = Status()
    if control is not None:
        status.datasets = [_dataset(control, row) for row in control.datasets(active_only=False)]
    folders = home.channels.iterdir() if home.has_online() else ()
    for folder in sorted(path for path in folders if path.is_dir()):
        _channel(status, folder.name, ChannelRepository(folder), now)
    if control is not None:
        for channel in control.channels():
            _epochs(status, control, channel.name, now)
    return status


def _dataset(control: ControlDatabase, row: Any) -> dict[str, Any]:
    loads = control.loads(row.slug)
    return {
        "id": row.slug,
        "catalogue_id": row.id,
        "kind": str(row.kind),
        "title": {"zh": row.title_zh, "en": row.title_en},
        "seized_on": row.seized_on.isoformat() if row.seized_on else None,
        "sensitive": row.sensitive,
        "withdrawn": row.withdrawn_at is not None,
        "loads": len(loads),
        "rows": sum(load.counts.rows for load in loads),
        "accepted": sum(load.counts.accepted for load in loads),
    }


def _channel(status: Status, name: str, repository: ChannelRepository, now: datetime) -> None:
    entry: dict[str, Any] = {"channel": name, "published": False}
    status.channels.append(entry)
    try:
        release = repository.current(now)
        manifest = _manifest(repository, release) if release else None
    except (TrustError, FormatError, OSError) as error:
        status.warnings.append(f"{name}: the release is not valid: {error}")
        return
    if release is None or manifest is None:
        status.warnings.append(f"{name}: never published; run: pilookup publish {name}")
        return
    entry |= {
        "published": True,
        "epoch": manifest.epoch,
        "serial": manifest.serial,
        "created": time_text(manifest.created),
        "entries": manifest.entries,
        "served_epochs": [epoch.epoch for epoch in release.epochs],
        "targets_expire": time_text(release.targets_expire),
        "timestamp_expires": time_text(release.timestamp_expires),
    }
    _warn(status, name, release, now)


def _manifest(repository: ChannelRepository, release: Release) -> Manifest:
    return Manifest.from_bytes((repository.targets / release.epochs[0].path(MANIFEST)).read_bytes())


def _warn(status: Status, name: str, release: Release, now: datetime) -> None:
    if release.timestamp_expires <= now:
        status.warnings.append(f"{name}: the timestamp has expired; `pilookup serve` renews it")
    if release.targets_expire - now < TARGETS_LIFE / WARN_SHARE:
        when = time_text(release.targets_expire)
        status.warnings.append(f"{name}: signatures expire {when}; run: pilookup publish {name}")


def _epochs(status: Status, control: ControlDatabase, name: str, now: datetime) -> None:
    known = control.epochs(name)
    if known and known[-1].started_at + EPOCH_LIFE - now < EPOCH_LIFE / WARN_SHARE:
        status.warnings.append(f"{name}: the epoch ends soon; run: pilookup rotate {name}")
    for epoch in known[:-1]:
        if epoch.destroyed_at is None and epochs.serves_until(epoch) <= now:
            status.warnings.append(
                f"{name}: the key of epoch {epoch.number} is due to be destroyed; run: pilookup publish {name}"
            )
