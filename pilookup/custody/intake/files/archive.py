"""ZIP and gzip: the parts inside, with every way an archive can harm refused.

A ZIP's members are read where they lie; nothing is ever unpacked to disk, since nothing in clear may
lie there.
"""

import gzip
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.formats import Format, by_content, ending
from pilookup.custody.intake.files.source import Member, shown
from pilookup.errors import IntakeError

_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
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
"""What the standard library raises over damaged archives; NotImplementedError is a RuntimeError."""

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30
_DRIVE = re.compile(r"[A-Za-z]:")
_LITTER = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Unpacked(io.RawIOBase):
    """A stream out of an archive that stops a bomb and speaks IntakeError alone."""

    def __init__(self, stream: _Readable, place: str, packed: int, below: BinaryIO | None = None) -> None:
        self._stream = stream
        self._below = below  # closed with this stream, when nobody else closes it
        self._place = place
        self._limit = min(limits.MAX_UNPACKED_BYTES, max(limits.RATIO_FREE_BYTES, packed * limits.MAX_RATIO))
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except IntakeError:
            raise
        except _BROKEN:
            raise IntakeError(self._place, "is truncated or damaged in the archive") from None
        self._count += len(data)
        if self._count > self._limit:
            raise IntakeError(self._place, _bomb(self._limit))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            if self._below:
                self._below.close()
        super().close()


def _bomb(limit: int) -> str:
    return f"unpacks to more than {limit:,} bytes, too much for its packed size"


def gzip_member(outer: Member) -> Member:
    """The one file inside a gzip file; its name is the outer name without ".gz".

    Raises IntakeError when what is inside is an archive itself; a truncated or damaged stream and a bomb are
    found on reading.
    """
    packed = outer.size or 0

    def open_inner() -> BinaryIO:
        raw = outer.open()
        stream = gzip.GzipFile(fileobj=raw, mode="rb")
        return io.BufferedReader(_Unpacked(stream, outer.place, packed, raw), limits.BLOCK_BYTES)

    inner = Member(outer.place, outer.name[:-3] if ending(outer.name) == "gz" else outer.name, None, open_inner)
    _refuse_nesting(inner)
    return inner


def _refuse_nesting(part: Member) -> None:
    found = by_content(part.head())
    name = part.name.lower()
    if found is Format.GZIP or (found is Format.ZIP and not name.endswith((".xlsx", ".xlsm"))):
        raise IntakeError(part.place, f"is {found.value} inside an archive: unpack the outer one first")


@contextmanager
def zip_members(outer: Member) -> Iterator[tuple[list[Member], int]]:
    """The members of a ZIP archive in its own order, and how many litter files of other systems were left
    out.

    Raises IntakeError for a damaged or empty archive, one over the limits, an encrypted or unsafe member,
    and an archive inside the archive.
    """
    with opened(outer) as archive:
        members = [(member_name(info), info) for info in archive.infolist()]
        _check_archive(outer, members)
        wanted = [(name, info) for name, info in members if not name.endswith("/") and not _LITTER.fullmatch(name)]
        parts = [_member(outer, archive, name, info) for name, info in wanted]
        if not parts:
            raise IntakeError(outer.place, "the archive holds no file")
        yield parts, sum(not name.endswith("/") for name, _ in members) - len(parts)


@contextmanager
def opened(outer: Member) -> Iterator[zipfile.ZipFile]:
    """The ZIP archive of a part; raises IntakeError when its directory cannot be read."""
    with outer.open() as raw:
        try:
            archive = zipfile.ZipFile(raw)
        except IntakeError:
            raise
        except _BROKEN:
            raise IntakeError(outer.place, "the archive is truncated or damaged") from None
        with archive:
            yield archive


def member_stream(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str) -> BinaryIO:
    """A member's bytes; opening and reading raise IntakeError when it is damaged or a bomb."""
    try:
        stream = archive.open(info)
    except IntakeError:
        raise
    except _BROKEN:
        raise IntakeError(place, "is truncated or damaged in the archive") from None
    return io.BufferedReader(_Unpacked(stream, place, info.compress_size), limits.BLOCK_BYTES)


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name. Without the UTF-8 flag Chinese systems write GB18030, and zipfile has read it as
    cp437.
    """
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _check_archive(outer: Member, members: list[tuple[str, zipfile.ZipInfo]]) -> None:
    names = {name for name, _ in members}
    if "[Content_Types].xml" in names:
        raise IntakeError(outer.place, "is an Office document, not a plain archive: a workbook must end in .xlsx")
    if len(members) > limits.MAX_MEMBERS:
        raise IntakeError(outer.place, f"the archive has more than {limits.MAX_MEMBERS:,} members")
    if len(names) != len(members):
        raise IntakeError(outer.place, "the archive has two members of one name")
    for name, info in members:
        _check_member(f"{outer.place}/{shown(name)}", name, info)
    check_bomb(outer, [info for _, info in members], limits.MAX_UNPACKED_BYTES)


def _check_member(place: str, name: str, info: zipfile.ZipInfo) -> None:
    parts = re.split(r"[/\\]", name)
    if "\\" in name or name.startswith("/") or _DRIVE.match(name) or ".." in parts or "\x00" in name or not name:
        raise IntakeError(place, "the member's path leads outside the archive or is not a plain path")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntakeError(place, "the member is a link or a special file")
    if info.flag_bits & _ENCRYPTED:
        raise IntakeError(place, "the member is under a password: pack the archive again without one")
    if info.compress_type not in _METHODS:
        raise IntakeError(place, f"packed with method {info.compress_type}, which is not supported: pack it again")


def check_bomb(outer: Member, infos: list[zipfile.ZipInfo], limit: int) -> None:
    """Raise IntakeError when the declared sizes are a bomb's or members overlap."""
    total = sum(info.file_size for info in infos)
    if total > limit:
        raise IntakeError(outer.place, f"unpacks to more than {limit:,} bytes")
    packed = outer.size if outer.size is not None else sum(info.compress_size for info in infos)
    for size, base in [(total, packed), *((info.file_size, info.compress_size) for info in infos)]:
        if size > limits.RATIO_FREE_BYTES and size > base * limits.MAX_RATIO:
            raise IntakeError(outer.place, _bomb(base * limits.MAX_RATIO))
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise IntakeError(outer.place, "members of the archive overlap")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


def _member(outer: Member, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Member:
    place = f"{outer.place}/{shown(name)}"

    part = Member(place, name.rpartition("/")[2], info.file_size, lambda: member_stream(archive, info, place))
    _refuse_nesting(part)
    return part
