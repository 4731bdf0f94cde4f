"""Files of a release, kept open as long as they are used.

A file that a newer release deletes from disk can therefore be served until the grace of its own release ends.
"""

import mmap
import os
import weakref
from pathlib import Path

from pilookup.errors import FormatError
from pilookup.protocol.manifest import FileRef
from pilookup.release_files.files import open_file_ref


class VerifiedFile:
    """An open file whose size and SHA-256 digest were verified after it was opened.

    It is closed when nothing refers to it any more.

    Attributes:
        ref: The size and digest that are signed for the file.
    """

    def __init__(self, path: Path, ref: FileRef) -> None:
        """Open and verify the file.

        Raises:
            FormatError: The size or content is not the one that `ref` states; the text names the file.
            OSError: The file cannot be opened (it must not be a symbolic link) or read.
        """
        self.ref = ref
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        if os.fstat(self._descriptor).st_size != ref.size:
            raise FormatError(f"{path.name}: not the size that is signed for it")
        with open(self._descriptor, "rb", buffering=0, closefd=False) as file:
            found = open_file_ref(file)
        if found != ref:
            raise FormatError(f"{path.name}: not the content that is signed for it")

    def read(self, start: int, size: int) -> bytes:
        """Read up to `size` bytes from byte `start` on; fewer only at the end of the file.

        Releases the interpreter lock while it reads.

        Raises:
            OSError: The file cannot be read.
        """
        return os.pread(self._descriptor, size, start)

    def map(self) -> memoryview:
        """Map the whole file read-only; pages are loaded when they are accessed.

        Raises:
            OSError: The file cannot be mapped.
            ValueError: The file is shorter now than when it was verified.
        """
        if not self.ref.size:
            return memoryview(b"")
        return memoryview(mmap.mmap(self._descriptor, self.ref.size, access=mmap.ACCESS_READ))
