"""The digest and size of a published file."""

import os
from hashlib import file_digest
from io import BufferedReader, FileIO
from pathlib import Path

from pilookup.protocol.manifest import FileRef


def file_ref(path: Path) -> FileRef:
    """The SHA-256 and size of a file; raises OSError."""
    with path.open("rb") as file:
        return open_file_ref(file)


def open_file_ref(file: BufferedReader | FileIO) -> FileRef:
    """The SHA-256 and size of a file that is open at its start; raises OSError."""
    return FileRef(file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size)
