"""The file of refused rows, which holds parts of numbers in clear: there once it is whole, or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import typer

from pilookup import durable
from pilookup.errors import CustodyError

_NOT_OFFERED: Final = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)
"""What file systems and kernels say that make no file without a name."""


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TextIO | None]:
    """The stream for refused rows. The file, new and its owner's alone, has its name when the block ends well.

    Until then it has none where the system offers that, so that not even a kill leaves a cell behind; elsewhere it has
    a temporary name, which the next command takes again. Raises typer.BadParameter when the name is taken, CustodyError
    when it was taken meanwhile: what stands there stays.
    """
    if path is None:
        yield None
        return
    if os.path.lexists(path):
        raise typer.BadParameter(f"{path}: exists already", param_hint="--rejects")
    descriptor, source = _unnamed(path) or _temporary(path)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
            _name(source, path)
    finally:
        if source == durable.temporary(path).name:
            durable.temporary(path).unlink(missing_ok=True)


def _unnamed(path: Path) -> tuple[int, str] | None:
    """A file without a name in the directory of `path`, and where the system shows it; None where it offers none."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, durable.FILE_MODE)
    except OSError as error:
        if error.errno in _NOT_OFFERED:
            return None
        raise
    source = f"/proc/self/fd/{descriptor}"
    if Path(source).exists():
        return descriptor, source
    os.close(descriptor)
    return None


def _temporary(path: Path) -> tuple[int, str]:
    new = durable.temporary(path)
    new.unlink(missing_ok=True)
    return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, durable.FILE_MODE), new.name


def _name(source: str, path: Path) -> None:
    """Give a file its name, if nobody has taken it meanwhile."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # a link to what /proc shows is a link to the file itself only where a directory is given
        os.link(source, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except FileExistsError:
        raise CustodyError(
            f"{path}: exists by now, so the refused rows were not written; the load is done, and a dry run with "
            "--replace writes them"
        ) from None
    finally:
        os.close(folder)
