"""Files that are either wholly there or not at all, whatever instant the machine stops at.

A file is written under a temporary name in its own directory, flushed to the disk, given its
name in one step, and then the directory is flushed. Only `write_and_rename` leaves some of that out.
All files are 0600, all directories 0700. OSError passes through: the caller knows what the file was for and says so.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
BLOCK_BYTES = 1 << 22


def temporary(path: Path) -> Path:
    """The one temporary name of `path`; a fixed name, so that a leftover is found again and not forgotten."""
    return path.with_name(f".{path.name}.new")


def write_flushed(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file that must not exist yet, 0600, whole or in chunks, and flush it; a failed write leaves no file."""
    _write(path, data, flushed=True)


def write_and_rename(path: Path, chunks: Iterable[bytes], *, flushed: bool) -> None:
    """Give a task's file its name in one step, whole; a task that runs twice, even at once, puts the same in its place.

    Its directory is not flushed, and `flushed` False leaves the file itself too: for work that a power cut makes begin
    anew. A kill leaves the temporary name, which goes with the directory.
    """
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    _write(new, chunks, flushed=flushed)
    new.rename(path)


def _write(path: Path, data: bytes | Iterable[bytes], *, flushed: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for chunk in [data] if isinstance(data, bytes) else data:
                view = memoryview(chunk)
                while view:
                    view = view[file.write(view) :]
            if flushed:
                os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def read_at(file: BinaryIO, size: int, at: int) -> bytes:
    """Exactly `size` bytes from `at` on; raises EOFError where the file does not have them, OSError naming it.

    One call of the system reads 2 GiB at most.
    """
    if not 0 <= size <= os.fstat(file.fileno()).st_size - at:
        raise EOFError("a file is cut short")
    chunks = []
    while size:
        try:
            chunk = os.pread(file.fileno(), min(size, 1 << 30), at)
        except OSError as error:
            raise OSError(error.errno, error.strerror, file.name) from None
        if not chunk:
            raise EOFError("a file is cut short")
        chunks.append(chunk)
        size, at = size - len(chunk), at + len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def read_blocks(path: Path) -> Iterator[bytes]:
    """The content of a file in blocks of 4 MiB, the last one shorter; raises OSError.

    To hash a whole file, use `hashlib.file_digest`.
    """
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def replace(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write or replace a file in one step, whole or in chunks. One writer at a time: the caller holds a lock."""
    new = temporary(path)
    new.unlink(missing_ok=True)
    write_flushed(new, data)
    new.rename(path)
    sync_directory(path.parent)


def create(path: Path, data: bytes) -> None:
    """Write a new file in one step; raises FileExistsError when the name is taken, and leaves that file alone."""
    new = temporary(path)
    new.unlink(missing_ok=True)
    write_flushed(new, data)
    try:
        os.link(new, path)
    finally:
        new.unlink()
    sync_directory(path.parent)


def destroy(path: Path) -> None:
    """Overwrite a file (and a leftover of its writing), flush, unlink; a missing file is no error.

    Copies the file system keeps (journals, snapshots, flash wear levelling) are beyond reach.
    """
    for victim in (temporary(path), path):
        try:
            descriptor = os.open(victim, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(os.urandom(os.fstat(file.fileno()).st_size))
            os.fsync(file.fileno())
        victim.unlink()
    sync_directory(path.parent)


def make_directory(path: Path) -> None:
    """Make one directory, 0700, and flush its parent; raises FileExistsError."""
    path.mkdir(mode=DIRECTORY_MODE)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Flush a directory's own entries."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
