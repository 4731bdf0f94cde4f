"""HOME: where everything lies, in two halves that can live on two machines.

HOME/custody/   keyring.json  keys/  control.sqlite3  vault/  lock
HOME/online/    keyring.json  keys/  channels/{channel}/{metadata,targets}/
HOME/trust-{channel}.json     the channel's root metadata, to pin
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pilookup import durable
from pilookup.errors import HomeError
from pilookup.protocol.names import check_channel


class Home:
    """The layout of one HOME; making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.custody = path / "custody"
        self.online = path / "online"
        self.vault = self.custody / "vault"
        self.database = self.custody / "control.sqlite3"
        self.channels = self.online / "channels"

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the directories of both halves; raises HomeError where anything is there already."""
        home = cls(path)
        try:
            path.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise HomeError(f"{path}: not empty; HOME must be a new or empty directory")
            for folder in (home.custody, home.vault, home.online, home.channels):
                durable.make_directory(folder)
        except (FileExistsError, NotADirectoryError):
            raise HomeError(f"{path}: not a directory") from None
        return home

    @property
    def real(self) -> str:
        """HOME as tasks carry it: absolute and free of links, so that it means the same wherever a task runs."""
        return os.path.realpath(self.path)

    def channel(self, name: str) -> Path:
        """A channel's directory in the online half."""
        return self.channels / check_channel(name)

    def trust(self, name: str) -> Path:
        """A channel's trust file."""
        return self.path / f"trust-{check_channel(name)}.json"

    def has_custody(self) -> bool:
        return self.custody.is_dir()

    def has_online(self) -> bool:
        return self.online.is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The lock of custody commands: one at a time. Raises HomeError when another holds it."""
        if not self.has_custody():
            raise HomeError(f"{self.path}: no custody half here; make one with: pilookup init {self.path}")
        handle = os.open(self.custody / "lock", os.O_CREAT | os.O_RDWR, durable.FILE_MODE)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeError(f"{self.path}: another command is working on it; try again when it has ended") from None
            yield
        finally:
            os.close(handle)
