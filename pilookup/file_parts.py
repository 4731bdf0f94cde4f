"""Reads parts of files: whole, or with an error that names the file."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pilookup import file_errors
from pilookup.plain_file import plain_file

BLOCK_BYTES: Final = 1 << 22
"""The size of the blocks in which files are read."""


def read_at(file: BinaryIO, size: int, at: int) -> bytes:
    """Read exactly `size` bytes from offset `at`, without moving the file's position.

    Raises:
        EOFError: The file ends before.
        OSError: The file cannot be read; the error names it.
    """
    if not 0 <= size <= os.fstat(file.fileno()).st_size - at:
        raise EOFError("a file is cut short")
    chunks = []
    while size:  # one system call reads at most 2 GiB
        with file_errors.naming(Path(file.name)):
            chunk = os.pread(file.fileno(), min(size, 1 << 30), at)
        if not chunk:
            raise EOFError("a file is cut short")
        chunks.append(chunk)
        size, at = size - len(chunk), at + len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def read_blocks(path: Path) -> Iterator[bytes]:
    """The content of a file in blocks of 4 MiB, the last one shorter; raises OSError.

    To hash a whole file, use `hashlib.file_digest`.
    """
    with plain_file(path) as file:
        while block := _read_block(file, path):
            yield block


def _read_block(file: BinaryIO, path: Path) -> bytes:
    with file_errors.naming(path):
        return file.read(BLOCK_BYTES)
