"""Detects the format of a file from its first bytes. The extension of its name only helps.

Files are saved under the wrong extension every day: HTML as .xls, a workbook as .csv. The content decides, and a
difference is a note in the report.
"""

import re
from enum import StrEnum

from pilookup.errors import IntakeError

HEAD_BYTES = 512


class Format(StrEnum):
    """A format that intake reads. The value is its name in messages."""

    TEXT = "text (CSV, TSV, TXT)"
    XLSX = "an XLSX workbook"
    XLS = "an XLS workbook"
    XLSB = "an XLSB workbook"
    ODS = "an ODS workbook (OpenDocument)"
    HTML = "an HTML page"
    MHTML = "an MHTML file"
    SPREADSHEETML = "an XML spreadsheet (Excel 2003)"
    PARQUET = "a Parquet file"
    ZIP = "a ZIP archive"
    GZIP = "a gzip file"


_BY_EXTENSION = {
    "csv": Format.TEXT,
    "tsv": Format.TEXT,
    "tab": Format.TEXT,
    "txt": Format.TEXT,
    "xlsx": Format.XLSX,
    "xlsm": Format.XLSX,
    "xltx": Format.XLSX,
    "xltm": Format.XLSX,
    "xls": Format.XLS,
    "xlt": Format.XLS,
    "et": Format.XLS,
    "ett": Format.XLS,
    "xlsb": Format.XLSB,
    "ods": Format.ODS,
    "ots": Format.ODS,
    "fods": Format.ODS,
    "htm": Format.HTML,
    "html": Format.HTML,
    "mht": Format.MHTML,
    "mhtml": Format.MHTML,
    "parquet": Format.PARQUET,
    "pq": Format.PARQUET,
    "zip": Format.ZIP,
    "gz": Format.GZIP,
}

_MAGIC: tuple[tuple[bytes, Format | str], ...] = (
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"\x1f\x8b", Format.GZIP),
    (b"PAR1", Format.PARQUET),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.XLS),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x7fELF", "a program (ELF)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1\x00\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x09\x08\x08\x00", "a workbook of Excel 95 or older"),
    (b"\x09\x00\x04\x00", "a workbook of Excel 95 or older"),
    (b"\x09\x04\x06\x00", "a workbook of Excel 95 or older"),
)

_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|style|title|table|thead|tbody|tr|td|th|div|center|font|frameset|h[1-6]|p|br"
    rb"|span|b|ul|ol)[\s>/]|<!--",
    re.IGNORECASE,
)
"""How a page starts, which may be a part of one."""
_TABLE = re.compile(rb"<table(?:\s[^<>]*)?>", re.IGNORECASE)
_XML = re.compile(rb"<(?:\?xml\s|!doctype\s|[A-Za-z][\w.-]*:?[\w.-]*\s+xmlns)", re.IGNORECASE)
_SPREADSHEETML = (b"urn:schemas-microsoft-com:office:spreadsheet", b'progid="Excel.Sheet"', b"progid='Excel.Sheet'")
_FLAT_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_MIME_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]*:[^\r\n]*\r?\n")
_MIME_PAGE = re.compile(
    rb"^(?:content-type:\s*(?:multipart/related|multipart/mixed|multipart/alternative|text/html)"
    rb"|from:\s*<saved by |x-document-type:\s*workbook)",
    re.IGNORECASE | re.MULTILINE,
)
_TAR_AT = 257


def format_by_name(name: str) -> Format | None:
    """The format that a name's extension stands for; None if intake does not know the extension."""
    return _BY_EXTENSION.get(extension(name))


def extension(name: str) -> str:
    """The extension in lower case without its dot; empty if the name has none."""
    stem, dot, last = name.strip().rpartition(".")
    return last.lower() if dot and stem else ""


def format_by_content(head: bytes) -> Format | str:
    """The format of a file that starts with `head` (`HEAD_BYTES` are enough), or a description of one that intake does
    not read. Content without a known magic number counts as text.
    """
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "a tar archive"
    if head.startswith(b"MZ") and b"\x00" in head[2:64]:
        return "a program (Windows)"
    start = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return _markup_format(start.lstrip()) or Format.TEXT


def _markup_format(start: bytes) -> Format | str | None:
    """The format of a page or an XML document that starts so; None if it is neither."""
    if start.startswith(b"<") and any(sign in start for sign in _SPREADSHEETML):
        # Pages that Excel writes declare namespaces of Office too, but not that of spreadsheets as their own.
        return Format.HTML if _PAGE.match(start) else Format.SPREADSHEETML
    if _PAGE.match(start):
        return Format.HTML
    if start.startswith(b"<") and _FLAT_ODS in start:
        return Format.ODS
    if _MIME_HEADER.match(start) and _MIME_PAGE.search(start):
        return Format.MHTML
    if _XML.match(start):
        return Format.HTML if re.search(rb"<html[\s>]", start, re.IGNORECASE) else "an XML document"
    return None


def detect_format(location: str, name: str, head: bytes) -> Format:
    """Detect the format of a file, from its content.

    A package, such as a workbook of Excel or LibreOffice, counts as a ZIP archive here: `archive.zip_format` tells them
    apart.

    Args:
        location: The file or member, for errors.
        name: Its name. Its extension tells a page from a text that has a page in it.
        head: The first `HEAD_BYTES` bytes, or all bytes of a shorter file.

    Raises:
        IntakeError: The file is empty, or intake does not read its content.
    """
    if not head:
        raise IntakeError(location, "the file is empty")
    found = format_by_content(head)
    if not isinstance(found, Format):
        raise IntakeError(location, f"is {found}, which cannot be loaded{_advice(found)}")
    promised = format_by_name(name)
    if found is Format.TEXT and promised in _WITHOUT_TEXT and _TABLE.search(head.replace(b"\x00", b"")):
        return Format.HTML  # words or messages of a program stand above the page
    return found


def mismatch_note(location: str, name: str, found: Format) -> str | None:
    """A sentence for the report about a file whose extension stands for another format; None if there is none.

    Args:
        location: The file or member.
        name: Its name.
        found: The format that it has.
    """
    promised = format_by_name(name)
    if promised is None or promised is found or {promised, found} <= _PACKAGES:
        return None
    return f"{location}: is named as {promised} but is {found}; read as that"


_WITHOUT_TEXT = frozenset({Format.XLSX, Format.XLS, Format.HTML})
"""Formats whose extension no program gives to a text that has HTML in its cells."""

_PACKAGES = frozenset({Format.XLSX, Format.XLSB, Format.ODS})
"""The formats of workbooks in a package, which programs read under one another's extension."""


def _advice(found: str) -> str:
    return ": save it as .xlsx or .csv" if "Excel" in found else ""
