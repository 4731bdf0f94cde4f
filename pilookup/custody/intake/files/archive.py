"""Members of ZIP and gzip files. Refuses bombs, nested archives, unsafe paths and every other harmful archive.

Members are read from the archive and never unpacked to disk, because no number may lie on disk in clear.
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
from pilookup.custody.intake.files.formats import Format, format_by_content, format_by_name
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.errors import IntakeError

_DAMAGE = (
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
"""The exceptions that the standard library raises for damaged archives. NotImplementedError is a RuntimeError."""

_NAMED_PACKAGES = (Format.XLSX, Format.XLSB, Format.ODS)
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM_FILE = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _BoundedStream(io.RawIOBase):
    """A stream of one member. It stops at the limit of unpacked bytes and raises only IntakeError."""

    def __init__(self, stream: _Readable, location: str, packed: int, outer: BinaryIO | None = None) -> None:
        self._stream = stream
        self._outer = outer  # closed together with this stream, if nothing else closes it
        self._location = location
        self._limit = min(limits.MAX_UNPACKED_BYTES, max(limits.RATIO_FREE_BYTES, packed * limits.MAX_RATIO))
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except IntakeError:
            raise
        except _DAMAGE:
            raise IntakeError(self._location, "is truncated or damaged in the archive") from None
        self._count += len(data)
        if self._count > self._limit:
            raise IntakeError(self._location, _bomb_message(self._limit))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            if self._outer:
                self._outer.close()
        super().close()


def _bomb_message(limit: int) -> str:
    return f"unpacks to more than {limit:,} bytes, too much for its packed size"


def gzip_member(outer: Member) -> Member:
    """The one file inside a gzip file. Its name is the outer name without ".gz".

    Raises:
        IntakeError: The file inside is itself an archive, or its first bytes cannot be read. The member's stream
            raises it later if the gzip file is truncated, damaged or a bomb.
    """
    packed = outer.size or 0

    def open_inner() -> BinaryIO:
        raw = outer.open()
        stream = gzip.GzipFile(fileobj=raw, mode="rb")
        return io.BufferedReader(_BoundedStream(stream, outer.location, packed, raw), limits.BLOCK_BYTES)

    inner = Member(outer.location, outer.name.rpartition(".")[0], None, open_inner)
    _refuse_nesting(inner)
    return inner


def _refuse_nesting(member: Member) -> None:
    found = format_by_content(member.head())
    if found is Format.GZIP or (found is Format.ZIP and format_by_name(member.name) not in _NAMED_PACKAGES):
        raise IntakeError(member.location, f"is {found.value} inside an archive: unpack the outer one first")


@contextmanager
def zip_members(outer: Member) -> Iterator[tuple[list[Member], int]]:
    """Open a ZIP archive.

    Yields:
        The members in the archive's order, and the number of system files (such as .DS_Store) that were left out.

    Raises:
        IntakeError: The archive is damaged, empty, over a limit or an Office document; a member is encrypted, is a link
            or a special file, has an unsafe path, is packed with an unknown method or is itself an archive; or members
            overlap or have the same name.
    """
    with open_zip(outer) as archive:
        members = [(member_name(info), info) for info in archive.infolist()]
        _check_archive(outer, members)
        wanted = [(name, info) for name, info in members if not name.endswith("/") and not _SYSTEM_FILE.fullmatch(name)]
        readable = [_member(outer, archive, name, info) for name, info in wanted]
        if not readable:
            raise IntakeError(outer.location, "the archive holds no file")
        yield readable, sum(not name.endswith("/") for name, _ in members) - len(readable)


@contextmanager
def open_zip(outer: Member) -> Iterator[zipfile.ZipFile]:
    """Open a file as a ZIP archive.

    Raises:
        IntakeError: The file cannot be read, or the archive's directory is truncated or damaged.
    """
    with outer.open() as raw:
        try:
            archive = zipfile.ZipFile(raw)
        except IntakeError:
            raise
        except _DAMAGE:
            raise IntakeError(outer.location, "the archive is truncated or damaged") from None
        with archive:
            yield archive


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, location: str) -> BinaryIO:
    """A stream of a member's unpacked bytes.

    Raises:
        IntakeError: The member is truncated or damaged. Reading from the stream raises it too, also for a bomb.
    """
    try:
        stream = archive.open(info)
    except IntakeError:
        raise
    except _DAMAGE:
        raise IntakeError(location, "is truncated or damaged in the archive") from None
    return io.BufferedReader(_BoundedStream(stream, location, info.compress_size), limits.BLOCK_BYTES)


def member_name(info: zipfile.ZipInfo) -> str:
    """The name of a member.

    Without the UTF-8 flag, zipfile decodes a name as cp437. Chinese systems write GB18030 without the flag, and some
    systems write UTF-8 without it, so both are tried.
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
        raise IntakeError(outer.location, "is an Office document, not a plain archive: a workbook must end in .xlsx")
    if len(members) > limits.MAX_MEMBERS:
        raise IntakeError(outer.location, f"the archive has more than {limits.MAX_MEMBERS:,} members")
    if len(names) != len(members):
        raise IntakeError(outer.location, "the archive has two members of one name")
    for name, info in members:
        _check_member(f"{outer.location}/{display_name(name)}", name, info)
    check_bomb(outer, [info for _, info in members], limits.MAX_UNPACKED_BYTES)


def _check_member(location: str, name: str, info: zipfile.ZipInfo) -> None:
    components = re.split(r"[/\\]", name)
    if "\\" in name or name.startswith("/") or _DRIVE.match(name) or ".." in components or "\x00" in name or not name:
        raise IntakeError(location, "the member's path leads outside the archive or is not a plain path")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntakeError(location, "the member is a link or a special file")
    if info.flag_bits & _ENCRYPTED:
        raise IntakeError(location, "the member is under a password: pack the archive again without one")
    if info.compress_type not in _METHODS:
        raise IntakeError(location, f"packed with method {info.compress_type}, which is not supported: pack it again")


def check_bomb(outer: Member, infos: list[zipfile.ZipInfo], limit: int) -> None:
    """Check the sizes and offsets that the directory of a ZIP archive declares.

    Args:
        outer: The archive.
        infos: The directory entries of all members.
        limit: The most unpacked bytes that are allowed for all members together.

    Raises:
        IntakeError: The members unpack to more than `limit` bytes or by more than `MAX_RATIO`, or they overlap.
    """
    total = sum(info.file_size for info in infos)
    if total > limit:
        raise IntakeError(outer.location, f"unpacks to more than {limit:,} bytes")
    packed = outer.size if outer.size is not None else sum(info.compress_size for info in infos)
    for size, base in [(total, packed), *((info.file_size, info.compress_size) for info in infos)]:
        if size > limits.RATIO_FREE_BYTES and size > base * limits.MAX_RATIO:
            raise IntakeError(outer.location, _bomb_message(base * limits.MAX_RATIO))
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise IntakeError(outer.location, "members of the archive overlap")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


def _member(outer: Member, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Member:
    location = f"{outer.location}/{display_name(name)}"
    member = Member(location, name.rpartition("/")[2], info.file_size, lambda: open_member(archive, info, location))
    _refuse_nesting(member)
    return member
