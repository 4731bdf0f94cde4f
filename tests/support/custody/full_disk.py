"""A disk that becomes full at a chosen write."""

import errno
import os
from pathlib import Path

from pilookup import durable

WRITES = [
    (durable, "_write"),
    (durable, "_locked_temporary"),
    (os, "fsync"),
    (os, "link"),
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "touch"),
]


EVERY_WRITE = bool(os.environ.get("EVERY_WRITE"))
"""Whether every write is tried. Without it, long commands are stopped at fewer and fewer of their writes."""


def next_write(writes, part):
    """The next write at which the disk becomes full."""
    return writes + 1 if EVERY_WRITE else writes + 1 + writes // part


class Disk:
    """Has space for `writes` more writes below a folder; the next one fails. None: has space for all.

    A server that another test has left running in this process may write elsewhere meanwhile.
    """

    def __init__(self, monkeypatch, folder):
        self.folder = str(folder)
        self.writes = None
        self.failed_on = None
        for owner, name in WRITES:
            monkeypatch.setattr(owner, name, self._limited(getattr(owner, name)))

    def _limited(self, act):
        def limited(path, *args, **options):
            if not self._is_below(path):
                return act(path, *args, **options)
            if self.writes == 0 and not self._needed_none(path, options):
                self.writes, self.failed_on = None, path
                named = (str(path),) if isinstance(path, str | Path) else ()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *named)
            if self.writes is not None and not self._needed_none(path, options):
                self.writes -= 1
            return act(path, *args, **options)

        return limited

    def _is_below(self, path):
        """Whether a path, or the file of a descriptor, is below the folder."""
        name = Path(f"/proc/self/fd/{path}" if isinstance(path, int) else path)
        file = name.readlink() if str(name).startswith("/proc/self/fd/") else name
        return str(file).startswith(self.folder)

    @staticmethod
    def _needed_none(path, options):
        """Whether this makes a directory that is there already."""
        return options.get("exist_ok") and path.is_dir()
