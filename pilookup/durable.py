"""Writes files so that each is either complete or absent, whenever the machine stops.

A file is written under a temporary name in the same directory, flushed to the disk and renamed; then the directory is
flushed. Only `write_and_rename` leaves out some of these steps. All files have mode 0600, all directories 0700.

Every function raises OSError, which names the file, if the operating system refuses. Only the caller knows what the
file is for and which error of pilookup to raise; `file_errors.failures_as` does that everywhere in the same words.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from pilookup import file_errors, overwriting
from pilookup.plain_file import read_plain

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


def temporary(path: Path) -> Path:
    """The temporary name of `path`. It is always the same, so that a file left by a kill is found and replaced."""
    return path.with_name(f".{path.name}.new")


def write_flushed(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write and flush a new file, from bytes or chunks of bytes. Leaves no file behind if that fails.

    Raises:
        FileExistsError: There is a file of that name.
    """
    _write(path, data, flushed=True)


def write_and_rename(path: Path, chunks: Iterable[bytes], *, flushed: bool) -> None:
    """Write the file of a task under a unique temporary name, and rename it.

    A task that runs twice, even at the same time, replaces the file by the same file. A kill leaves the temporary file,
    which is deleted with its directory.

    Args:
        path: The file's final name.
        chunks: The content.
        flushed: Whether the file is flushed before it is renamed. Its directory never is. False is for files that a
            power cut makes useless anyway, since the work starts again.
    """
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    _write(new, chunks, flushed=flushed)
    new.rename(path)


def _write(path: Path, data: bytes | Iterable[bytes], *, flushed: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for chunk in [data] if isinstance(data, bytes) else data:
                with file_errors.naming(path):
                    _write_whole(file, chunk)
            if flushed:
                with file_errors.naming(path):
                    os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):  # what failed is raised; a medium that refuses more is not a second fault
            overwriting.discard(path)
        raise


def _write_whole(file: FileIO | BinaryIO, data: bytes) -> None:
    """Write all of `data` to an unbuffered file, which may take a part of it at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def new_file(path: Path) -> BinaryIO:
    """Open a new file of mode 0600 for writing in steps; flushing and naming it are the caller's.

    Raises:
        FileExistsError: There is a file of that name.
        OSError: The file cannot be created.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb")


def partial_file(path: Path) -> FileIO:
    """Open a file of mode 0600 for reading and writing in steps; it may be there in part. The caller flushes it.

    Raises:
        OSError: The file cannot be opened, or is a symbolic link.
    """
    return os.fdopen(
        os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE), "r+b", buffering=0
    )


def empty_file(path: Path) -> None:
    """Make an empty file of mode 0600, unless there is a file; for a database, which others could read otherwise.

    Processes may do so at the same time. Nothing is flushed.

    Raises:
        OSError: The file cannot be made or opened, or is a symbolic link.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE))


def flush(path: Path) -> None:
    """Flush a file that was written in steps; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with file_errors.naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, or replace it in one step, from bytes or chunks of bytes.

    The caller must hold a lock, so that nobody else writes the same file.
    """
    new = temporary(path)
    overwriting.discard(new)
    write_flushed(new, data)
    new.rename(path)
    sync_directory(path.parent)


def replace_key_file(path: Path, data: bytes) -> None:
    """The same as `replace`, and what was in the file before is overwritten once the new content is in its place."""
    with overwriting.overwritten(path):
        replace(path, data)


def move_key_file(path: Path, to: Path) -> None:
    """Rename a key file. A file of that name with other content is overwritten, one with the same is kept.

    At any instant there is one of the two under the name, whole. The caller flushes the directory.
    """
    if _same_content(path, to):
        path.rename(temporary(to))  # a kill leaves it under a name that no command reads as a key
        overwriting.discard(temporary(to))
        return
    with overwriting.overwritten(to):
        path.rename(to)


def create(path: Path, data: bytes) -> None:
    """Write a new file in one step. Of several processes or threads that do so at the same time, one succeeds.

    Raises:
        FileExistsError: There is a file of that name; it is left as it is.
    """
    new = temporary(path)
    with _locked_temporary(path) as file:
        try:
            with file_errors.naming(path):
                _write_whole(file, data)
                os.fsync(file.fileno())
            os.link(new, path)
        except BaseException:
            with suppress(OSError):  # what failed is raised; a medium that refuses more is not a second fault
                overwriting.discard(new)
            raise
        new.unlink(missing_ok=True)
    sync_directory(path.parent)


@contextmanager
def _locked_temporary(path: Path) -> Iterator[FileIO]:
    """The temporary file of `path`, empty and locked. Waits for who writes it now; what a kill left is overwritten."""
    new = temporary(path)
    while True:
        try:
            descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EACCES, errno.EPERM):
                raise
            new.unlink(missing_ok=True)  # a symbolic link or a file of somebody else: there is nothing to overwrite
            continue
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            with file_errors.naming(new):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            status = os.fstat(descriptor)
            if not _is_at(status, new):
                continue  # whoever held the lock has finished
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
                new.unlink(missing_ok=True)  # a pipe, or the second name that a kill left of the file itself
                continue
            with file_errors.naming(new):
                os.fchmod(descriptor, FILE_MODE)
                if 0 < status.st_size <= overwriting.KEY_FILE_BYTES:
                    overwriting.overwrite(file)
                file.seek(0)
                file.truncate()
            yield file
            return


def _is_at(status: os.stat_result, path: Path) -> bool:
    """Whether a path still names the open file of this status."""
    try:
        return os.path.samestat(status, path.lstat())
    except FileNotFoundError:
        return False


def _same_content(path: Path, other: Path) -> bool:
    try:
        return read_plain(path, overwriting.KEY_FILE_BYTES) == read_plain(other, overwriting.KEY_FILE_BYTES)
    except FileNotFoundError:
        return False


def make_directory(path: Path) -> None:
    """Make one directory and flush its parent. Leaves no directory behind if that fails.

    Raises:
        FileExistsError: There is a file or directory of that name.
    """
    path.mkdir(mode=DIRECTORY_MODE)
    try:
        sync_directory(path.parent)
    except BaseException:
        path.rmdir()
        raise


def sync_directory(path: Path) -> None:
    """Flush the entries of a directory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with file_errors.naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
