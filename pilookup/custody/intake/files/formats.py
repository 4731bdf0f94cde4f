"""Detects the format of a file from the extension of its name and from its first bytes, which must agree."""

from enum import StrEnum

from pilookup.errors import IntakeError

HEAD_BYTES = 512


class Format(StrEnum):
    """A format that intake reads. The value is its name in messages."""

    TEXT = "text (CSV, TSV, TXT)"
    XLSX = "an XLSX workbook"
    XLS = "an XLS workbook"
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
    "xls": Format.XLS,
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

_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<body", b"<meta", b"<style", b"<!--")
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
    if start.lstrip().lower().startswith(_MARKUP):
        return "an HTML or XML page"
    return Format.TEXT


def detect_format(location: str, name: str, head: bytes) -> Format:
    """Detect the format that both the name and the content of a file have.

    Args:
        location: The file or member, for errors.
        name: The name whose extension counts. Without an extension, the content decides alone.
        head: The first `HEAD_BYTES` bytes, or all bytes of a shorter file.

    Raises:
        IntakeError: The file is empty, its content does not match its name, or intake does not read its extension or
            its content.
    """
    if not head:
        raise IntakeError(location, "the file is empty")
    promised, found = format_by_name(name), format_by_content(head)
    if not isinstance(found, Format):
        raise IntakeError(location, f"is {found}, which cannot be loaded{_advice(found)}")
    if promised is None:
        if extension(name):
            raise IntakeError(
                location, "the file name extension is not one of .csv .tsv .txt .xlsx .xls .parquet .zip .gz"
            )
        return found
    if promised is found or (promised is Format.XLSX and found is Format.ZIP):
        return promised
    raise IntakeError(
        location, f"is named as {promised} but is {_format_found(found)}{_how_to_rename(promised, found)}"
    )


def _advice(found: str) -> str:
    return ": save it as .xlsx or .csv" if "HTML" in found or "Excel" in found else ""


def _format_found(found: Format) -> str:
    return "a ZIP archive or an XLSX workbook" if found is Format.ZIP else found.value


def _how_to_rename(promised: Format, found: Format) -> str:
    if found is Format.TEXT and promised in (Format.XLSX, Format.XLS):
        return ": rename it to .csv"
    if found is Format.ZIP and promised is Format.XLS:
        return ": rename it to .xlsx if it is a workbook"
    if found is Format.XLS and promised is Format.XLSX:
        return ", or a workbook under a password: rename it to .xls, or remove the password"
    return ""
