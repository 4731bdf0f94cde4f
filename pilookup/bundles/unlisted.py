"""Deletes files of a serving machine that no release lists any more. Nothing is deleted from afar.

An import deletes those of releases before the one that is served; the server, those of the former release once nobody
reads them any more.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pilookup.bundles.import_lock import TAKING_UP, import_lock
from pilookup.bundles.records import TAKEN_UP
from pilookup.bundles.release_items import metadata_reader, served_release, unlisted_files
from pilookup.protocol.release import read_release

_SNAPSHOT: Final = ".snapshot.json"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def remove_unlisted(directory: Path) -> int:
    """Delete the files of a channel that neither the release that is served nor a newer one that has arrived lists.

    All newer ones are kept: of several machines, the one that signs may take up any of them next. The caller must hold
    the import lock. A server has its files open, so it goes on with those that are deleted.

    Args:
        directory: The channel's directory.

    Returns:
        The number of files deleted.

    Raises:
        TrustError, FormatError: A release is not valid; nothing was deleted.
        OSError: A file cannot be read or deleted.
    """
    served = served_release(directory)
    if served is None:
        return 0
    newer = [version for version in snapshot_versions(directory) if version > served.snapshot_version]
    arrived = [read_release(metadata_reader(directory), _NEVER, snapshot=version) for version in newer]
    releases = [served, *arrived]
    unlisted = unlisted_files(directory, releases)
    for path in unlisted:
        path.unlink()
    return len(unlisted)


def remove_unlisted_now(online: Path, channel: str) -> int:
    """`remove_unlisted` for a server: on a machine that imports bundles, and not while an import runs.

    Where the custody half is too, its commands delete files. Raises as `remove_unlisted`.
    """
    if (online.parent / "custody").exists() or not (online / TAKEN_UP).exists():
        return 0
    with import_lock(online) as held:
        if not held or (online / TAKING_UP).exists():
            return 0
        return remove_unlisted(online / "channels" / channel)


def snapshot_versions(directory: Path) -> list[int]:
    """The versions of the snapshot metadata in a channel's directory."""
    names = (path.name.removesuffix(_SNAPSHOT) for path in (directory / "metadata").glob(f"[1-9]*{_SNAPSHOT}"))
    return [int(name) for name in names if name.isascii() and name.isdigit()]
