"""Reads text files as tables: decodes them, separates lines and cells, and never holds a whole file in memory."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.mended_text import MendedText
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, HEAD_ROWS
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.detect_dialect import detect_dialect
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Dialect, Layout
from pilookup.custody.intake.tables.records import Records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.errors import IntakeError

_DOS_END = "\x1a"


@contextmanager
def text_table(member: Member, report: Report, given: str | None = None) -> Iterator[RowTable]:
    """Open a CSV, TSV or TXT file as a table.

    Args:
        member: The file.
        report: Receives sentences about how the file was read, once the table has been read, and a warning of bytes
            that are no text.
        given: The encoding that the operator named, a key of `ENCODINGS`.

    Raises:
        IntakeError: The file is not a text (see `detect_encoding`). Reading the table raises it if a cell is too long
            or the file has changed.
    """
    encoding = detect_encoding(member, given)
    found = dialect_of(member, encoding)
    with _rows(member, encoding, found) as (table, records, mended):
        yield table
    report.notes.extend(notes_on(member.location, encoding, found, records.stray))
    if mended:
        _tell_what_was_mended(member.location, mended, encoding, report)


def _tell_what_was_mended(location: str, text: MendedText, encoding: Encoding, report: Report) -> None:
    if text.other_lines:
        other = "UTF-8" if encoding.codec == "gb18030" else "GB18030"
        report.notes.append(f"{location}: {_lines(text.other_lines, 'is', 'are')} {other}, and read so")
    lines = _lines(text.bad_lines, "has", "have")
    bad = f"{lines} bytes that are no {encoding.display_name} text, the first is line {text.first_bad}"
    if not encoding.given:
        advice = "a number with such bytes is rejected: see --rejects, or name the encoding of the file with --encoding"
        report.warn(WarningCode.BAD_BYTES, location, text.bad_lines, f"{bad}; {advice}")
    elif text.bad_lines:
        report.notes.append(f"{location}: {bad}")


def dialect_of(member: Member, encoding: Encoding) -> Dialect:
    """Detect how the lines of a text file are separated into cells.

    Raises:
        IntakeError: The file cannot be read.
    """
    with member.open() as raw:
        lines = encoding.open_text(member.location, raw).lines
        return detect_dialect(member.name, _cleaned(list(islice(lines, HEAD_ROWS)), encoding))


@contextmanager
def rows_of(member: Member, encoding: Encoding, found: Dialect) -> Iterator[tuple[RowTable, Records]]:
    """Open a text file whose encoding and dialect are known.

    Yields:
        The table, and the records that it reads from.

    Raises:
        IntakeError: The file cannot be read. Reading the table raises it if a cell is too long or the file has changed.
    """
    with _rows(member, encoding, found) as (table, records, _):
        yield table, records


@contextmanager
def _rows(member: Member, encoding: Encoding, found: Dialect) -> Iterator[tuple[RowTable, Records, MendedText | None]]:
    with member.open() as raw:
        text = encoding.open_text(member.location, raw)
        for _ in range(found.first_line - 1):
            text.lines.readline()
        records = Records(member.location, _blocks(member.location, text.lines, encoding), found)
        yield RowTable(member.location, records, list(found.labels) or None), records, text.mended


def notes_on(location: str, encoding: Encoding, found: Dialect, stray: int) -> list[str]:
    """Sentences for the report about how a text was read.

    Args:
        location: The file or member.
        encoding: Its encoding.
        found: Its dialect.
        stray: Number of lines whose quotes do not pair up.
    """
    notes = [f"{location}: read as {encoding.display_name}, {_describe(found)}"]
    if encoding.nuls:
        notes.append(f"{location}: NUL characters were dropped")
    if stray:
        notes.append(f"{location}: {_lines(stray, 'has', 'have')} quotes that do not pair up; read as plain characters")
    return notes


def lines_of(text: str) -> list[str]:
    """The lines of a text, each ended by a line feed, also the last line of a file that has no line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = lines.pop().rstrip(_DOS_END)
    return [f"{line}\n" for line in [*lines, *([last] if last else [])]]


def _describe(found: Dialect) -> str:
    if found.delimiter == NO_DELIMITER:
        return "one cell a line"
    if isinstance(found.delimiter, Layout):
        return found.delimiter
    shown = f'"{found.delimiter}"' if found.delimiter.isprintable() else f"U+{ord(found.delimiter[0]):04X}"
    return "cells split by " + {"\t": "tab", " ": "space"}.get(found.delimiter, shown)


def _lines(count: int, one: str, many: str) -> str:
    return f"1 line {one}" if count == 1 else f"{count:,} lines {many}"


def _blocks(location: str, stream: io.TextIOWrapper, encoding: Encoding) -> Iterator[list[str]]:
    try:
        while block := stream.readlines(BLOCK_BYTES):
            yield _cleaned(block, encoding)
    except UnicodeDecodeError:  # `detect_encoding` found these bytes valid
        raise IntakeError(location, "changed while it was read") from None


def _cleaned(block: list[str], encoding: Encoding) -> list[str]:
    if encoding.nuls:
        block = [line.replace("\x00", "") for line in block]
    if block and not block[-1].endswith("\n"):
        block[-1] = block[-1].rstrip(_DOS_END) + "\n"
    return block
