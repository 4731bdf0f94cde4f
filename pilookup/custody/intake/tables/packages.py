"""Checks and changes workbooks that are ZIP packages: XLSX, XLSB and ODS."""

import io
import lzma
import re
import struct
import zipfile
import zlib
from typing import Final

from pilookup.custody.intake import limits
from pilookup.custody.intake.files import archive
from pilookup.custody.intake.files.source import Member

_STYLES = re.compile(r"(?:.*/)?styles\d*\.xml", re.IGNORECASE)
_ELAPSED_CODE = re.compile(rb"""(formatCode\s*=\s*["'])[^"']*\[(?:h+|m+|s+)\][^"']*""", re.IGNORECASE)
_ELAPSED_ID = re.compile(rb"""(numFmtId\s*=\s*["'])46(?=["'])""")

DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
)
"""The exceptions that the standard library raises for damaged packages."""


def check_package(location: str, data: bytes) -> None:
    """Refuse a package that is damaged or unpacks to too many bytes.

    Raises:
        IntakeError: It is.
    """
    inside = Member(location, location, len(data), lambda: io.BytesIO(data))
    with archive.open_zip(inside) as package:
        infos = package.infolist()
        archive.check_bomb(inside, infos, limits.MAX_WORKBOOK_BYTES)
        for info in infos:
            with archive.open_member(package, info, location) as stream:
                while stream.read(limits.BLOCK_BYTES):
                    pass


def without_elapsed_times(data: bytes) -> bytes:
    """A copy of an XLSX workbook whose cells of elapsed time, such as [h]:mm, are plain numbers."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w") as copy:
        for info in package.infolist():
            content = package.read(info)
            if _STYLES.fullmatch(info.filename):
                content = _ELAPSED_ID.sub(rb"\g<1>0", _ELAPSED_CODE.sub(rb"\g<1>0", content))
            copy.writestr(info.filename, content)
    return out.getvalue()
