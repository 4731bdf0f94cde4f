"""A published file by its digest and size."""

from hashlib import sha256
from pathlib import Path

from pilookup.protocol.manifest import FileRef


def file_ref(path: Path) -> FileRef:
    """The SHA-256 and size of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return FileRef(digest.hexdigest(), path.stat().st_size)
