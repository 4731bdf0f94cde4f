"""Reads the passphrase of a half, or of a key file, from the environment, from a file or from the keyboard.

    custody    PILOOKUP_PASSPHRASE          PILOOKUP_PASSPHRASE_FILE
    online     PILOOKUP_ONLINE_PASSPHRASE   PILOOKUP_ONLINE_PASSPHRASE_FILE
    key file   PILOOKUP_KEY_PASSPHRASE      PILOOKUP_KEY_PASSPHRASE_FILE
    device     PILOOKUP_KEY_PIN             PILOOKUP_KEY_PIN_FILE
    backup     PILOOKUP_BACKUP_PASSPHRASE   PILOOKUP_BACKUP_PASSPHRASE_FILE

The whole content of the file is the passphrase, without one line end. The file must be accessible to its owner only.
"""

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Final

from pilookup.errors import KeyringError
from pilookup.keyring.master_key import Half
from pilookup.keyring.private_file import read_private

VARIABLES: Final = {Half.CUSTODY: "PILOOKUP_PASSPHRASE", Half.ONLINE: "PILOOKUP_ONLINE_PASSPHRASE"}
"""The variable of each half's passphrase; the one of its file has the suffix `_FILE`."""

KEY_VARIABLE: Final = "PILOOKUP_KEY_PASSPHRASE"
"""The variable of the passphrase of a sealed key file."""

BACKUP_VARIABLE: Final = "PILOOKUP_BACKUP_PASSPHRASE"
"""The variable of the passphrase of a backup."""

PIN_VARIABLE: Final = "PILOOKUP_KEY_PIN"
"""The variable of the PIN of a device that holds a key (PKCS #11)."""


def read_secret(variable: str, prompt: str) -> bytes:
    """A passphrase or PIN, from the environment or a file, otherwise asked for at the keyboard.

    Args:
        variable: The variable that may hold it; with the suffix `_FILE`, the one that may name its file.
        prompt: What is asked for, without a colon, such as "PIN of the token ceremony".

    Returns:
        At least one byte.

    Raises:
        KeyringError: It is empty, the file cannot be trusted, or standard input is not a terminal and no variable is
            set (the text names the variables).
    """
    if (secret := _stored(variable)) is not None:
        return secret
    if not sys.stdin.isatty():
        raise KeyringError(f"{prompt}: needed; set {variable} or {variable}_FILE")
    return _typed(f"{prompt}: ")


def read_passphrase(half: Half) -> bytes:
    """The passphrase of a half, from the environment or a file, otherwise asked for at the keyboard.

    Args:
        half: Which half.

    Returns:
        At least one byte.

    Raises:
        KeyringError: It is empty, the file cannot be trusted, or standard input is not a terminal and no variable is
            set (the text names the variables).
    """
    if not sys.stdin.isatty() or _is_stored(VARIABLES[half]):
        return stored_passphrase(half)
    return _typed(f"Passphrase of the {half} half: ")


def stored_passphrase(half: Half) -> bytes:
    """The passphrase of a half, from the environment or a file only; raises KeyringError, naming the variables."""
    variable = VARIABLES[half]
    if (passphrase := _stored(variable)) is None:
        raise KeyringError(f"the {half} half needs its passphrase: set {variable} or {variable}_FILE")
    return passphrase


def chosen_passphrase(half: Half, variable: str, *, ask: bool) -> bytes | None:
    """The new passphrase that somebody chose for a half, from the environment, a file or the keyboard.

    Args:
        half: Which half.
        variable: The variable that may hold it; with the suffix `_FILE`, the one that may name its file.
        ask: Whether to ask for it at the keyboard, twice, if neither is set.

    Returns:
        At least one byte; None if neither is set and it is not asked for.

    Raises:
        KeyringError: It is empty, the two typed passphrases differ, the file cannot be trusted, or it is to be asked
            for and standard input is not a terminal.
    """
    return chosen_secret(f"the {half} half", variable, ask=ask)


def chosen_secret(owner: str, variable: str, *, ask: bool) -> bytes | None:
    """The new passphrase that somebody chose; Args, Returns and Raises as `chosen_passphrase`.

    Args:
        owner: What the passphrase is of, in words, such as "the key root-public-2".
        variable: As of `chosen_passphrase`.
        ask: As of `chosen_passphrase`.
    """
    if (passphrase := _stored(variable)) is not None or not ask:
        return passphrase
    if not sys.stdin.isatty():
        raise KeyringError(f"{owner} needs a passphrase: set {variable} or {variable}_FILE")
    typed = _typed(f"New passphrase of {owner}: ")
    if _typed("Once more: ") != typed:
        raise KeyringError("the two passphrases differ")
    return typed


def _is_stored(variable: str) -> bool:
    return any(os.environ.get(f"{variable}{ending}") for ending in ("", "_FILE"))


def _stored(variable: str) -> bytes | None:
    if given := os.environ.get(variable):
        return os.fsencode(given)
    if path := os.environ.get(f"{variable}_FILE"):
        passphrase = read_private(Path(path))
        return _not_empty(passphrase.removesuffix(b"\n").removesuffix(b"\r"), path)
    return None


def _typed(prompt: str) -> bytes:
    return _not_empty(os.fsencode(getpass(prompt)), "passphrase")


def _not_empty(passphrase: bytes, source: str) -> bytes:
    if not passphrase:
        raise KeyringError(f"{source}: empty")
    return passphrase
