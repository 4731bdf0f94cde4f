"""Reads text files as tables: decodes them, separates lines and cells, and never holds a whole file in memory."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, HEAD_ROWS
from pilookup.custody.intake.tables import dialect
from pilookup.custody.intake.tables.records import Records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.errors import IntakeError

_DOS_END = "\x1a"


@contextmanager
def text_table(member: Member, notes: list[str]) -> Iterator[RowTable]:
    """Open a CSV, TSV or TXT file as a table.

    Args:
        member: The file.
        notes: Receives sentences about how the file was read, once the table has been read.

    Raises:
        IntakeError: The file is not a text (see `detect_encoding`). Reading the table raises it if a cell is too long
            or the file has changed.
    """
    encoding = detect_encoding(member)
    found = dialect_of(member, encoding)
    with rows_of(member, encoding, found) as (table, records):
        yield table
    notes.extend(notes_on(member.location, encoding, found, records.stray))


def dialect_of(member: Member, encoding: Encoding) -> dialect.Dialect:
    """Detect how the lines of a text file are separated into cells.

    Raises:
        IntakeError: The file cannot be read.
    """
    with _lines(member, encoding) as stream:
        return dialect.detect_dialect(member.name, _cleaned(list(islice(stream, HEAD_ROWS)), encoding))


@contextmanager
def rows_of(member: Member, encoding: Encoding, found: dialect.Dialect) -> Iterator[tuple[RowTable, Records]]:
    """Open a text file whose encoding and dialect are known.

    Yields:
        The table, and the records that it reads from.

    Raises:
        IntakeError: The file cannot be read. Reading the table raises it if a cell is too long or the file has changed.
    """
    with _lines(member, encoding) as stream:
        for _ in range(found.first_line - 1):
            stream.readline()
        records = Records(member.location, _blocks(member.location, stream, encoding), found)
        yield RowTable(member.location, records), records


def notes_on(location: str, encoding: Encoding, found: dialect.Dialect, stray: int) -> list[str]:
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
        lines = "1 line has" if stray == 1 else f"{stray:,} lines have"
        notes.append(f"{location}: {lines} quotes that do not pair up; read as plain characters")
    return notes


def lines_of(text: str) -> list[str]:
    """The lines of a text, each ended by a line feed, also the last line of a file that has no line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = lines.pop().rstrip(_DOS_END)
    return [f"{line}\n" for line in [*lines, *([last] if last else [])]]


def _describe(found: dialect.Dialect) -> str:
    if found.delimiter == dialect.NO_DELIMITER:
        return "one cell a line"
    return "cells split by " + {"\t": "tab", " ": "space"}.get(found.delimiter, f'"{found.delimiter}"')


@contextmanager
def _lines(member: Member, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    with member.open() as raw:
        raw.read(encoding.skip)
        # newline=None: the line ends of Unix, Windows and old Macs all become "\n".
        with io.TextIOWrapper(raw, encoding.codec, errors="strict", newline=None) as stream:
            yield stream


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
