"""The keyring where a task runs: lent by the command in its own process, opened by a worker elsewhere.

A task names HOME by its path and never carries a key. In the process of the command that unlocked HOME it finds that
command's keyring. A worker of a cluster unlocks the custody half itself, once, with the passphrase from its own
environment (`PILOOKUP_PASSPHRASE` or `PILOOKUP_PASSPHRASE_FILE`); HOME lies on a file system that all of them share.
"""

import threading
from pathlib import Path
from weakref import WeakValueDictionary

from pilookup.custody.home import Home
from pilookup.custody.vault import Vault
from pilookup.custody.vault.shard import ShardStore
from pilookup.keyring import Half, Keyring
from pilookup.keyring.passphrase import stored_passphrase

_registered: WeakValueDictionary[str, Keyring] = WeakValueDictionary()
_opened: dict[str, tuple[tuple[int, int, int], Keyring]] = {}
_lock = threading.Lock()


def register_keyring(home: Home, keyring: Keyring) -> None:
    """Let tasks in this process use an unlocked custody keyring, for as long as the lender keeps it."""
    _registered[home.real] = keyring


def keyring_for(home: str) -> Keyring:
    """The custody keyring of a HOME (`Home.real`): the one lent in this process, else opened here and kept.

    Raises KeyringError where it cannot be opened; nobody is asked for a passphrase.
    """
    if registered := _registered.get(home):
        return registered
    with _lock:
        custody = Home(Path(home)).custody
        file_id = _file_id(custody)
        kept = _opened.get(home)
        if kept is None or kept[0] != file_id:
            kept = file_id, Keyring.unlock(custody, Half.CUSTODY, stored_passphrase(Half.CUSTODY))
            _opened[home] = kept
        return kept[1]


def store_for(home: str) -> ShardStore:
    """What seals and opens files under the vault's storage key; raises KeyringError."""
    return Vault(Home(Path(home)), keyring_for(home)).store


def _file_id(custody: Path) -> tuple[int, int, int]:
    """What changes when another keyring stands in the place of the one that was opened; zeros where none is."""
    try:
        found = (custody / "keyring.json").stat()
    except OSError:
        return 0, 0, 0
    return found.st_dev, found.st_ino, found.st_mtime_ns
