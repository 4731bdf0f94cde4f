"""Where the passphrase of a half comes from: the environment, a key file, or the keyboard.

    custody   PILOOKUP_PASSPHRASE          PILOOKUP_PASSPHRASE_FILE
    online    PILOOKUP_ONLINE_PASSPHRASE   PILOOKUP_ONLINE_PASSPHRASE_FILE

A key file's whole content counts, less one line end; it must be readable by its owner alone.
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
    """The half's passphrase, at least one byte; with `confirm` a typed one is asked for twice.

    Raises KeyringError, naming the variables, when there is nobody at the keyboard to ask.
    """
    if not sys.stdin.isatty() or _is_stored(half):
        return stored_passphrase(half)
    return _ask(half, confirm=confirm)


def stored_passphrase(half: Half) -> bytes:
    """The half's passphrase from the environment or a key file alone; raises KeyringError, naming the variables."""
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
