"""The bytes of a text, read by their offset: from a file on disk, or from a stream that is read once."""

import codecs
from typing import BinaryIO, Protocol

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.errors import IntakeError


class TextBytes(Protocol):
    """The bytes of a text."""

    def read(self, start: int, size: int) -> bytes:
        """Read `size` bytes from an offset, or fewer at the end of the text.

        Raises:
            IntakeError: The text cannot be read or has changed.
        """

    def release(self, before: int) -> None:
        """Declare that no byte before an offset will be read again."""


class FileBytes:
    """The bytes of a file on disk."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, start: int, size: int) -> bytes:
        self._stream.seek(start)
        return self._stream.read(size)

    def release(self, before: int) -> None:
        """Nothing is held."""


class StreamBytes:
    """The bytes of a stream that can only be read from its start. What was not released is held in memory."""

    def __init__(self, stream: "BinaryIO | Utf8Stream", start: int = 0) -> None:
        """Read a stream whose next byte has offset `start`."""
        self._stream = stream
        self._held = bytearray()
        self._first = start
        self._ended = False

    def read(self, start: int, size: int) -> bytes:
        while not self._ended and self._first + len(self._held) < start + size:
            block = self._stream.read(max(BLOCK_BYTES, start + size - self._first - len(self._held)))
            self._held += block
            self._ended = not block
        return bytes(self._held[start - self._first : start - self._first + size])

    def release(self, before: int) -> None:
        if before > self._first:
            del self._held[: before - self._first]
            self._first = before


class Utf8Stream:
    """Converts a stream of UTF-16 or UTF-32, from after its BOM, to a stream of UTF-8."""

    def __init__(self, location: str, stream: BinaryIO, encoding: Encoding) -> None:
        self._location = location
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        self._held = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        """Read `size` bytes, or fewer at the end of the text.

        Raises:
            IntakeError: The text is not valid. It was when its encoding was detected, so the file has changed.
        """
        while len(self._held) < size and not self._ended:
            block = self._stream.read(BLOCK_BYTES)
            self._ended = not block
            try:
                self._held += self._decoder.decode(block, final=self._ended).encode()
            except UnicodeDecodeError:
                raise IntakeError(self._location, "changed while it was read") from None
        data = bytes(self._held[:size])
        del self._held[:size]
        return data
