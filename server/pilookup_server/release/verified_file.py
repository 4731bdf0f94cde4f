"""A release's files, open for as long as anyone reads them: a file deleted on disk is served on until its
grace ends.
"""

import mmap
import os
import weakref
from hashlib import file_digest
from pathlib import Path

from pilookup.errors import FormatError
from pilookup.protocol.manifest import FileRef


class VerifiedFile:
    """A file whose size and SHA-256 were checked once, after it was opened; it closes when the last user lets
    go.
    """

    def __init__(self, path: Path, ref: FileRef) -> None:
        """Open and check; raises OSError, or FormatError naming the file."""
        self.ref = ref
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        if os.fstat(self._descriptor).st_size != ref.size:
            raise FormatError(f"{path.name}: not the size that is signed for it")
        if self._digest() != ref.sha256:
            raise FormatError(f"{path.name}: not the content that is signed for it")

    def read(self, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start`, fewer at the file's end only; releases the interpreter lock."""
        return os.pread(self._descriptor, size, start)

    def map(self) -> memoryview:
        """The whole file, read-only, in memory as it is touched."""
        if not self.ref.size:
            return memoryview(b"")
        return memoryview(mmap.mmap(self._descriptor, self.ref.size, access=mmap.ACCESS_READ))

    def _digest(self) -> str:
        with open(self._descriptor, "rb", buffering=0, closefd=False) as file:
            return file_digest(file, "sha256").hexdigest()
