"""Deletes files of a serving machine that no release lists any more. Nothing is deleted from afar.

An import deletes those of releases before the one that is served; the server, those of the former release once nobody
reads them any more.
"""

from pathlib import Path

from pilookup.bundles.import_lock import TAKING_UP, import_lock
from pilookup.bundles.records import TAKEN_UP
from pilookup.bundles.release_items import placed_release, snapshot_versions, unlisted_files
from pilookup.protocol.release import ROOT


def remove_unlisted(directory: Path) -> int:
    """Delete the files of a channel that neither the release that is served nor a newer one that has arrived lists.

    All newer ones are kept: of several machines, the one that signs may take up any of them next. The caller must hold
    the import lock. A server has its files open, so it goes on with those that are deleted.

    Args:
        directory: The channel's directory.

    Returns:
        The number of files deleted.

    Raises:
        FormatError: A release is malformed; nothing was deleted.
        OSError: A file cannot be read or deleted.
    """
    if not (directory / "metadata" / ROOT).exists() or (served := placed_release(directory)) is None:
        return 0
    newer = [version for version in snapshot_versions(directory) if version > served.snapshot_version]
    arrived = [release for version in newer if (release := placed_release(directory, version)) is not None]
    unlisted = unlisted_files(directory, [served, *arrived])
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
