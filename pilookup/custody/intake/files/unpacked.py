"""Streams of what archives hold, with limits on each of them and on all of one input file together."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.formats import COMPRESSED, Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.unreadable import NotATableError
from pilookup.errors import IntakeError

DAMAGE: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    struct.error,
    ValueError,
    OverflowError,
    RuntimeError,
    IndexError,
)
"""The exceptions that the standard library raises for damaged archives. NotImplementedError is a RuntimeError."""

MAX_NESTING: Final = 3
"""Archives in one another; and, counted apart, compressed files in one another."""

_XZ_MEMORY: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Nesting:
    """How deep a file lies inside of archives.

    Attributes:
        archives: The number of archives around it.
        compressed: The number of compressed files around it.
    """

    archives: int = 0
    compressed: int = 0

    def inside(self, location: str, form: Format) -> "Nesting":
        """The nesting of what an archive or compressed file holds.

        Raises:
            NotATableError: It would be too deep.
        """
        inner = (
            Nesting(self.archives, self.compressed + 1)
            if form in COMPRESSED
            else Nesting(self.archives + 1, self.compressed)
        )
        if max(inner.archives, inner.compressed) > MAX_NESTING:
            kind = f"{form} inside more than {MAX_NESTING} others"
            raise NotATableError(location, f"is {kind}: unpack it and load what it holds", kind)
        return inner


class Budget:
    """What all archives in one input file together may unpack to."""

    def __init__(self, packed: int) -> None:
        """Allow as much as a file of `packed` bytes may unpack to."""
        self._limit = most_unpacked(packed)
        self._bytes = 0
        self._members = 0

    def add_members(self, location: str, count: int) -> None:
        """Count the members of an archive.

        Raises:
            IntakeError: They are too many.
        """
        self._members += count
        if self._members > limits.MAX_MEMBERS:
            raise IntakeError(location, f"the archive has more than {limits.MAX_MEMBERS:,} members")

    def add_bytes(self, location: str, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            IntakeError: They are too many.
        """
        self._bytes += count
        if self._bytes > self._limit:
            raise IntakeError(location, bomb_message(self._limit))


class Meter:
    """Counts the bytes of one member, however often it is read, once in the budget of all."""

    def __init__(self, location: str, budget: Budget | None) -> None:
        self._location = location
        self._budget = budget
        self._most = 0

    def reached(self, count: int) -> None:
        """The member has been read up to an offset.

        Raises:
            IntakeError: All members together are too large.
        """
        if count > self._most:
            if self._budget:
                self._budget.add_bytes(self._location, count - self._most)
            self._most = count


def most_unpacked(packed: int) -> int:
    """The most bytes that a file of a size may unpack to."""
    return min(limits.MAX_UNPACKED_BYTES, max(limits.RATIO_FREE_BYTES, packed * limits.MAX_RATIO))


def bomb_message(limit: int) -> str:
    """The message about a file that unpacks to more than a limit."""
    return f"unpacks to more than {limit:,} bytes, too much for its packed size"


class Readable(Protocol):
    """A stream that only needs to be read and closed."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class BoundedStream(io.RawIOBase):
    """A stream of one member. It stops at the limit of unpacked bytes and raises only IntakeError."""

    def __init__(
        self,
        stream: Readable,
        location: str,
        packed: int,
        *,
        meter: Meter | None = None,
        outer: BinaryIO | None = None,
        damaged: str = "is truncated or damaged in the archive",
    ) -> None:
        """Read from another stream.

        Args:
            stream: The unpacked bytes.
            location: The member, for errors.
            packed: The packed size of the member.
            meter: Counts the bytes.
            outer: A stream to close together with this one, if nothing else closes it.
            damaged: What an error says about a damaged member.
        """
        self._stream = stream
        self._outer = outer
        self._location = location
        self._limit = most_unpacked(packed)
        self._meter = meter
        self._damaged = damaged
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except IntakeError:
            raise
        except DAMAGE:
            raise IntakeError(self._location, self._damaged) from None
        self._count += len(data)
        if self._count > self._limit:
            raise IntakeError(self._location, bomb_message(self._limit))
        if self._meter:
            self._meter.reached(self._count)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            if self._outer:
                self._outer.close()
        super().close()


def compressed_member(outer: Member, form: Format, budget: Budget | None = None) -> Member:
    """The one file inside a gzip, bzip2 or xz file. Its name is the outer name without the extension.

    Its stream raises IntakeError if the outer file is truncated, damaged or a bomb.
    """
    packed = outer.size or 0
    meter = Meter(outer.location, budget)

    def open_inner() -> BinaryIO:
        raw = outer.open()
        return io.BufferedReader(
            BoundedStream(_decompressed(raw, form), outer.location, packed, meter=meter, outer=raw), limits.BLOCK_BYTES
        )

    stem, _, last = outer.name.rpartition(".")
    return Member(outer.location, f"{stem}.tar" if last.lower() == "tgz" else stem, None, open_inner)


def _decompressed(raw: BinaryIO, form: Format) -> Readable:
    if form is Format.GZIP:
        return gzip.GzipFile(fileobj=raw, mode="rb")
    if form is Format.BZIP2:
        return bz2.BZ2File(raw)
    return _XzStream(raw)


class _XzStream:
    """The unpacked bytes of an xz file of one or more streams, within a limit of memory."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._decoder: lzma.LZMADecompressor | None = self._new()
        self._packed = b""

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        """Unpack up to `size` bytes; b"" at the end."""
        while True:
            if self._decoder is None or self._decoder.eof:
                if not self._next_stream():
                    return b""
                continue
            if not self._packed and self._decoder.needs_input:
                self._packed = self._raw.read(limits.BLOCK_BYTES)
                if not self._packed:
                    raise EOFError
            data = self._decoder.decompress(self._packed, size)
            self._packed = b""
            if data:
                return data

    def _next_stream(self) -> bool:
        """Begin the stream after padding of zero bytes. Returns whether there is one."""
        left = self._decoder.unused_data if self._decoder else b""
        self._decoder = None
        while True:
            left = left.lstrip(b"\0")
            if left:
                self._decoder, self._packed = self._new(), left
                return True
            left = self._raw.read(limits.BLOCK_BYTES)
            if not left:
                return False

    def close(self) -> None:
        """Release the memory of the decoder."""
        self._decoder = None
