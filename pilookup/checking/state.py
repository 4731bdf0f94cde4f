"""What a client keeps between runs: the root it trusts, the newest metadata and the highest serial it has seen.

    STATE_DIR/{16 hex of SHA-256(url, channel)}/
        lock                                     held while a process refreshes the metadata
        first-root.json                          the root seen at first contact, where none was given
        {16 hex of SHA-256(pinned root)}/
            metadata/  targets/                  the TUF client's files
            serial                               the highest snapshot serial seen, in decimal

Each pinned root has a directory, because a serial seen under one root says nothing about another root.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from pilookup import durable
from pilookup.errors import TrustError

_ID_HEX = 16


class TrustOnFirstUse(UserWarning):
    """Warning: no root was given, so the first root seen is trusted from now on. The text has its SHA-256."""


def default_directory() -> Path:
    """Return `$XDG_STATE_HOME/pilookup`, or `~/.local/state/pilookup` where that variable is not an absolute path."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "pilookup"


class State:
    """The state of one channel at one URL.

    All methods raise OSError. The caller holds `lock` while it calls any other.
    """

    def __init__(self, directory: Path, url: str, channel: str) -> None:
        """Create the channel's directory (mode 0700) below `directory`; raises TrustError if it cannot be written."""
        self._folder = directory / _short_digest(f"{url}\0{channel}".encode())
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with self.lock():
                pass
        except OSError as error:
            text = f"cannot keep trust state in {directory} ({error.strerror}): pass another state_dir"
            raise TrustError("no_state", text) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock file; blocks while another process or thread holds it."""
        file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def first_root(self) -> bytes | None:
        """Return the root that was remembered at first contact, or None."""
        try:
            return (self._folder / "first-root.json").read_bytes()
        except FileNotFoundError:
            return None

    def remember_root(self, root: bytes) -> None:
        """Store the root that was trusted at first contact."""
        durable.replace(self._folder / "first-root.json", root)

    def for_root(self, root: bytes) -> "RootState":
        """Return the state kept under a pinned root, creating its directories."""
        return RootState(self._folder / _short_digest(root))


class RootState:
    """The part of a channel's state that depends on the pinned root."""

    def __init__(self, folder: Path) -> None:
        """Create the directories (mode 0700); raises OSError."""
        self.metadata = folder / "metadata"
        self.targets = folder / "targets"
        self._serial = folder / "serial"
        for directory in (folder, self.metadata, self.targets):
            directory.mkdir(mode=0o700, exist_ok=True)

    def serial(self) -> int:
        """Return the highest serial seen, or 0 before the first; raises OSError for a file that holds no serial."""
        try:
            text = self._serial.read_text(encoding="ascii")
        except FileNotFoundError:
            return 0
        except UnicodeDecodeError:
            text = ""
        if not text.isdigit():
            raise OSError(f"{self._serial}: not a serial")
        return int(text)

    def remember_serial(self, serial: int) -> None:
        """Store the highest serial seen."""
        durable.replace(self._serial, str(serial).encode())


def _short_digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:_ID_HEX]
