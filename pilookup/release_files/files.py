"""The digest and size of a published file."""

import os
from hashlib import file_digest
from pathlib import Path

from pilookup.protocol.manifest import FileRef


def file_ref(path: Path) -> FileRef:
    """The SHA-256 and size of a file; raises OSError."""
    with path.open("rb") as file:
        return FileRef(file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size)
