"""Files from a host in parts, each within a time of its own, so that a killed sync goes on where it was.

A host can be slow, but not slower than one part in its time; it can send more than was asked for, but no more is
read; and whatever it sends counts only once the whole file has the signed size and digest.
"""

import os
from collections.abc import Callable
from hashlib import file_digest
from io import FileIO
from pathlib import Path
from typing import Final

from pilookup import durable, file_errors
from pilookup.checking.answers import Span
from pilookup.checking.deadline import Deadline
from pilookup.checking.requests import Call
from pilookup.checking.result import Failure, Reason
from pilookup.checking.transport import Http
from pilookup.protocol.manifest import FileRef

PART_BYTES: Final = 4 * 2**20
"""Number of bytes that one request asks for."""

OnBytes = Callable[[int], None]
"""Called with the number of bytes that have arrived since the last call."""


class RangeFetcher:
    """Fetches the files of one channel below `targets/`."""

    def __init__(self, http: Http, timeout: float, on_bytes: OnBytes) -> None:
        """Make a fetcher.

        Args:
            http: the host's connections.
            timeout: seconds that each part may take, repetitions included.
            on_bytes: called with the bytes of each part. A file that is fetched again counts again.
        """
        self._http = http
        self._timeout = timeout
        self._on_bytes = on_bytes
        self.fetched = 0
        """Number of bytes that were fetched."""

    def fetch(self, path: str, ref: FileRef, partial: Path) -> None:
        """Bring a file to the signed size and digest, from the part of it that is there.

        Args:
            path: the file's path below `targets/`.
            ref: its signed size and digest.
            partial: where it is collected. It is deleted if its digest is wrong, and kept after any other failure.

        Raises:
            Failure: the host does not deliver the file. `missing` says that it does not have it.
            OSError: the file cannot be written.
        """
        with file_errors.naming(partial), durable.partial_file(partial) as file:
            begun = self._begin(file, ref)
            self._append(file, path, ref, begun)
            if begun and not _is(file, ref):
                file.truncate(0)  # what was there before may be damaged
                self._append(file, path, ref, 0)
            if not _is(file, ref):
                partial.unlink()
                url = self._http.endpoint.url(f"targets/{path}")
                raise Failure(Reason.BAD_SNAPSHOT, detail="not the file that was signed", url=url)
            os.fsync(file.fileno())

    def _begin(self, file: FileIO, ref: FileRef) -> int:
        """Return how much of the file is there."""
        size = os.fstat(file.fileno()).st_size
        if size > ref.size:
            file.truncate(0)
            return 0
        self._on_bytes(size)
        return size

    def _append(self, file: FileIO, path: str, ref: FileRef, first: int) -> None:
        file.seek(first)
        while first < ref.size:
            span = Span(first, min(first + PART_BYTES, ref.size), ref.size)
            url = self._http.endpoint.url(f"targets/{path}")
            call = Call(url, span.stop - span.first, too_long=Reason.BAD_SNAPSHOT, span=span)
            try:
                data = memoryview(self._http.get(call, Deadline.after(self._timeout)))
            except Failure as failure:
                failure.url = url
                raise
            self.fetched += len(data)
            self._on_bytes(len(data))
            while data:
                data = data[file.write(data) :]
            first = span.stop


def _is(file: FileIO, ref: FileRef) -> bool:
    file.seek(0)
    return os.fstat(file.fileno()).st_size == ref.size and file_digest(file, "sha256").hexdigest() == ref.sha256
