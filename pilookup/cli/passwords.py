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


def with_passwords(
    known: tuple[str, ...],
    attempt: Callable[[tuple[str, ...], frozenset[str] | None], _Outcome],
    *,
    skip_bad: bool = False,
) -> _Outcome:
    """Call a function with passwords. Where it needs another one, ask for it at the keyboard, and call it again.

    Args:
        known: The passwords of the first call.
        attempt: Called with all passwords so far, and with the locations of encrypted files that it may leave out; None
            for all. It raises PasswordRequiredError for another one, before it changes anything.
        skip_bad: Whether encrypted files may be left out: those for which nothing was entered, or that were asked for
            `ASKED_TIMES` times; all of them if standard input is not a terminal.

    Returns:
        What `attempt` returned.

    Raises:
        PasswordRequiredError: Standard input is not a terminal, or the password of one file was asked for
            `ASKED_TIMES` times.
    """
    passwords = known
    asked: Counter[str] = Counter()
    locked: frozenset[str] = frozenset()
    asks = sys.stdin.isatty()
    while True:
        try:
            return attempt(passwords, locked if asks else None)
        except PasswordRequiredError as error:
            place = error.location
            if not asks or place in locked or (asked[place] == ASKED_TIMES and not skip_bad):
                raise
            password = "" if asked[place] == ASKED_TIMES else getpass(_question(place, skip_bad=skip_bad))
            asked[place] += 1
            if skip_bad and not password:
                locked |= {place}
            else:
                passwords = (*passwords, password)


def _question(location: str, *, skip_bad: bool) -> str:
    return f"Password of {location}{' (nothing leaves it out)' if skip_bad else ''}: "
