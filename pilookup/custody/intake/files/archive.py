"""Members of ZIP archives. Refuses bombs, unsafe paths and every other harmful archive.

Members are read from the archive and never unpacked to disk, because no number may lie on disk in clear.
"""

import io
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.detect import seekable
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.files.unpacked import DAMAGE, BoundedStream, Budget, Meter, bomb_message
from pilookup.custody.intake.files.zip_aes import METHOD, AesStream, aes_info, is_right_password
from pilookup.custody.intake.files.zip_directory import JoinedArchivesError, open_directory
from pilookup.custody.intake.unreadable import NotATableError
from pilookup.errors import IntakeError, PasswordRequiredError

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM_FILE = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_LINK = "a link or a special file"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_JOINED = (
    "another archive stands in front of its last one, whose members alone can be listed: load each archive by itself"
)
_DAMAGED_OR_PASSWORD = "is truncated or damaged in the archive, or the password is wrong"  # noqa: S105 - a message


@dataclass(frozen=True)
class ArchiveContext:
    """What the archives of one input file share.

    Attributes:
        budget: What they may unpack to.
        passwords: The passwords that are tried.
    """

    budget: Budget
    passwords: Sequence[str] = field(repr=False)


def is_system_file(name: str) -> bool:
    """Whether a member is one that an operating system adds to archives by itself."""
    return _SYSTEM_FILE.fullmatch(name) is not None


@contextmanager
def zip_members(outer: Member, context: ArchiveContext) -> Iterator[Iterator[Member]]:
    """Open a ZIP archive.

    Yields:
        The members in the archive's order, with system files but without folders.

    Raises:
        IntakeError: The archive is damaged or over a limit; a member has an unsafe path or is packed with an unknown
            method; or members overlap or have the same name. Opening a link raises NotATableError.
        PasswordRequiredError: A member is encrypted, and no password fits.
    """
    with seekable(outer) as raw, open_zip(outer, raw) as archive:
        members = [(member_name(info), info) for info in archive.infolist()]
        _check_archive(outer, members)
        context.budget.add_members(outer.location, len(members))
        files = [(name, info) for name, info in members if not name.endswith("/")]
        for name, info in files:
            if info.flag_bits & _ENCRYPTED and not is_system_file(name):
                _fitting(archive, info, f"{outer.location}/{display_name(name)}", context.passwords)
        yield (_member(outer, archive, name, info, context) for name, info in files)


@contextmanager
def open_zip(outer: Member, raw: BinaryIO | None = None) -> Iterator[zipfile.ZipFile]:
    """Open a file as a ZIP archive.

    Args:
        outer: The file.
        raw: A stream of it, if it is open already.

    Raises:
        IntakeError: The file cannot be read, the archive's directory is truncated or damaged, or the file is several
            archives that were joined.
    """
    with raw or outer.open() as stream:
        try:
            archive = open_directory(stream)
        except IntakeError:
            raise
        except JoinedArchivesError:
            raise IntakeError(outer.location, _JOINED) from None
        except DAMAGE:
            raise IntakeError(outer.location, "the archive is truncated or damaged") from None
        with archive:
            yield archive


def open_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    location: str,
    meter: Meter | None = None,
    passwords: Sequence[str] = (),
) -> BinaryIO:
    """A stream of a member's unpacked bytes.

    Args:
        archive: The archive.
        info: The member's entry in its directory.
        location: The member, for errors.
        meter: Counts the bytes.
        passwords: The passwords that are tried if the member is encrypted.

    Raises:
        PasswordRequiredError: The member is encrypted, and no password fits.
        IntakeError: The member is truncated or damaged. Reading from the stream raises it too, also for a bomb.
    """
    damaged = _DAMAGED_OR_PASSWORD if info.flag_bits & _ENCRYPTED else "is truncated or damaged in the archive"
    try:
        stream = _decrypted(archive, info, location, passwords) if info.flag_bits & _ENCRYPTED else archive.open(info)
    except IntakeError:
        raise
    except DAMAGE:
        raise IntakeError(location, damaged) from None
    bounded = BoundedStream(stream, location, info.compress_size, meter=meter, damaged=damaged)
    return io.BufferedReader(bounded, limits.BLOCK_BYTES)


def _decrypted(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, location: str, passwords: Sequence[str]
) -> "AesStream | zipfile.ZipExtFile":
    """A stream of an encrypted member, under the first password that fits.

    The few check bytes of a member fit wrong passwords, too. Where several fit them, the member is read to its end.
    """
    fitting = _fitting(archive, info, location, passwords)
    right = next((password for password in fitting if _reads(archive, info, password)), None) if fitting[1:] else None
    return _open_encrypted(archive, info, right or fitting[0])


def _fitting(archive: zipfile.ZipFile, info: zipfile.ZipInfo, location: str, passwords: Sequence[str]) -> list[bytes]:
    """The passwords that fit the check bytes of an encrypted member, of which there is at least one.

    Raises:
        IntakeError: The member is damaged.
        PasswordRequiredError: No password fits.
    """
    try:
        fitting = [password for password in _encoded(passwords) if _fits(archive, info, password)]
    except DAMAGE:
        raise IntakeError(location, _DAMAGED_OR_PASSWORD) from None
    if not fitting:
        raise PasswordRequiredError(location, _no_password(passwords))
    return fitting


def _no_password(passwords: Sequence[str]) -> str:
    if passwords:
        return "is under a password, and none of the given ones fits: add the right one to the file of --password-file"
    return "is under a password: write it to a file and load with --password-file FILE"


def _encoded(passwords: Sequence[str]) -> list[bytes]:
    """Passwords as the bytes that programs make of them: UTF-8, or GB18030 on a Chinese system."""
    codecs = ("utf-8", "gb18030")
    return list(dict.fromkeys(password.encode(codec, "replace") for password in passwords for codec in codecs))


def _fits(archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes) -> bool:
    """Whether a password fits the check bytes of a member."""
    if info.compress_type == METHOD:
        aes = aes_info(info)
        return aes is not None and is_right_password(_packed(archive, info), aes, password)
    try:
        archive.open(info, pwd=password).close()
    except RuntimeError:  # as the standard library says it
        return False
    return True


def _reads(archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes) -> bool:
    """Whether a member can be read to its end under a password."""
    try:
        with io.BufferedReader(
            BoundedStream(_open_encrypted(archive, info, password), info.filename, info.compress_size)
        ) as stream:
            while stream.read(limits.BLOCK_BYTES):
                pass
    except (IntakeError, *DAMAGE):
        return False
    return True


def _open_encrypted(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes
) -> "AesStream | zipfile.ZipExtFile":
    aes = aes_info(info) if info.compress_type == METHOD else None
    if aes:
        return AesStream(_packed(archive, info), info.compress_size, aes, password)
    return archive.open(info, pwd=password)  # type: ignore[return-value]


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    """The packed bytes of a member, from their start."""
    raw = archive.fp
    if raw is None:
        raise zipfile.BadZipFile
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER_BYTES)
    if len(header) != _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    start = info.header_offset + _LOCAL_HEADER_BYTES + name + extra
    return io.BufferedReader(_Range(raw, start, info.compress_size), limits.BLOCK_BYTES)


class _Range(io.RawIOBase):
    """A part of a file, which leaves the file itself open."""

    def __init__(self, raw: "BinaryIO | zipfile.IO[bytes]", start: int, size: int) -> None:  # type: ignore[name-defined]
        self._raw = raw
        self._at = start
        self._stop = start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        self._raw.seek(self._at)
        data = self._raw.read(min(len(buffer), self._stop - self._at))
        self._at += len(data)
        buffer[: len(data)] = data
        return len(data)


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
    if len(members) > limits.MAX_MEMBERS:
        raise IntakeError(outer.location, f"the archive has more than {limits.MAX_MEMBERS:,} members")
    if len(names) != len(members):
        raise IntakeError(outer.location, "the archive has two members of one name")
    for name, info in members:
        _check_member(f"{outer.location}/{display_name(name)}", name, info)
    check_bomb(outer, [info for _, info in members], limits.MAX_UNPACKED_BYTES)


def _check_member(location: str, name: str, info: zipfile.ZipInfo) -> None:
    components = re.split(r"[/\\]", name)
    if name.startswith(("/", "\\")) or _DRIVE.match(name) or ".." in components or "\x00" in name or not name:
        raise IntakeError(location, "the member's path leads outside the archive or is not a plain path")
    aes = aes_info(info) if info.compress_type == METHOD and info.flag_bits & _ENCRYPTED else None
    method = aes.method if aes else info.compress_type
    if method not in _METHODS:
        raise IntakeError(location, f"packed with method {method}, which is not supported: pack it again")


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
            raise IntakeError(outer.location, bomb_message(base * limits.MAX_RATIO))
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise IntakeError(outer.location, "members of the archive overlap")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


def _member(
    outer: Member, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, context: ArchiveContext
) -> Member:
    location = f"{outer.location}/{display_name(name)}"
    meter = Meter(location, context.budget)

    def open_stream() -> BinaryIO:
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise NotATableError(location, f"is {_LINK}, which is not read", _LINK)
        return open_member(archive, info, location, meter, context.passwords)

    *folders, last = re.split(r"[/\\]", name)
    return Member(location, last, info.file_size, open_stream, "/".join(folders))
