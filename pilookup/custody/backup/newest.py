"""The newest online half that a restore is given: bringing it, and verifying what it states."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pilookup import destruction, durable, file_parts
from pilookup.bundles.header import Header
from pilookup.bundles.import_lock import INCOMING, LOCK, TAKING_UP
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.journal import Journal
from pilookup.bundles.machine import MACHINE
from pilookup.bundles.records import TRUST_FILE, read_exports, read_taken_up, read_trust
from pilookup.bundles.release_items import manifest_of, metadata_reader, newest_release
from pilookup.bundles.take_up import read_journal, take_up
from pilookup.custody.home import Home
from pilookup.errors import BundleError
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST, ROOT
from pilookup.release_files.files import read_metadata
from pilookup.release_files.verify import follow_roots

_SERVICE: Final = "service.sqlite3"
"""The service database and its files, which custody never reads."""

_NOT_COPIED: Final = ("lock", LOCK, INCOMING, MACHINE)
"""What belongs to a running server, to an import, and to the one machine that it is of."""


@dataclass(frozen=True, slots=True)
class Newest:
    """What the online half states: the bundle taken up last, the journal, and the manifests of the newest releases."""

    taken_up: Header | None
    journal: Journal
    manifests: list[Manifest]


def bring_online_half(staging: Home, newest: Path, now: datetime) -> None:
    """Take the online half from a copy of it, or from the newest bundle."""
    if (newest / "channels").is_dir():
        _copy(newest, staging.online)
        return
    serving = staging.path / "serving"
    take_up([newest], serving, Trusted.read([staging.path]), now, as_exported=True)
    destruction.destroy(serving / "online" / MACHINE)
    (serving / "online").rename(staging.online)
    destruction.destroy_tree(serving)


def _copy(online: Path, to: Path) -> None:
    """Copy an online half, except what belongs to a server or an import that runs."""
    if (online / TAKING_UP).exists():
        raise BundleError(
            f"{online}: an import was interrupted there; complete it by starting the server, and copy again"
        )
    to.mkdir(mode=durable.DIRECTORY_MODE)
    for path in sorted(online.rglob("*")):
        below = path.relative_to(online)
        if path.name.startswith((".", _SERVICE)) or below.parts[0] in _NOT_COPIED:
            continue
        if path.is_dir():
            (to / below).mkdir(mode=durable.DIRECTORY_MODE)
        else:
            durable.write_flushed(to / below, file_parts.read_blocks(path))


def verify_newest(staging: Home) -> Newest:
    """Verify the online half from the trust files of the backup on."""
    key = read_trust(staging.path / TRUST_FILE)
    if key is None:
        raise BundleError(f"the backup has no {TRUST_FILE}")
    manifests: list[Manifest] = []
    for directory in sorted(path for path in staging.channels.iterdir() if path.is_dir()):
        if (directory / "metadata" / ROOT).exists():
            follow_roots(read_metadata(staging.trust(directory.name)), metadata_reader(directory))
        release = newest_release(directory)
        for epoch in release.epochs if release else ():
            path = directory / "targets" / epoch.path(MANIFEST)
            manifests.append(manifest_of(path, directory.name, epoch))
    newest = Newest(read_taken_up(staging.online, key), read_journal(staging.online, key), manifests)
    _check_newest(staging, newest)
    return newest


def _check_newest(staging: Home, newest: Newest) -> None:
    """Refuse a journal that was cut, and a bundle that is older than the last one that the backup knows of."""
    taken_up, last = newest.taken_up, read_exports(staging.custody).last
    if taken_up is not None and newest.journal.position < taken_up.journal:
        raise BundleError(
            f"the journal has {newest.journal.position} entries, and the bundle beside it says {taken_up.journal}: "
            "entries are missing; use another copy of the online half, or the newest bundle"
        )
    if last is not None and (taken_up is None or taken_up.number < last.number):
        raise BundleError(
            f"the backup knows of bundle {last.number}, and what was given has "
            f"{f'bundle {taken_up.number}' if taken_up else 'none'}: it is older; give the newest one"
        )
