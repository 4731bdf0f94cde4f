"""Opening a HOME for a command: the passphrases, the cluster and the progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pilookup.cli.console import progress
from pilookup.compute.callbacks import Progress
from pilookup.custody import Custody
from pilookup.keyring import Half
from pilookup.keyring.passphrase import read_passphrase


def opened(home: Path, *, online: bool, scheduler: str | None) -> Custody:
    """Open a HOME. Its passphrases are read, or asked for, once it is locked.

    Args:
        home: the directory that `pilookup init` made.
        online: whether the command also needs the online half, because it publishes.
        scheduler: address of a Dask cluster; None for threads of this process.

    Raises as `Custody.open`, and KeyringError if there is no passphrase.
    """
    return Custody.open(
        home,
        passphrase=partial(read_passphrase, Half.CUSTODY),
        online_passphrase=partial(read_passphrase, Half.ONLINE) if online else None,
        scheduler=scheduler,
    )


@contextmanager
def publishing(home: Path, scheduler: str | None, title: str) -> Iterator[tuple[Custody, Progress]]:
    """Open both halves of a HOME for a command that publishes, and show a progress bar called `title`.

    Yields the custody, and the function that advances the bar. Raises as `opened`.
    """
    with opened(home, online=True, scheduler=scheduler) as custody, progress(title, "entries") as advance:
        yield custody, advance
