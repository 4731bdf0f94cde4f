"""Gives a half a new master key under a new passphrase, in one step (docs/adr/0021)."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup import durable, file_errors
from pilookup.errors import KeyringError
from pilookup.keyring.key_directory import (
    destroy_former_keys,
    key_directory,
    new_key_directory,
)
from pilookup.keyring.key_file import KEY_SUFFIX, reseal_key
from pilookup.keyring.master_key import MASTER_BYTES, MASTER_KEY_NAME, Half, MasterKeyFile, read_master_key
from pilookup.keyring.private_file import read_private


def change_master_key(directory: Path, former: MasterKeyFile, passphrase: bytes, new_passphrase: bytes) -> None:
    """Replace the master key and the passphrase of a half, seal its key files under it, and destroy the former ones.

    At any instant, the half opens with exactly one of the two passphrases, and then has all its keys. The caller must
    hold the locks of the half.

    Args:
        directory: The directory of the half.
        former: Its `keyring.json`.
        passphrase: The one that it has.
        new_passphrase: The one that it gets. The rules are the caller's.

    Raises:
        KeyringError: The passphrase is wrong or a key file is damaged, and nothing was changed; or a file cannot be
            written or destroyed. If only destroying failed, the text says that the new passphrase holds.
    """
    opened = AESGCMSIV(former.open(passphrase))
    destroy_former_keys(directory, former)
    master = os.urandom(MASTER_BYTES)
    new = MasterKeyFile.create(former.half, new_passphrase, master, former.version)
    folder = new_key_directory(directory, new)
    try:
        with file_errors.failures_as(KeyringError, directory):
            durable.make_directory(folder)
            for path in sorted(key_directory(directory, former).glob(f"[a-z0-9]*{KEY_SUFFIX}")):
                key_id = path.name.removesuffix(KEY_SUFFIX)
                sealed = _resealed(opened, AESGCMSIV(master), former.half, key_id, path)
                durable.write_flushed(folder / path.name, sealed)
            durable.sync_directory(folder)
            durable.replace_key_file(directory / MASTER_KEY_NAME, new.to_bytes())
    except BaseException:
        if read_master_key(directory) == former:
            destroy_former_keys(directory, former)
        raise
    try:
        destroy_former_keys(directory, new)
    except KeyringError as error:
        raise KeyringError(f"the new passphrase holds, but former key files are left: {error}") from error


def _resealed(opened: AESGCMSIV, new: AESGCMSIV, half: Half, key_id: str, path: Path) -> bytes:
    data = read_private(path)
    try:
        return reseal_key(opened, new, half, key_id, data)
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from None
