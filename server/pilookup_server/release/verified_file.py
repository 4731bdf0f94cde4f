"""Files of a release, kept open as long as they are used.

A file that a newer release deletes from disk can therefore be served until the grace of its own release ends.
"""

import mmap
import os
import sys
import weakref
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pilookup.errors import FormatError
from pilookup.plain_file import open_plain
from pilookup.protocol.manifest import FileRef
from pilookup.release_files.files import open_file_ref

SMALL_BYTES: Final = 64 * 1024
"""Files of at most this size, such as manifests, are kept in memory, where they take no descriptor."""


class VerifiedFile:
    """An open file whose size and SHA-256 digest were verified after it was opened.

    It is closed when nothing refers to it any more. A small file is closed at once, and kept in memory.

    Attributes:
        ref: The size and digest that are signed for the file.
    """

    def __init__(self, path: Path, ref: FileRef) -> None:
        """Open and verify the file.

        Raises:
            FormatError: The size or content is not the one that `ref` states; the text names the file.
            OSError: The file cannot be opened (it must be a plain file) or read.
        """
        self.ref = ref
        self._content: bytes | None = None
        self._descriptor = open_plain(path)
        close = weakref.finalize(self, os.close, self._descriptor)
        if os.fstat(self._descriptor).st_size != ref.size:
            raise FormatError(f"{path.name}: not the size that is signed for it")
        if ref.size <= SMALL_BYTES:
            self._content = os.pread(self._descriptor, ref.size, 0)
            close()
        if self._ref() != ref:
            raise FormatError(f"{path.name}: not the content that is signed for it")

    def _ref(self) -> FileRef:
        if self._content is not None:
            return FileRef(sha256(self._content).hexdigest(), len(self._content))
        with open(self._descriptor, "rb", buffering=0, closefd=False) as file:
            return open_file_ref(file)

    def read(self, start: int, size: int) -> bytes:
        """Read up to `size` bytes from byte `start` on; fewer only at the end of the file.

        Releases the interpreter lock while it reads.

        Raises:
            OSError: The file cannot be read.
        """
        if self._content is not None:
            return self._content[start : start + size]
        return os.pread(self._descriptor, size, start)

    def map(self) -> memoryview:
        """Map the whole file read-only; pages are loaded when they are accessed.

        Raises:
            OSError: The file cannot be mapped.
            ValueError: The file is shorter now than when it was verified.
        """
        if self._content is not None:
            return memoryview(self._content)
        options: dict[str, Any] = {"access": mmap.ACCESS_READ}
        if sys.version_info >= (3, 13):
            options["trackfd"] = False  # otherwise the mapping keeps a second descriptor
        return memoryview(mmap.mmap(self._descriptor, self.ref.size, **options))
