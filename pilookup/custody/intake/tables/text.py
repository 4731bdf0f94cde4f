"""Text parts as tables: decoded, cut into lines, cut into cells, never whole in memory."""

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
    """The table of a CSV, TSV or TXT member; sentences about the reading join `notes` when it is done.

    Raises IntakeError as `encoding.detect_encoding` and `records.Records` say.
    """
    encoding = detect_encoding(member)
    found = dialect_of(member, encoding)
    with rows_of(member, encoding, found) as (table, records):
        yield table
    notes.extend(notes_on(member.location, encoding, found, records.stray))


def dialect_of(member: Member, encoding: Encoding) -> dialect.Dialect:
    """How the lines of a text member are cut into cells."""
    with _lines(member, encoding) as stream:
        return dialect.detect_dialect(member.name, _cleaned(list(islice(stream, HEAD_ROWS)), encoding))


@contextmanager
def rows_of(member: Member, encoding: Encoding, found: dialect.Dialect) -> Iterator[tuple[RowTable, Records]]:
    """The table of a text member whose encoding and dialect are known, and the records under it."""
    with _lines(member, encoding) as stream:
        for _ in range(found.first_line - 1):
            stream.readline()
        records = Records(member.location, _blocks(member.location, stream, encoding), found)
        yield RowTable(member.location, records), records


def notes_on(location: str, encoding: Encoding, found: dialect.Dialect, stray: int) -> list[str]:
    """Sentences about how a text was read."""
    notes = [f"{location}: read as {encoding.display_name}, {_describe(found)}"]
    if encoding.nuls:
        notes.append(f"{location}: NUL characters were dropped")
    if stray:
        lines = "1 line has" if stray == 1 else f"{stray:,} lines have"
        notes.append(f"{location}: {lines} quotes that do not pair up; read as plain characters")
    return notes


def _describe(found: dialect.Dialect) -> str:
    if found.delimiter == dialect.NO_DELIMITER:
        return "one cell a line"
    return "cells split by " + {"\t": "tab", " ": "space"}.get(found.delimiter, f'"{found.delimiter}"')


@contextmanager
def _lines(member: Member, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    with member.open() as raw:
        raw.read(encoding.skip)
        # newline=None: line ends of Unix, Windows and old Macs all become "\n"
        with io.TextIOWrapper(raw, encoding.codec, errors="strict", newline=None) as stream:
            yield stream


def _blocks(location: str, stream: io.TextIOWrapper, encoding: Encoding) -> Iterator[list[str]]:
    try:
        while block := stream.readlines(BLOCK_BYTES):
            yield _cleaned(block, encoding)
    except UnicodeDecodeError:  # the same bytes were valid a moment ago
        raise IntakeError(location, "changed while it was read") from None


def _cleaned(block: list[str], encoding: Encoding) -> list[str]:
    if encoding.nuls:
        block = [line.replace("\x00", "") for line in block]
    if block and not block[-1].endswith("\n"):
        block[-1] = block[-1].rstrip(_DOS_END) + "\n"
    return block
