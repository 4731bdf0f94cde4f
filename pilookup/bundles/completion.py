"""Completes an import that was decided: moves the files of `online/taking-up/` to their places (docs/adr/0023).

The order is one in which a server can run and start at any instant: keys, target files, root and targets metadata, the
journal, and the snapshot metadata last. An interrupted import is completed by the next one, or when a server starts.
"""

from pathlib import Path
from typing import Final

from pilookup import destruction, durable
from pilookup.bundles.import_lock import INCOMING, TAKING_UP, import_lock
from pilookup.bundles.journal import JOURNAL_FILE
from pilookup.bundles.machine import MACHINE
from pilookup.bundles.records import TAKEN_UP, TRUST
from pilookup.bundles.report_files import ANSWERS_FILE
from pilookup.keyring.key_directory import key_directory, new_key_directory
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.master_key import MASTER_KEY_NAME, MasterKeyFile, read_master_key
from pilookup.plain_file import read_plain
from pilookup.protocol.release import ROOT

_SNAPSHOT: Final = ".snapshot.json"


def finish_interrupted(online: Path) -> None:
    """Complete an import that was interrupted after it was decided, unless another process imports just now.

    For the start of a server, which holds the half's lock. Raises OSError, KeyringError.
    """
    if (online / TAKING_UP).exists():
        with import_lock(online) as held:
            if held:
                finish(online)


def finish(online: Path) -> None:
    """Complete an import that was decided, and remove one that was not; raises OSError, KeyringError."""
    destruction.destroy_tree(online / INCOMING)
    if (online / TAKING_UP).exists():
        complete(online)


def complete(online: Path) -> None:
    """Move the files of a decided import to their places. Repeating it is harmless."""
    folder = online / TAKING_UP
    _move_keys(online, folder / "keys")
    channels = sorted(path for path in (folder / "channels").iterdir() if path.is_dir())
    for channel in channels:
        _move_release(channel, online / "channels" / channel.name)
    if (folder / MACHINE).exists():
        durable.move_key_file(folder / MACHINE, online / MACHINE)
    for name in (JOURNAL_FILE, ANSWERS_FILE, TRUST):
        _move(folder / name, online / name)
    durable.sync_directory(online)
    for channel in channels:
        metadata = online / "channels" / channel.name / "metadata"
        for path in (channel / "metadata").glob(f"[1-9]*{_SNAPSHOT}"):
            _move(path, metadata / path.name)
        durable.sync_directory(metadata)
    _move(folder / TAKEN_UP, online / TAKEN_UP)
    durable.sync_directory(online)
    destruction.destroy_tree(folder)


def _move_keys(online: Path, staged: Path) -> None:
    """Put key files in place, and then the keyring that opens them if it is a new one."""
    path = staged / MASTER_KEY_NAME
    if path.exists():
        to = new_key_directory(online, MasterKeyFile.from_bytes(read_plain(path, 1 << 16)))
        to.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        durable.sync_directory(online)
    else:
        to = key_directory(online, read_master_key(online))
    for key in sorted(staged.glob(f"*{KEY_SUFFIX}")):
        durable.move_key_file(key, to / key.name)
    durable.sync_directory(to)
    if path.exists():
        durable.move_key_file(path, online / MASTER_KEY_NAME)
    durable.sync_directory(online)


def _move_release(staged: Path, directory: Path) -> None:
    """Put all files of a channel in place except the snapshot metadata: target files first, then metadata."""
    for path in sorted(path for path in (staged / "targets").rglob("*") if path.is_dir()):
        _make(directory / path.relative_to(staged))
    for folder in (directory / "targets", directory / "metadata"):
        _make(folder)
    files = [path for path in (staged / "targets").rglob("*") if not path.is_dir()]
    roots = sorted((staged / "metadata").glob(f"*{ROOT}"), key=lambda path: path.name == ROOT)
    targets = sorted((staged / "metadata").glob("*.targets.json"))
    for path in (*files, *roots, *targets):
        _move(path, directory / path.relative_to(staged))
    for folder in [directory, *(path for path in directory.rglob("*") if path.is_dir())]:
        durable.sync_directory(folder)


def _make(folder: Path) -> None:
    for each in reversed((folder, *folder.parents[:3])):
        if not each.exists():
            durable.make_directory(each)


def _move(path: Path, to: Path) -> None:
    """Rename a file; does nothing if it was renamed before."""
    if path.exists():
        path.rename(to)
