"""What a client remembers between runs: the root it pinned, the newest metadata and serial it saw.

    STATE_DIR/{16 hex of SHA-256(url, channel)}/
        lock                                     held while any process refreshes
        first-root.json                          the root remembered at first contact, when none was given
        {16 hex of SHA-256(pinned root)}/
            metadata/  targets/                  the TUF client's own files
            serial                               the highest snapshot serial seen, decimal

Another pinned root is another folder: what was seen under one root says nothing under another.
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
    """No root was given, so the first one seen is trusted from now on; the text has its SHA-256."""


def default_directory() -> Path:
    """`$XDG_STATE_HOME/pilookup`, else `~/.local/state/pilookup`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "pilookup"


class State:
    """One channel's folder. Methods raise OSError; calls are made while `lock` is held."""

    def __init__(self, directory: Path, url: str, channel: str) -> None:
        """Make the folder (0700); raises TrustError when it cannot be written."""
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
        """Keep other processes with the same state out."""
        file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def first_root(self) -> bytes | None:
        """The root remembered at first contact, if there was one."""
        try:
            return (self._folder / "first-root.json").read_bytes()
        except FileNotFoundError:
            return None

    def remember_root(self, root: bytes) -> None:
        durable.replace(self._folder / "first-root.json", root)

    def for_root(self, root: bytes) -> "RootState":
        """What was seen under a pinned root."""
        return RootState(self._folder / _short_digest(root))


class RootState:
    """The part of the state that hangs on one pinned root."""

    def __init__(self, folder: Path) -> None:
        self.metadata = folder / "metadata"
        self.targets = folder / "targets"
        self._serial = folder / "serial"
        for directory in (folder, self.metadata, self.targets):
            directory.mkdir(mode=0o700, exist_ok=True)

    def serial(self) -> int:
        """The highest serial seen, 0 at first; raises OSError for a file that holds none."""
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
        durable.replace(self._serial, str(serial).encode())


def _short_digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:_ID_HEX]
