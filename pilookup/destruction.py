"""Destroys files and directories that may hold keys: overwrites and deletes them, and flushes the directory above.

Every function raises OSError, which names the file, if the operating system refuses.
"""

import os
import shutil
from pathlib import Path

from pilookup import durable, file_errors, overwriting


def destroy(path: Path) -> None:
    """Overwrite, flush and delete a file, and what a kill left of writing it. Does nothing if there is none.

    Processes may destroy the same file at the same time: custody and the server both destroy the keys of an epoch that
    has ended.

    Copies that the file system or the disk keeps (journals, snapshots, wear levelling of flash) are not reached.
    """
    for victim in (durable.temporary(path), path):
        try:
            descriptor = os.open(victim, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        with file_errors.naming(victim), os.fdopen(descriptor, "wb", buffering=0) as file:
            overwriting.overwrite(file)
        victim.unlink(missing_ok=True)
    durable.sync_directory(path.parent)


def destroy_tree(folder: Path) -> None:
    """Delete a directory with all that is in it, and overwrite what may be a key file. Does nothing if there is none.

    Raises OSError. What could not be deleted is there still, so that the next command deletes it.
    """
    if not folder.is_dir():
        return
    for path in list(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            overwriting.discard(path)
    shutil.rmtree(folder)
    durable.sync_directory(folder.parent)
