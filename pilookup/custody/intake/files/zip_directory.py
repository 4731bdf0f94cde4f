"""Reads the directory of a ZIP archive, whose size is checked before it is held in memory."""

import os
import struct
import zipfile
from typing import BinaryIO, Final

MAX_DIRECTORY_BYTES: Final = 16 << 20
"""Bytes of the directory. Ten thousand members with long names take about two million."""

_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_END64: Final = b"PK\x06\x06"
_END64_BYTES: Final = 56
_LOCATOR_BYTES: Final = 20
_IN_END64: Final = 0xFFFFFFFF
_MAX_COMMENT: Final = 0xFFFF
_LOCAL: Final = b"PK\x03\x04"


class JoinedArchivesError(zipfile.BadZipFile):
    """Another archive stands in front of the one whose directory ends the file."""


def open_directory(stream: BinaryIO) -> zipfile.ZipFile:
    """Open a ZIP archive.

    Args:
        stream: The archive.

    Raises:
        JoinedArchivesError: Its members are only those of the last of several archives that were joined. A program in
            front, which unpacks it, is no archive.
        zipfile.BadZipFile: Its directory is damaged or too large. The standard library raises other exceptions for
            other damage (see `unpacked.DAMAGE`).
    """
    if _directory_bytes(stream) > MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile
    stream.seek(0)
    archive = zipfile.ZipFile(stream)
    first = min((info.header_offset for info in archive.infolist()), default=archive.start_dir)
    stream.seek(0)
    if first > 0 and stream.read(len(_LOCAL)) == _LOCAL:
        raise JoinedArchivesError
    return archive


def _directory_bytes(stream: BinaryIO) -> int:
    """The size of the directory as the end of the archive says it; 0 if the archive has no end."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _END_BYTES - _MAX_COMMENT - _LOCATOR_BYTES - _END64_BYTES)
    stream.seek(start)
    tail = stream.read(size - start)
    at = tail.rfind(_END)
    if at < 0 or at + _END_BYTES > len(tail):
        return 0
    stated: int = struct.unpack_from("<L", tail, at + 12)[0]
    if stated != _IN_END64:
        return stated
    at64 = tail.rfind(_END64, 0, at)
    if at64 < 0 or at64 + _END64_BYTES > len(tail):
        return 0
    return int(struct.unpack_from("<Q", tail, at64 + 40)[0])
