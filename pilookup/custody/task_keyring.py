"""The custody keyring that tasks use, wherever they run.

A task carries the path of HOME and never a key. In the process that opened HOME, it uses the keyring that this process
registered. A worker of a cluster unlocks the custody half once, with the passphrase from the worker's environment
(`PILOOKUP_PASSPHRASE` or `PILOOKUP_PASSPHRASE_FILE`); HOME is on a file system that all workers share.
"""

import threading
from pathlib import Path
from weakref import WeakValueDictionary

from pilookup.custody.home import Home
from pilookup.custody.vault import Vault
from pilookup.custody.vault.shard import ShardStore
from pilookup.file_id import FileId
from pilookup.keyring import Half, Keyring
from pilookup.keyring.master_key import MASTER_KEY_NAME
from pilookup.keyring.passphrase import stored_passphrase
from pilookup.private_process import forbid_dumps, hide_variables

_registered: WeakValueDictionary[str, Keyring] = WeakValueDictionary()
_opened: dict[str, tuple[FileId | None, Keyring]] = {}
_lock = threading.Lock()


def register_keyring(home: Home, keyring: Keyring) -> None:
    """Let tasks in this process use an unlocked custody keyring, as long as the caller keeps it alive."""
    _registered[home.real] = keyring


def keyring_for(home: str) -> Keyring:
    """The custody keyring of a HOME, given as `Home.real`: the registered one, or else one unlocked here and kept.

    Raises KeyringError if it cannot be unlocked. Nobody is asked for a passphrase.
    """
    if registered := _registered.get(home):
        return registered
    with _lock:
        custody = Home(Path(home)).custody
        file_id = _keyring_file_id(custody)
        kept = _opened.get(home)
        if kept is None or kept[0] != file_id:
            kept = file_id, Keyring.unlock(custody, Half.CUSTODY, stored_passphrase(Half.CUSTODY))
            hide_variables()  # this is a worker of a cluster: the commands do it when they start
            forbid_dumps()
            _opened[home] = kept
        return kept[1]


def store_for(home: str) -> ShardStore:
    """The store that seals and opens the vault's files; raises KeyringError."""
    return Vault(Home(Path(home)), keyring_for(home)).store


def _keyring_file_id(custody: Path) -> FileId | None:
    """The id of the keyring file, which changes when another keyring takes its place; None if there is none."""
    try:
        return FileId.of((custody / MASTER_KEY_NAME).stat())
    except OSError:
        return None
