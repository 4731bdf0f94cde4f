"""Opening HOME for a command: locks, passphrases, the clock."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pilookup.cli.app import need
from pilookup.cli.console import Advance, progress
from pilookup.compute.executors import executor
from pilookup.keyring import Half, Keyring
from pilookup.keyring.passphrase import read_passphrase

try:
    from pilookup.custody.control import ControlDatabase
    from pilookup.custody.home import Home
    from pilookup.custody.initialise import initialise_home
    from pilookup.custody.session import Session
    from pilookup.custody.vault import Vault
    from pilookup.release_files.verify import verify_directory
except ImportError as error:
    raise need("load", error) from error


@contextmanager
def opened(path: Path, *, online: bool) -> Iterator[Session]:
    """Unlock HOME for one custody command, and its online half too where the command publishes."""
    home = Home(path)
    with home.locked():
        keyring = Keyring.unlock(home.custody, Half.CUSTODY, read_passphrase(Half.CUSTODY))
        second = Keyring.unlock(home.online, Half.ONLINE, read_passphrase(Half.ONLINE)) if online else None
        with ControlDatabase.open(home) as control:
            session = Session(home, keyring, control, Vault(home, keyring), second, datetime.now(UTC))
            session.settle()
            yield session


@contextmanager
def publishing(path: Path, scheduler: str | None, title: str) -> Iterator[tuple[Session, Advance, Executor]]:
    """What a command that publishes works with: HOME with both halves unlocked, its progress, where its tasks run."""
    with executor(scheduler) as tasks, opened(path, online=True) as session, progress(title, "entries") as advance:
        yield session, advance, tasks


__all__ = ["ControlDatabase", "Home", "initialise_home", "opened", "publishing", "verify_directory"]
