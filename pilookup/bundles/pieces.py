"""A bundle in pieces of a stated size, for discs and one-way gates.

    offset  size  field
    0       8     magic "PLPIECE" and the version, 1
    8       32    digest of the bundle (`header.bundle_digest`), so that pieces of two bundles are never mixed
    40      4     number of the piece, from 1, big-endian
    44      4     how many pieces there are
    48      8     offset of its content in the bundle
    56      8     size of its content; the content follows

The pieces of `OUT` are `OUT.001`, `OUT.002` and so on.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pilookup import durable
from pilookup.bundles.header import MAGIC as BUNDLE_MAGIC
from pilookup.errors import BundleError, FormatError, PieceSizeError
from pilookup.plain_file import plain_file

MIN_PIECE_BYTES: Final = 4096
MAX_PIECES: Final = 99_999
_MAGIC: Final = b"PLPIECE\x01"
_HEAD: Final = struct.Struct(">8s32sIIQQ")
_NUMBERED: Final = re.compile(r"(.+)\.([0-9]{3,5})")


@dataclass(frozen=True, slots=True)
class PieceHead:
    """The first 64 bytes of a piece."""

    bundle: bytes
    number: int
    count: int
    offset: int
    size: int

    def to_bytes(self) -> bytes:
        """The head as it is written."""
        return _HEAD.pack(_MAGIC, self.bundle, self.number, self.count, self.offset, self.size)

    @classmethod
    def from_bytes(cls, data: bytes) -> "PieceHead":
        """Parse a head; raises FormatError."""
        if len(data) != _HEAD.size or data[: len(_MAGIC)] != _MAGIC:
            raise FormatError("not a piece of a bundle, or of another version")
        _, bundle, number, count, offset, size = _HEAD.unpack(data)
        if not 1 <= number <= count <= MAX_PIECES:
            raise FormatError("piece: its number is not one of its bundle")
        return cls(bundle, number, count, offset, size)


@dataclass(frozen=True, slots=True)
class _Part:
    """A file with a range of the bundle: the offset of its content in the file, and its size."""

    path: Path
    start: int
    size: int


class BundleStream:
    """The bytes of a bundle, from one file or from all its pieces, read from start to end.

    Attributes:
        size: The size of the bundle.
        bundle: The digest that the pieces name; None for a bundle in one file.
    """

    def __init__(self, parts: Sequence[_Part], bundle: bytes | None) -> None:
        self._parts = parts
        self._index = self._read = 0
        self._file: BinaryIO | None = None
        self.bundle = bundle
        self.size = sum(part.size for part in parts)

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes.

        Raises:
            BundleError: The bundle ends before.
            OSError: A file cannot be read.
        """
        chunks = []
        while size:
            if self._index == len(self._parts):
                raise BundleError("the bundle is cut short")
            part = self._parts[self._index]
            chunk = self._opened(part).read(min(size, part.size - self._read))
            chunks.append(chunk)
            size -= len(chunk)
            self._read += len(chunk)
            if self._read < part.size and not chunk:
                raise BundleError(f"{part.path}: cut short")
            if self._read == part.size:
                self.close()
                self._index, self._read = self._index + 1, 0
        return b"".join(chunks)

    @property
    def location(self) -> Path:
        """The file that is read from now, or was read last."""
        return self._parts[min(self._index, len(self._parts) - 1)].path

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self, part: _Part) -> BinaryIO:
        if self._file is None:
            self._file = plain_file(part.path)
            self._file.seek(part.start)
        return self._file


def open_stream(given: Sequence[Path]) -> BundleStream:
    """Find the pieces of a bundle, or the bundle in one file.

    Args:
        given: The file; or pieces of it, of which those missing are looked for beside the first; or a name `OUT` whose
            pieces are `OUT.001` and so on; or one directory with all pieces.

    Raises:
        BundleError: A piece is missing, or two are of different bundles or the same; or a file is neither a bundle nor
            a piece. The text names it.
        OSError: A file cannot be read.
    """
    paths = _expanded(given)
    if len(paths) == 1 and (size := _bundle_size(paths[0])) is not None:
        return BundleStream([_Part(paths[0], 0, size)], None)
    heads: dict[int, tuple[PieceHead, Path]] = {}
    for path in paths:
        head = _read_head(path)
        first = next(iter(heads.values()))[0] if heads else head
        if (head.bundle, head.count) != (first.bundle, first.count):
            raise BundleError(f"{path}: a piece of another bundle than {next(iter(heads.values()))[1]}")
        if head.number in heads:
            raise BundleError(f"{path}: piece {head.number} is here twice")
        heads[head.number] = head, path
    count = next(iter(heads.values()))[0].count
    missing = [number for number in range(1, count + 1) if number not in heads]
    if missing:
        raise BundleError(f"{paths[0]}: piece {missing[0]} of {count} is missing; copy all pieces into one directory")
    ordered = [heads[number] for number in range(1, count + 1)]
    _check_offsets(ordered)
    parts = [_Part(path, _HEAD.size, head.size) for head, path in ordered]
    return BundleStream(parts, ordered[0][0].bundle)


def write_pieces(out: Path, chunks: Iterable[bytes], size: int, piece_size: int, bundle: bytes) -> list[Path]:
    """Write the pieces of a bundle under temporary names, and rename them once all are complete.

    Args:
        out: The name that the names of the pieces begin with.
        chunks: The bytes of the bundle.
        size: How many there are.
        piece_size: The greatest size of a piece, in bytes.
        bundle: The digest of the bundle.

    Returns:
        The pieces.

    Raises:
        BundleError: The size is too small, or there are files of these names.
        OSError: A file cannot be written. No piece is left behind.
    """
    payload = piece_size - _HEAD.size
    count = -(-size // payload) if payload > 0 else 0
    if piece_size < MIN_PIECE_BYTES or count > MAX_PIECES:
        raise PieceSizeError(f"pieces of {piece_size:,} bytes are too small; choose a larger --piece-size")
    paths = [piece_path(out, number) for number in range(1, count + 1)]
    for path in paths:
        check_free(path)
    cutter = _Cutter(chunks)
    written = []
    try:
        for number, path in enumerate(paths, 1):
            at = (number - 1) * payload
            head = PieceHead(bundle, number, count, at, min(payload, size - at))
            new = durable.temporary(path)
            new.unlink(missing_ok=True)
            written.append(new)
            durable.write_flushed(new, _with_head(head, cutter))
        for path in paths:
            durable.temporary(path).rename(path)
            written.append(path)
        durable.sync_directory(out.absolute().parent)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return paths


def piece_path(out: Path, number: int) -> Path:
    """The name of a piece."""
    return out.with_name(f"{out.name}.{number:03}")


def check_free(path: Path) -> None:
    """Raise BundleError if there is a file of this name."""
    if path.is_symlink() or path.exists():
        raise BundleError(f"{path}: exists; choose another name, or delete it")


class _Cutter:
    """Takes chunks of any size apart into ranges of given sizes."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, in chunks; raises BundleError if there are fewer."""
        while size:
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    raise BundleError("a file of HOME became shorter while the bundle was written; run it again")
                self._rest = memoryview(chunk)
                continue
            part, self._rest = self._rest[:size], self._rest[size:]
            size -= len(part)
            yield bytes(part)


def _with_head(head: PieceHead, cutter: _Cutter) -> Iterator[bytes]:
    yield head.to_bytes()
    yield from cutter.take(head.size)


def _expanded(given: Sequence[Path]) -> list[Path]:
    """The files that are meant by what was given on the command line."""
    if len(given) > 1:
        return list(given)
    (path,) = given
    if path.is_dir():
        found = _named_pieces(path)
        if not found:
            raise BundleError(f"{path}: no piece of a bundle is in this directory")
        return found
    numbered = _NUMBERED.fullmatch(path.name)
    base = path.with_name(numbered[1]) if numbered and path.exists() else path
    folder = base.absolute().parent
    pieces = _named_pieces(folder, base.name) if folder.is_dir() else []
    return pieces if pieces and (numbered or not path.exists()) and _bundle_size(path) is None else [path]


def _named_pieces(folder: Path, name: str | None = None) -> list[Path]:
    """The files of a directory that are named as pieces of a bundle are, sorted.

    Args:
        folder: The directory, whatever is in it.
        name: The name of the bundle; None for any.

    Raises:
        BundleError: There are more than one bundle can have.
    """
    found = []
    for each in folder.iterdir():
        match = _NUMBERED.fullmatch(each.name)
        if match and name in (None, match[1]):
            found.append(each)
        if len(found) > MAX_PIECES:
            raise BundleError(f"{folder}: more than {MAX_PIECES:,} files are named as pieces of a bundle")
    return sorted(found)


def _bundle_size(path: Path) -> int | None:
    """The size of a bundle in one file; None if the file is none. Raises OSError unless there is no such file."""
    if not path.exists():
        return None
    with plain_file(path) as file:
        if file.read(len(BUNDLE_MAGIC)) != BUNDLE_MAGIC:
            return None
        return file.seek(0, 2)


def _read_head(path: Path) -> PieceHead:
    with plain_file(path) as file:
        data = file.read(_HEAD.size)
        size = file.seek(0, 2)
    try:
        head = PieceHead.from_bytes(data)
    except FormatError as error:
        raise BundleError(f"{path}: {error}") from None
    if size != _HEAD.size + head.size:
        raise BundleError(f"{path}: piece {head.number} of {head.count} is not whole; copy it again")
    return head


def _check_offsets(pieces: Sequence[tuple[PieceHead, Path]]) -> None:
    at = 0
    for head, path in pieces:
        if head.offset != at:
            raise BundleError(f"{path}: damaged: its content is not where its head says")
        at += head.size
