"""The digest and size of a published file."""

import os
from hashlib import file_digest
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final

from pilookup.plain_file import plain_file, read_plain
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.release import MAX_METADATA_BYTES

METADATA_BYTES: Final = MAX_METADATA_BYTES
"""The greatest size of a metadata file, as `parse_metadata` takes it. Real ones have a few kilobytes."""


def read_metadata(path: Path) -> bytes:
    """The content of a metadata file; raises OSError, also if it is not a plain file or too large."""
    return read_plain(path, METADATA_BYTES)


def file_ref(path: Path) -> FileRef:
    """The SHA-256 and size of a file; raises OSError."""
    with plain_file(path) as file:
        return open_file_ref(file)


def open_file_ref(file: BufferedReader | FileIO) -> FileRef:
    """The SHA-256 and size of a file that is open at its start; raises OSError."""
    return FileRef(file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size)
