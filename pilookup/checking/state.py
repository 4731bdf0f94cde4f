"""What a client keeps between runs: the root it trusts, the newest metadata and the highest serial it has seen.

    STATE_DIR/{16 hex of SHA-256(url, channel)}/
        lock                                     held while files below are read together or replaced
        first-root.json                          the root seen at first contact, where none was given
        {16 hex of SHA-256(pinned root)}/
            metadata/  targets/                  the TUF client's files
            serial                               the highest snapshot serial seen, in decimal
            refresh-.../                         the files of a refresh that is under way

Each pinned root has a directory, because a serial seen under one root says nothing about another root.

The lock is held for moments, never over the network: a refresh works on a copy, and `RootState.swap` takes its outcome
over only if nobody else has changed the files meanwhile. So processes neither wait for each other's server nor replace
newer files by older ones.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from pilookup import durable
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.errors import TrustError

_ID_HEX = 16
_LOCK_PAUSE = 0.005
"""Seconds between two attempts to take the lock."""

Files = dict[str, bytes]
"""Contents of files by their paths below a root's directory."""

SERIAL = "serial"
_ALIVE = "alive"


class LockedError(OSError):
    """Another process held the state directory's lock up to the deadline."""


class TrustOnFirstUse(UserWarning):
    """Warning: no root was given, so the first root seen is trusted from now on. The text has its SHA-256."""


def default_directory() -> Path:
    """Return `$XDG_STATE_HOME/pilookup`, or `~/.local/state/pilookup` where that variable is not an absolute path."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "pilookup"


class State:
    """The state of one channel at one URL.

    All methods raise OSError.
    """

    def __init__(self, directory: Path, url: str, channel: str) -> None:
        """Create the channel's directory (mode 0700) below `directory`; raises TrustError if it cannot be written."""
        self._folder = directory / _short_digest(f"{url}\0{channel}".encode())
        self._held: set[int] = set()
        renew_in_children(self)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            os.close(self._open_lock())
        except OSError as error:
            text = f"cannot keep trust state in {directory} ({error.strerror}): pass another state_dir"
            raise TrustError("no_state", text) from error

    def renew_after_fork(self) -> None:
        """Close inherited descriptors of the lock, so that this child does not hold on to one that its parent held."""
        for descriptor in self._held:
            os.close(descriptor)
        self._held = set()

    def _open_lock(self) -> int:
        return os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def lock(self, deadline: Deadline) -> Iterator[None]:
        """Hold the lock file. Waits while another process or thread holds it; raises LockedError at the deadline."""
        descriptor = self._open_lock()
        self._held.add(descriptor)
        try:
            _lock(descriptor, deadline)
            yield
        finally:
            # The lock would outlive this descriptor if a process forked meanwhile and has inherited it.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            self._held.discard(descriptor)
            os.close(descriptor)

    def first_root(self) -> bytes | None:
        """Return the root that was remembered at first contact, or None."""
        try:
            return (self._folder / "first-root.json").read_bytes()
        except FileNotFoundError:
            return None

    def remember_root(self, root: bytes) -> None:
        """Store the root that was trusted at first contact. The caller holds the lock."""
        durable.replace(self._folder / "first-root.json", root)

    def for_root(self, root: bytes) -> "RootState":
        """Return the state kept under a pinned root, creating its directories."""
        return RootState(self._folder / _short_digest(root))


class RootState:
    """The part of a channel's state that depends on the pinned root. The caller of a method holds the lock."""

    def __init__(self, folder: Path) -> None:
        """Create the directories (mode 0700); raises OSError."""
        self._folder = folder
        self.targets = folder / "targets"
        for directory in (folder, folder / "metadata", folder / "metadata" / "root_history", self.targets):
            directory.mkdir(mode=0o700, exist_ok=True)

    def read(self) -> Files:
        """Return the files that show what was seen: metadata and serial. Raises OSError."""
        return read_files(self._folder)

    def swap(self, old: Files, new: Files) -> bool:
        """Replace the files `old` by `new`, if they are still `old` or already `new`; raises OSError.

        Returns:
            Whether the files are now `new`. Otherwise another process has replaced them, and nothing was changed.
        """
        kept = self.read()
        if kept == new:
            return True
        if kept != old:
            return False
        for name in kept.keys() - new.keys():
            (self._folder / name).unlink()
        for name in sorted(new, key=_order):
            if new[name] != kept.get(name):
                durable.replace(self._folder / name, new[name])
        return True

    def copy(self, files: Files) -> "WorkingCopy":
        """Write files to a directory for a refresh, and delete such directories of processes that were killed."""
        for left in self._folder.glob("refresh-*"):
            _delete_if_abandoned(left)
        return WorkingCopy(self._folder, files)


class WorkingCopy:
    """A directory of one refresh, in which it works without holding the lock. A context manager that deletes it.

    A lock on its file `alive` shows that its process lives.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        """Write the files to a new directory below `folder`; raises OSError. The caller holds the state's lock."""
        self.folder = Path(mkdtemp(prefix="refresh-", dir=folder))
        self.metadata = self.folder / "metadata"
        self._alive = os.open(self.folder / _ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._alive, fcntl.LOCK_EX)
            (self.metadata / "root_history").mkdir(mode=0o700, parents=True)
            for name, content in files.items():
                (self.folder / name).write_bytes(content)
        except BaseException:
            self.__exit__()
            raise

    def read(self) -> Files:
        """Return the files as the refresh has left them; raises OSError."""
        return read_files(self.folder)

    def newest_root(self) -> bytes | None:
        """The newest version of the root metadata; None before the first. Raises OSError."""
        paths = (self.metadata / "root_history").glob("*.root.json")
        numbered = {version: path for path in paths if (version := _version(path)) is not None}
        return numbered[max(numbered)].read_bytes() if numbered else None

    def forget_online(self) -> None:
        """Delete what the former keys of timestamp and snapshot have signed; raises OSError."""
        for name in ("timestamp.json", "snapshot.json"):
            (self.metadata / name).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._alive, fcntl.LOCK_UN)
        os.close(self._alive)  # first: NFS keeps a file that is open
        shutil.rmtree(self.folder, ignore_errors=True)


def _version(path: Path) -> int | None:
    """The version in a root's file name; None if there is none."""
    number = path.name.removesuffix(".root.json")
    return int(number) if number.isascii() and number.isdigit() else None


def read_files(folder: Path) -> Files:
    """Return the metadata and the serial below a folder; raises OSError."""
    metadata = folder / "metadata"
    paths = [*metadata.glob("root_history/*.root.json"), *metadata.glob("*.json"), folder / SERIAL]
    # root.json is the TUF client's link to the newest root; the client replaces it on each refresh.
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in paths if path.exists() and not path.is_symlink()
    }


def serial_of(files: Files) -> int:
    """Return the highest serial seen, or 0 before the first; raises OSError for a file that holds no serial."""
    text = files.get(SERIAL, b"0")
    if not text.isdigit():
        raise OSError(f"{SERIAL}: not a serial")
    return int(text)


def _order(name: str) -> tuple[int, str]:
    """Sort files in the order in which TUF stores them, so that a kill between two leaves what it can go on from."""
    order = ("metadata/root_history/", "metadata/timestamp.json", "metadata/snapshot.json", "metadata/", SERIAL)
    return next(at for at, prefix in enumerate(order) if name.startswith(prefix)), name


def _lock(descriptor: int, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.over():
                raise LockedError("another process holds the lock of the state directory") from None
            time.sleep(min(_LOCK_PAUSE, deadline.left()))
        else:
            return


def _delete_if_abandoned(folder: Path) -> None:
    """Delete the directory of a refresh if its process is gone; the caller holds the state's lock."""
    try:
        alive = os.open(folder / _ALIVE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:  # its refresh has just ended, or was killed while it began or ended
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:  # its process lives
        return
    finally:
        os.close(alive)
    shutil.rmtree(folder, ignore_errors=True)


def _short_digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:_ID_HEX]
