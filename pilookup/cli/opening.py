"""Opening a HOME for a command: the passphrases, the cluster and the progress bar."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import typer

from pilookup.cli.console import note, progress
from pilookup.compute.callbacks import Progress
from pilookup.custody import Custody
from pilookup.keyring import Half
from pilookup.keyring.passphrase import read_passphrase
from pilookup.signing.references import open_signer


def opened(
    home: Path,
    *,
    online: bool,
    scheduler: str | None,
    operator: str | None,
    date_is_right: bool = False,
    keys: Sequence[str] = (),
) -> Custody:
    """Open a HOME. Its passphrases are read, or asked for, once it is locked.

    Args:
        home: the directory that `pilookup init` made.
        online: whether the command also needs the online half, because it publishes.
        scheduler: address of a Dask cluster; None for threads of this process.
        operator: who runs the command, for the audit log; None for the login.
        date_is_right: whether to sign with a date that is out of order; else a person at the terminal is asked.
        keys: references of signing keys that are not in HOME, as `open_signer` takes them.

    Raises as `Custody.open`, and KeyringError if there is no passphrase.
    """
    custody = Custody.open(
        home,
        passphrase=partial(read_passphrase, Half.CUSTODY),
        online_passphrase=partial(read_passphrase, Half.ONLINE) if online else None,
        scheduler=scheduler,
        date_is_right=date_is_right or _ask_whether_right,
        signers=[open_signer(key) for key in keys],
        operator=operator,
    )
    if custody.audit_repaired:
        note("a killed command left a torn line in the audit log; it was cut off, and the log says so")
    for done in custody.completed_removals:
        note(f"{done} was left undone by a killed command, and is done now; {custody.to_publish_all()}")
    return custody


def _ask_whether_right(doubt: str) -> bool:
    return sys.stdin.isatty() and typer.confirm(f"pilookup: {doubt}. Is the date right?", err=True)


@contextmanager
def publishing(
    home: Path,
    scheduler: str | None,
    title: str,
    *,
    operator: str | None,
    date_is_right: bool,
    keys: Sequence[str] = (),
) -> Iterator[tuple[Custody, Progress]]:
    """Open both halves of a HOME for a command that publishes; show the date, and a progress bar called `title`.

    Yields the custody, and the function that advances the bar. Raises as `opened` and `Custody.check_date`.
    """
    with opened(
        home, online=True, scheduler=scheduler, operator=operator, date_is_right=date_is_right, keys=keys
    ) as custody:
        note(f"signing with the date {custody.check_date():%Y-%m-%d %H:%M} UTC")
        with progress(title, "entries") as advance:
            yield custody, advance
