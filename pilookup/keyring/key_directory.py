"""The directory of a half's key files: `keys`, or after a change of the passphrase `keys-<salt>`.

`keyring.json` selects it: it is the directory with the salt of that file in its name, if there is one, else `keys`. A
new `keyring.json` has a new salt. So the step that replaces this file also replaces all key files.
"""

import re
from pathlib import Path
from typing import Final

from pilookup import destruction, durable, file_errors, overwriting
from pilookup.errors import KeyringError
from pilookup.keyring.master_key import MASTER_KEY_NAME, MasterKeyFile

FIRST_NAME: Final = "keys"
_LATER_NAME: Final = re.compile(r"keys-[0-9a-f]{32}")


def new_key_directory(directory: Path, master_key: MasterKeyFile) -> Path:
    """Where the key files under a new master key are written, before it takes the place of the former one."""
    return directory / f"{FIRST_NAME}-{master_key.salt.hex()}"


def key_directory(directory: Path, master_key: MasterKeyFile) -> Path:
    """The directory of the key files under a half's master key."""
    named = new_key_directory(directory, master_key)
    return named if named.is_dir() else directory / FIRST_NAME


def destroy_former_keys(directory: Path, master_key: MasterKeyFile) -> None:
    """Overwrite and delete the key files that are under another master key: what a change left, ended or not.

    The caller must hold a lock that keeps changes of the passphrase away.

    Args:
        directory: The directory of the half.
        master_key: The half's `keyring.json`.

    Raises:
        KeyringError: A file cannot be overwritten or deleted.
    """
    used = key_directory(directory, master_key)
    with file_errors.failures_as(KeyringError, directory):
        overwriting.discard(durable.temporary(directory / MASTER_KEY_NAME))
        for folder in list(directory.iterdir()):
            if folder != used and (folder.name == FIRST_NAME or _LATER_NAME.fullmatch(folder.name)):
                _destroy_directory(folder)


def _destroy_directory(folder: Path) -> None:
    """Overwrite and delete all files of a directory, and the directory; raises OSError."""
    for path in list(folder.iterdir()):
        destruction.destroy(path)
    folder.rmdir()
    durable.sync_directory(folder.parent)
