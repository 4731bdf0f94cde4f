"""HOME: the directory of all state, in two halves that can be on two machines.

HOME/custody/   keyring.json  keys/  control.sqlite3  vault/  audit.jsonl  audit-head.json  lock
HOME/online/    keyring.json  keys/  channels/{channel}/{metadata,targets}/  lock
HOME/trust-{channel}.json     the channel's root metadata, for clients to pin

After a change of the passphrase, `keys/` is `keys-{salt}/`. A half whose passphrase is weak has `weak-passphrase.json`.
"""

import fcntl
import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from pilookup import durable, file_errors
from pilookup.errors import HomeError
from pilookup.protocol.names import check_channel


class Home:
    """The paths inside one HOME. Creating the object reads and writes nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.custody = path / "custody"
        self.online = path / "online"
        self.vault = self.custody / "vault"
        self.database = self.custody / "control.sqlite3"
        self.channels = self.online / "channels"
        self.audit_log = self.custody / "audit.jsonl"
        self.audit_head = self.custody / "audit-head.json"

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the directories of both halves.

        What was made is removed again after an error.

        Raises:
            HomeError: the directory is not empty, or is not a directory.
            OSError: a directory cannot be made.
        """
        home = cls(path)
        with removed_on_error(path):
            try:
                path.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
                used = any(path.iterdir())
            except (FileExistsError, NotADirectoryError):
                raise HomeError(f"{path}: not a directory") from None
            if used:
                raise HomeError(f"{path}: not empty; HOME must be a new or empty directory")
            home._make_halves()
        return home

    def _make_halves(self) -> None:
        made: list[Path] = []
        try:
            for folder in (self.custody, self.vault, self.online, self.channels):
                durable.make_directory(folder)
                made.append(folder)
        except BaseException:
            _remove_empty(reversed(made))
            raise

    @property
    def real(self) -> str:
        """HOME's path as tasks carry it: absolute and without symbolic links, so that all workers find it."""
        return os.path.realpath(self.path)

    def channel(self, name: str) -> Path:
        """A channel's directory in the online half; raises FormatError if the name is not a channel's."""
        return self.channels / check_channel(name)

    def trust(self, name: str) -> Path:
        """A channel's trust file; raises FormatError if the name is not a channel's."""
        return self.path / f"trust-{check_channel(name)}.json"

    def has_custody(self) -> bool:
        """Whether the custody half is on this machine."""
        return self.custody.is_dir()

    def has_online(self) -> bool:
        """Whether the online half is on this machine."""
        return self.online.is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that keeps custody commands from running at the same time. It ends with the process.

        Raises:
            HomeError: the custody half is not here, another process holds the lock, or the lock file cannot be opened.
        """
        if not self.has_custody():
            if self.has_online():
                raise HomeError(
                    f"{self.path}: no custody half here, since this is a serving machine; run the command on the "
                    "custody machine, then carry a bundle here (docs/operations/two-machines.md)"
                )
            raise HomeError(f"{self.path}: no HOME here; make one with: pilookup init {shlex.quote(str(self.path))}")
        with file_errors.failures_as(HomeError, self.custody):
            handle = os.open(self.custody / "lock", os.O_CREAT | os.O_RDWR, durable.FILE_MODE)
        try:
            with file_errors.failures_as(HomeError, self.custody / "lock"):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    text = f"{self.path}: another command is working on it; try again when it has ended"
                    raise HomeError(text) from None
            yield
        finally:
            os.close(handle)


@contextmanager
def removed_on_error(path: Path) -> Iterator[None]:
    """After an error, remove the directory `path` and its parents, as far as they were missing before and are empty."""
    missing = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        yield
    except BaseException:
        _remove_empty(missing)
        raise


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove directories, in this order; leaves those that are not empty or cannot be removed."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
