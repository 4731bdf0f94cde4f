"""Reads the passphrase of a half from the environment, from a file or from the keyboard.

    custody   PILOOKUP_PASSPHRASE          PILOOKUP_PASSPHRASE_FILE
    online    PILOOKUP_ONLINE_PASSPHRASE   PILOOKUP_ONLINE_PASSPHRASE_FILE

The whole content of the file is the passphrase, without one line end. The file must be accessible to its owner only.
"""

import os
import sys
from getpass import getpass
from pathlib import Path

from pilookup.errors import KeyringError
from pilookup.keyring.master_key import Half
from pilookup.keyring.private_file import read_private

_VARIABLE = {Half.CUSTODY: "PILOOKUP_PASSPHRASE", Half.ONLINE: "PILOOKUP_ONLINE_PASSPHRASE"}


def read_passphrase(half: Half, *, confirm: bool = False) -> bytes:
    """The passphrase of a half, from the environment or a file, otherwise asked for at the keyboard.

    Args:
        half: Which half.
        confirm: Whether a passphrase at the keyboard must be typed twice.

    Returns:
        At least one byte.

    Raises:
        KeyringError: It is empty, the two typed passphrases differ, the file cannot be trusted, or standard input is
            not a terminal and no variable is set (the text names the variables).
    """
    if not sys.stdin.isatty() or _is_stored(half):
        return stored_passphrase(half)
    return _ask(half, confirm=confirm)


def stored_passphrase(half: Half) -> bytes:
    """The passphrase of a half, from the environment or a file only; raises KeyringError, naming the variables."""
    variable = _VARIABLE[half]
    if given := os.environ.get(variable):
        return os.fsencode(given)
    if path := os.environ.get(f"{variable}_FILE"):
        passphrase = read_private(Path(path))
        return _not_empty(passphrase.removesuffix(b"\n").removesuffix(b"\r"), path)
    raise KeyringError(f"the {half} half needs its passphrase: set {variable} or {variable}_FILE")


def _is_stored(half: Half) -> bool:
    return any(os.environ.get(f"{_VARIABLE[half]}{ending}") for ending in ("", "_FILE"))


def _ask(half: Half, *, confirm: bool) -> bytes:
    typed = getpass(f"Passphrase of the {half} half: ")
    if confirm and getpass("Once more: ") != typed:
        raise KeyringError("the two passphrases differ")
    return _not_empty(os.fsencode(typed), "passphrase")


def _not_empty(passphrase: bytes, source: str) -> bytes:
    if not passphrase:
        raise KeyringError(f"{source}: empty")
    return passphrase
