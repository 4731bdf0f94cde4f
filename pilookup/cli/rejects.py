"""The file that `--rejects` names. It contains cells in clear, so it appears complete or not at all."""

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import typer

from pilookup import durable, file_errors
from pilookup.errors import CustodyError, IntakeError, PasswordRequiredError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NOT_OFFERED: Final = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)
"""Errors of kernels and file systems that cannot make a file without a name."""

_COMPLETE = "the load is complete, and a dry run with --replace writes the rejected rows"


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TextIO | None]:
    """Yield a stream for rejected rows, or None without a path. The file (mode 0600) gets its name at the end.

    It also gets it where the block raises IntakeError after a row was rejected, because the rows show why. A block that
    raises PasswordRequiredError is repeated, so it leaves no file. Until the end the file has no name, if the system
    supports that, so that even a killed command leaves no cell on the disk.
    Otherwise it has a temporary name, which the next command with this path reuses. A file that already exists is not
    changed.

    Raises:
        typer.BadParameter: `path` exists.
        CustodyError: `path` was created by another program while the block ran, or the file could not be completed
            after it. If the block failed, the text says so too.
        OSError: the file cannot be written; the error names it, also where the stream raises it.
    """
    if path is None:
        yield None
        return
    if os.path.lexists(path):
        raise typer.BadParameter(f"{path}: already exists", param_hint="--rejects")
    descriptor, source = _unnamed(path) or _temporary(path)
    try:
        file = io.BufferedWriter(_NamedFile(descriptor, path))
        with io.TextIOWrapper(file, encoding="utf-8", newline="") as stream:
            failure = None
            try:
                yield stream
            except PasswordRequiredError:
                raise
            except IntakeError as error:
                failure = error
            stream.flush()
            if failure is None or _has_rows(descriptor):
                _complete(descriptor, source, path, failure)
            if failure is not None:
                raise failure
    finally:
        if source == durable.temporary(path).name:
            durable.temporary(path).unlink(missing_ok=True)


def _has_rows(descriptor: int) -> bool:
    """Whether a file of rejected rows has more than its header."""
    from pilookup.custody.intake.rejects import REJECTS_HEADER  # noqa: PLC0415 - needs the extra `load`

    return os.fstat(descriptor).st_size > len(",".join(REJECTS_HEADER) + "\n")


def _complete(descriptor: int, source: str, path: Path, failure: IntakeError | None) -> None:
    """Give a written file its name; raises CustodyError, which says whether the load is complete.

    Args:
        descriptor: The file.
        source: Its path until now.
        path: Its name.
        failure: Why the load failed; None if it is complete.
    """
    end = _COMPLETE if failure is None else f"the load failed: {failure}"
    try:
        os.fsync(descriptor)
        _name(source, path)
    except FileExistsError:
        text = f"{path}: was created by another program, so the rejected rows were not written"
        raise CustodyError(f"{text}; {end}") from None
    except OSError as error:
        raise CustodyError(f"{file_errors.failure_text(error, 'cannot be written', path)}; {end}") from error


class _NamedFile(io.FileIO):
    """A file that may have no name yet; errors of writing name the path that it will have."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, data: "ReadableBuffer", /) -> int:
        with file_errors.naming(self._path):
            return super().write(data)


def _unnamed(path: Path) -> tuple[int, str] | None:
    """Make a file without a name in the directory of `path`.

    Returns its descriptor and its path in /proc, or None if the system cannot make one.
    """
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
    """Make a file with a temporary name in the directory of `path`; returns its descriptor and that name."""
    new = durable.temporary(path)
    new.unlink(missing_ok=True)
    return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, durable.FILE_MODE), new.name


def _name(source: str, path: Path) -> None:
    """Give a file its name; raises OSError, which is FileExistsError if the name is taken."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # os.link follows the link in /proc to the file only if it is given a directory descriptor.
        os.link(source, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except FileExistsError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # it names the link's source in /proc
    finally:
        os.close(folder)
