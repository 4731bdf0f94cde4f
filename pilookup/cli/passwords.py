"""Passwords of encrypted archives and workbooks: from a file, or from the keyboard."""

import sys
from collections import Counter
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Final, TypeVar

from pilookup.errors import KeyringError, PasswordRequiredError
from pilookup.keyring.private_file import read_private

ASKED_TIMES: Final = 3
"""How often the password of one file is asked for."""

_Outcome = TypeVar("_Outcome")


def read_passwords(path: Path | None) -> tuple[str, ...]:
    """Read a file with one password a line; empty lines are left out. Without a path there is no password.

    Raises:
        KeyringError: The file is missing, too large, not UTF-8, without a password, or accessible to group or others.
            The text names the file and repeats nothing of it.
    """
    if path is None:
        return ()
    try:
        text = read_private(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KeyringError(f"{path}: not UTF-8") from None
    passwords = tuple(line for each in text.split("\n") if (line := each.removesuffix("\r")))
    if not passwords:
        raise KeyringError(f"{path}: has no password")
    return passwords


def with_passwords(known: tuple[str, ...], attempt: Callable[[tuple[str, ...]], _Outcome]) -> _Outcome:
    """Call a function with passwords. Where it needs another one, ask for it at the keyboard, and call it again.

    Args:
        known: The passwords of the first call.
        attempt: Called with all passwords so far. It raises PasswordRequiredError before it changes anything.

    Returns:
        What `attempt` returned.

    Raises:
        PasswordRequiredError: Standard input is not a terminal, or the password of one file was asked for
            `ASKED_TIMES` times.
    """
    passwords = known
    asked: Counter[str] = Counter()
    while True:
        try:
            return attempt(passwords)
        except PasswordRequiredError as error:
            if not sys.stdin.isatty() or asked[error.location] == ASKED_TIMES:
                raise
            asked[error.location] += 1
            passwords = (*passwords, getpass(f"Password of {error.location}: "))
