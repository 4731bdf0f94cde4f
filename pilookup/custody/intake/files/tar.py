"""Members of tar archives, which may be compressed as a whole. Nothing is unpacked to disk."""

import io
import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.archive import ArchiveContext
from pilookup.custody.intake.files.detect import seekable
from pilookup.custody.intake.files.formats import is_tar_header
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.files.unpacked import DAMAGE, BoundedStream, Meter
from pilookup.custody.intake.unreadable import NotATableError
from pilookup.errors import IntakeError

_MAX_HEADER_BYTES: Final = 1 << 20
"""Bytes of one header. Long names are stored like files, with a size that a hostile archive may choose."""

_DAMAGED: Final = "the archive is truncated or damaged"
_MORE: Final = "data of another kind behind the end of the archive"


class _HeaderStream(io.RawIOBase):
    """The stream that headers are read from. It refuses to read much at once."""

    def __init__(self, raw: BinaryIO, location: str) -> None:
        self._raw = raw
        self._location = location

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _MAX_HEADER_BYTES:
            raise IntakeError(self._location, _DAMAGED)
        return self._raw.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    start: int
    size: int
    kind: str
    target: str = ""  # the path to which a link leads


@contextmanager
def tar_members(outer: Member, context: ArchiveContext) -> Iterator[Iterator[Member]]:
    """Open a tar archive.

    Yields:
        The members in the archive's order, without folders and links to other members, and those of archives that
        were joined to its end. The stream of a link, a special file or other data behind the end raises NotATableError.

    Raises:
        IntakeError: The archive is truncated, damaged or over a limit.
    """
    with seekable(outer) as raw:
        entries = _entries(outer, raw)
        context.budget.add_members(outer.location, len(entries))
        yield (_member(outer, raw, entry, context) for entry in entries)


def _entries(outer: Member, raw: BinaryIO) -> list[_Entry]:
    """The members of the archive, and of the archives that were joined to its end."""
    entries: list[_Entry] = []
    start: int | None = 0
    while start is not None and len(entries) <= limits.MAX_MEMBERS:
        end = _add_entries(outer, raw, start, entries)
        start = _behind_zeros(raw, end)
        if start is not None and not is_tar_header(_block_at(raw, start)):
            entries.append(_Entry("behind its end", start, 0, _MORE))
            break
    return _without_links_to_members(entries)


def _without_links_to_members(entries: list[_Entry]) -> list[_Entry]:
    """The members without the links to a file among them, which is read, or told, by itself."""
    files = {posixpath.normpath(entry.name) for entry in entries if not entry.target}
    return [entry for entry in entries if not entry.target or entry.target not in files]


def _add_entries(outer: Member, raw: BinaryIO, start: int, entries: list[_Entry]) -> int:
    """Add the members of the archive that starts at an offset, and return the offset of its first empty block."""
    raw.seek(start)
    try:
        with tarfile.open(fileobj=_HeaderStream(raw, outer.location), mode="r:", errors="surrogateescape") as archive:
            while (info := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # only what is needed of them is kept
                if info.isdir():
                    continue
                entries.append(_Entry(_name(info.name), info.offset_data, info.size, _kind(info), _target(info)))
                if len(entries) > limits.MAX_MEMBERS:
                    return archive.offset  # the budget refuses them
            end = archive.offset
    except IntakeError:
        raise
    except (*DAMAGE, RecursionError):
        raise IntakeError(outer.location, _DAMAGED) from None
    # The library ends in silence at a header that is damaged or cut.
    if end < start or any(block := _block_at(raw, end)) or len(block) < tarfile.BLOCKSIZE:
        raise IntakeError(outer.location, _DAMAGED)
    return end


def _block_at(raw: BinaryIO, at: int) -> bytes:
    raw.seek(at)
    return raw.read(tarfile.BLOCKSIZE)


def _behind_zeros(raw: BinaryIO, start: int) -> int | None:
    """The offset of the first block at or behind `start` that is not empty; None if there is none."""
    raw.seek(start)
    at = start
    while data := raw.read(limits.BLOCK_BYTES):
        zeros = len(data) - len(data.lstrip(tarfile.NUL))
        if zeros < len(data):
            behind = at + zeros - start
            return start + behind - behind % tarfile.BLOCKSIZE
        at += len(data)
    return None


def _name(name: str) -> str:
    """A name in the characters that it was written in."""
    raw = name.encode("utf-8", "surrogateescape")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _kind(info: tarfile.TarInfo) -> str:
    """What a member is if it is no plain file, else ""."""
    if info.issym() or info.islnk():
        return "a link"
    if not info.isreg():
        return "a special file"
    return "a sparse file" if info.issparse() else ""


def _target(info: tarfile.TarInfo) -> str:
    """The path within the archive to which a link leads; "" for anything else."""
    if info.issym():
        return posixpath.normpath(posixpath.join(posixpath.dirname(_name(info.name)), _name(info.linkname)))
    return posixpath.normpath(_name(info.linkname)) if info.islnk() else ""


def _member(outer: Member, raw: BinaryIO, entry: _Entry, context: ArchiveContext) -> Member:
    location = f"{outer.location}/{display_name(entry.name)}"
    meter = Meter(location, context.budget)

    def open_member() -> BinaryIO:
        if entry.kind:
            raise NotATableError(location, f"is {entry.kind}, which is not read", entry.kind)
        part = _Part(raw, entry.start, entry.size)
        return io.BufferedReader(BoundedStream(part, location, entry.size, meter=meter), limits.BLOCK_BYTES)

    folders, _, last = entry.name.rpartition("/")
    return Member(location, last, entry.size, open_member, folders)


class _Part:
    """The bytes of one member."""

    def __init__(self, raw: BinaryIO, start: int, size: int) -> None:
        self._raw = raw
        self._at = start
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        self._raw.seek(self._at)
        data = self._raw.read(min(size, self._left))
        if not data and self._left:
            raise EOFError
        self._at += len(data)
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Nothing: the archive is closed by its owner."""
