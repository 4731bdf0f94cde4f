"""Formats of files, as their names promise them and as their first bytes show them. The content decides."""

import re
from enum import StrEnum
from typing import Final

from pilookup.custody.intake.files.utf16 import utf16_without_bom

HEAD_BYTES = 16_384
"""Bytes from which the format of a file is recognised. Dumps of databases start with long comments."""


class Format(StrEnum):
    """A format that intake reads. The value is its name in messages."""

    TEXT = "text (CSV, TSV, TXT)"
    XLSX = "an XLSX workbook"
    XLS = "an XLS workbook"
    XLSB = "an XLSB workbook"
    ODS = "an OpenDocument spreadsheet"
    HTML = "an HTML page"
    MHTML = "an MHTML file"
    SPREADSHEETML = "an XML spreadsheet (Excel 2003)"
    PARQUET = "a Parquet file"
    SQLITE = "an SQLite database"
    VCARD = "a vCard file"
    JSON = "JSON"
    XML = "XML"
    SQL = "an SQL dump"
    ZIP = "a ZIP archive"
    TAR = "a tar archive"
    SEVEN_ZIP = "a 7z archive"
    RAR = "a RAR archive"
    GZIP = "a gzip file"
    BZIP2 = "a bzip2 file"
    XZ = "an xz file"


COMPRESSED: Final = frozenset({Format.GZIP, Format.BZIP2, Format.XZ})
"""Formats that hold one file without its name."""

ARCHIVES: Final = frozenset({Format.ZIP, Format.TAR, Format.SEVEN_ZIP, Format.RAR})
"""Formats that hold files with names."""

OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of the container of XLS workbooks, and of other documents of the same age."""

_BY_EXTENSION: Final = {
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
    "sqlite": Format.SQLITE,
    "sqlite3": Format.SQLITE,
    "vcf": Format.VCARD,
    "json": Format.JSON,
    "jsonl": Format.JSON,
    "ndjson": Format.JSON,
    "xml": Format.XML,
    "sql": Format.SQL,
    "zip": Format.ZIP,
    "tar": Format.TAR,
    "7z": Format.SEVEN_ZIP,
    "rar": Format.RAR,
    "gz": Format.GZIP,
    "tgz": Format.GZIP,
    "bz2": Format.BZIP2,
    "xz": Format.XZ,
}

_MAGIC: Final[tuple[tuple[bytes, Format | str], ...]] = (
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"PK\x07\x08PK\x03\x04", "a part of a ZIP archive in several volumes"),
    (b"\x1f\x8b", Format.GZIP),
    (b"PAR1", Format.PARQUET),
    (OLE_MAGIC, Format.XLS),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"ID3\x03", "a sound file"),
    (b"ID3\x04", "a sound file"),
    (b"OggS\x00", "a sound file"),
    (b"#!AMR", "a sound file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Format.RAR),
    (b"\xfd7zXZ\x00", Format.XZ),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x7fELF", "a program (ELF)"),
    (b"dex\n03", "a program (Android)"),
    (b"SQLite format 3\x00", Format.SQLITE),
    (b"\x37\x7f\x06\x82", "a write-ahead log of SQLite"),
    (b"\x37\x7f\x06\x83", "a write-ahead log of SQLite"),
    (b"ARROW1\x00\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"{\\rtf", "an RTF document"),
    (b"bplist00", "a binary property list"),
    (b"\x00\x01\x00\x00Standard Jet DB", "an Access database"),
    (b"\x00\x01\x00\x00Standard ACE DB", "an Access database"),
    (b"\x09\x08\x08\x00", "a workbook of Excel 95 or older"),
    (b"\x09\x00\x04\x00", "a workbook of Excel 95 or older"),
    (b"\x09\x04\x06\x00", "a workbook of Excel 95 or older"),
)

_TAR_AT: Final = 257
_TAR_HEADER: Final = 512
_OCTAL: Final = re.compile(rb"[0-7]+")
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ISO_MEDIA: Final = re.compile(rb".{4}ftyp", re.DOTALL)
_RIFF: Final = re.compile(rb"RIFF.{4}(WEBP|WAVE|AVI )", re.DOTALL)
_RIFF_KINDS: Final = {b"WEBP": "a WebP picture", b"WAVE": "a sound file", b"AVI ": "a video"}

_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HTML: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|style|title|table|thead|tbody|tr|td|th|div|center|font|frameset|h[1-6]|p|br"
    rb"|span|ul|ol|dl|pre|form|script|link|main|section|article|nav|header|img|hr)[\s>/]",
    re.IGNORECASE,
)
"""How a page starts, which may be a part of one."""
_HTML_INSIDE: Final = re.compile(rb"<(?:html|table|body)[\s>]", re.IGNORECASE)
_XML: Final = re.compile(
    rb"""(?:<\?xml\s|<!--|<!DOCTYPE\s|<[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*/?>)"""
)
_SPREADSHEETML: Final = (
    b"urn:schemas-microsoft-com:office:spreadsheet",
    b'progid="Excel.Sheet"',
    b"progid='Excel.Sheet'",
)
_FLAT_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_MIME_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z-]*:[^\n]*\n")
_MIME_PAGE: Final = re.compile(rb"^content-type:\s*(?:multipart/related|text/html)\b", re.IGNORECASE | re.MULTILINE)
_MIME_WORKBOOK: Final = re.compile(
    rb"^(?:x-document-type:\s*workbook|snapshot-content-location:|from:\s*<saved by )", re.IGNORECASE | re.MULTILINE
)
_SENT: Final = re.compile(rb"^(?:received|return-path|delivered-to|to):", re.IGNORECASE | re.MULTILINE)
_VCARD: Final = re.compile(rb"^[ \t]*BEGIN[ \t]*:[ \t]*VCARD[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_JSON_STRING: Final = rb'"(?:[^"\\\r\n]|\\.)*"'
_JSON_OBJECT: Final = rb"\{\s*(?:\}|" + _JSON_STRING + rb"\s*:)"
_JSON_NUMBER: Final = rb"-?\d[\d.eE+-]*"
_JSON: Final = re.compile(
    rb"(?:%b|\[\s*(?:\]\s*$|%b|\[\s*[\[\"\]{]|\[\s*-?\d|%b\s*[,\]]|(?:%b\s*,\s*)+(?:-?\d|\"|null)|-?\d+\s*\]\s*$))"
    % (_JSON_OBJECT, _JSON_OBJECT, _JSON_STRING, _JSON_NUMBER)
)
_SQL_COMMENTS: Final = re.compile(rb"(?:\s+|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*(?!!).*?(?:\*/|$))*", re.DOTALL)
_SQL_VERSIONED: Final = rb"(?:/\*!\d+\s*)?"
_SQL: Final = re.compile(
    _SQL_VERSIONED + rb"(?:insert\s+(?:ignore\s+|delayed\s+)?(?:into\s+)?[\w`\"\[.]+|replace\s+into\s+[\w`\"\[.]"
    rb"|(?:create|drop|alter)\s+(?:temporary\s+|unlogged\s+)?(?:table|database|schema|index|view|sequence)\s+"
    rb"(?:if\s+(?:not\s+)?exists\s+)?[\w`\"\[\].]+\s*?(?:[(;\r\n]|\s(?:add|as|character|default|on|owner)\s|$)"
    rb"|copy\s+[\w`\".]+\s*(?:\([^)]*\)\s*)?from\s+stdin|use\s+[`\[\"]?\w+[`\]\"]?\s*(?:;|\r?\ngo\b)"
    rb"|set\s+(?:names\s|sql_mode|statement_timeout|foreign_key_checks|@|identity_insert\s|ansi_nulls\s|define\s|nocount\s)"
    rb"|begin\s+transaction|start\s+transaction|begin\s*;|pragma\s+\w+\s*=|lock\s+tables\s|truncate\s+table\s)",
    re.IGNORECASE,
)
_SQL_INSERT: Final = re.compile(
    rb"^[ \t]*(?:insert\s+(?:ignore\s+)?into\s+[^\s(]+\s*(?:\([^)]*\)\s*)?values\s*\("
    rb"|copy\s+\S+\s*(?:\([^)]*\)\s*)?from\s+stdin\s*;)",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL: Final = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)*(?:Received|Return-Path|Message-ID|MIME-Version):",
    re.IGNORECASE,
)
_MAILBOX: Final = re.compile(rb"From [^\n]{0,400}\d\d:\d\d[^\n]{0,400}\n>?[A-Za-z][A-Za-z0-9-]*:[^\n]*\n")
"""The line with a time that stands above each message of a mailbox, and a header of the first message."""
_PLAIN_CONTROLS: Final = frozenset(b"\t\n\r\x0b\x0c\x1a\x00\x1b\x01\x02\x03\x04\x05\x06\x07\x1c\x1d\x1e\x1f")
_MIN_NULS: Final = 4
_UTF16_BYTES: Final = 1 << 14
_MIN_CONTROLS: Final = 50


def format_by_name(name: str) -> Format | None:
    """The format that a name's extension stands for; None if intake does not know the extension."""
    return _BY_EXTENSION.get(extension(name))


def extension(name: str) -> str:
    """The extension in lower case without its dot; empty if the name has none."""
    stem, dot, last = name.strip().rpartition(".")
    return last.lower() if dot and stem else ""


def format_by_content(head: bytes) -> Format | str:
    """The format of a file that starts with `head`, or a description of one that intake does not read.

    Args:
        head: The first `HEAD_BYTES` bytes, or all bytes of a shorter file. Content that is nothing else counts as text.
    """
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    return _other_binary(head) or format_of_text(head)


def _other_binary(head: bytes) -> Format | str | None:
    """The format of binary content whose magic number is a pattern or lies further on, else None."""
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar" or is_tar_header(head):
        return Format.TAR
    if _BZIP2.match(head):
        return Format.BZIP2
    if head.startswith(b"MZ") and b"\x00" in head[2:64]:
        return "a program (Windows)"
    if _ISO_MEDIA.match(head):
        return "a video or picture"
    if riff := _RIFF.match(head):
        return _RIFF_KINDS[riff[1]]
    if head.startswith(b"BM") and head[6:10] == bytes(4) and len(head) > 30:
        return "a BMP picture"
    return None


def is_tar_header(head: bytes) -> bool:
    """Whether content starts with a header of a tar archive, which had no magic number at first."""
    field = head[148:156].strip(b" \0")
    if len(head) < _TAR_HEADER or not field or not _OCTAL.fullmatch(field):
        return False
    return int(field, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:_TAR_HEADER])


def format_of_text(head: bytes) -> Format | str:
    """The format of a text that starts with `head`; `Format.TEXT` if it is none of the others.

    UTF-16 is recognised without its zero bytes, because only ASCII characters decide.
    """
    start = head
    for bom in _BOMS:
        start = start.removeprefix(bom)
    start = start.replace(b"\x00", b"").lstrip()
    if _VCARD.search(start):
        return Format.VCARD
    if start.startswith(b"<"):
        return _format_of_markup(start)
    if _JSON.match(start):
        return Format.JSON
    comments = _SQL_COMMENTS.match(start)
    rest = start[comments.end() :] if comments else start
    if _SQL.match(rest) or _SQL_INSERT.search(start):
        return Format.SQL
    if _is_mhtml(start):
        return Format.MHTML
    if _MAIL.match(start):
        return "an e-mail message"
    if _MAILBOX.match(start):
        return "a mailbox of e-mail messages"
    return Format.TEXT


def _is_mhtml(start: bytes) -> bool:
    """Whether a MIME message is a page that a program saved, and no mail that somebody sent."""
    if not _MIME_HEADER.match(start):
        return False
    return bool(_MIME_WORKBOOK.search(start) or (_MIME_PAGE.search(start) and not _SENT.search(start)))


def has_html_table(head: bytes) -> bool:
    """Whether a text that starts with something else has the start of an HTML table in it."""
    return _HTML_INSIDE.search(head.replace(b"\x00", b"")) is not None


def _format_of_markup(start: bytes) -> Format | str:
    if _HTML.match(start):
        return Format.HTML  # pages that Excel writes name the namespaces of Office too
    if any(sign in start for sign in _SPREADSHEETML):
        return Format.SPREADSHEETML
    if _FLAT_ODS in start:
        return Format.ODS
    is_xml = _XML.match(start) is not None
    if _HTML_INSIDE.search(start) and not (is_xml and start.startswith(b"<?xml")):
        return Format.HTML
    if start.startswith(b"<?xml") and re.search(rb"<html[\s>]", start, re.IGNORECASE):
        return Format.HTML
    return Format.XML if is_xml else Format.TEXT


def is_binary(head: bytes) -> bool:
    """Whether content without a magic number is not text: many zero bytes that UTF-16 does not explain, or controls."""
    if not head or any(head.startswith(bom) for bom in (*_BOMS, b"\x00\x00\xfe\xff")):
        return False
    if utf16_without_bom(head[:_UTF16_BYTES]):
        return False
    even, odd = head[::2].count(0), head[1::2].count(0)
    if (even + odd) * _MIN_NULS > len(head) and min(even, odd) * _MIN_CONTROLS > len(head) // 2:
        return True
    return sum(byte < 0x20 and byte not in _PLAIN_CONTROLS for byte in head) * _MIN_CONTROLS > len(head)


def remedy(kind: str) -> str:
    """What to do with a file of a kind that intake does not read."""
    for words, advice in _REMEDIES:
        if any(word in kind for word in words):
            return advice
    return "load the tables that it was made from"


_REMEDIES: Final = (
    (("picture", "video", "sound"), "numbers in it have to be typed into a table"),
    (("Excel 95",), "save it as .xlsx or .csv"),
    (("PDF", "Word", "RTF", "document", "presentation", "e-mail"), "copy its tables into a workbook and load that"),
    (("Access", "Arrow", "Avro", "ORC", "property list"), "export its tables as CSV or Parquet"),
    (("Zstandard", "volumes"), "unpack it and load what it holds"),
    (("program",), "it holds no table"),
    (("write-ahead",), "run VACUUM INTO on a copy of the database with this file beside it, and load the result"),
    (("encrypted",), "decrypt it, or unpack it if it is the image of a disk, and load what it holds"),
)
