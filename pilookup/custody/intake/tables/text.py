"""Text parts as tables: decoded, cut into lines, cut into cells, never whole in memory."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from pilookup.custody.intake.files.encoding import Encoding, decide
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, HEAD_ROWS
from pilookup.custody.intake.tables import dialect
from pilookup.custody.intake.tables.records import Records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.errors import IntakeError

_DOS_END = "\x1a"


@contextmanager
def text_table(part: Member, notes: list[str]) -> Iterator[RowTable]:
    """The table of a CSV, TSV or TXT part; sentences about the reading join `notes` when it is done.

    Raises IntakeError as `encoding.decide` and `records.Records` say.
    """
    encoding = decide(part)
    found = dialect_of(part, encoding)
    with rows_of(part, encoding, found) as (table, records):
        yield table
    notes.extend(notes_on(part.place, encoding, found, records.stray))


def dialect_of(part: Member, encoding: Encoding) -> dialect.Dialect:
    """How the lines of a text part are cut into cells."""
    with _lines(part, encoding) as stream:
        return dialect.find(part.name, _clean(list(islice(stream, HEAD_ROWS)), encoding))


@contextmanager
def rows_of(part: Member, encoding: Encoding, found: dialect.Dialect) -> Iterator[tuple[RowTable, Records]]:
    """The table of a text part whose encoding and dialect are known, and the records under it."""
    with _lines(part, encoding) as stream:
        for _ in range(found.first_line - 1):
            stream.readline()
        records = Records(part.place, _blocks(part.place, stream, encoding), found)
        yield RowTable(part.place, records), records


def notes_on(place: str, encoding: Encoding, found: dialect.Dialect, stray: int) -> list[str]:
    """Sentences about how a text was read."""
    notes = [f"{place}: read as {encoding.shown}, {_described(found)}"]
    if encoding.nuls:
        notes.append(f"{place}: NUL characters were dropped")
    if stray:
        lines = "1 line has" if stray == 1 else f"{stray:,} lines have"
        notes.append(f"{place}: {lines} quotes that do not pair up; read as plain characters")
    return notes


def _described(found: dialect.Dialect) -> str:
    if found.delimiter == dialect.NO_DELIMITER:
        return "one cell a line"
    return "cells split by " + {"\t": "tab", " ": "space"}.get(found.delimiter, f'"{found.delimiter}"')


@contextmanager
def _lines(part: Member, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    with part.open() as raw:
        raw.read(encoding.skip)
        # newline=None: line ends of Unix, Windows and old Macs all become "\n"
        with io.TextIOWrapper(raw, encoding.codec, errors="strict", newline=None) as stream:
            yield stream


def _blocks(place: str, stream: io.TextIOWrapper, encoding: Encoding) -> Iterator[list[str]]:
    try:
        while block := stream.readlines(BLOCK_BYTES):
            yield _clean(block, encoding)
    except UnicodeDecodeError:  # the same bytes were valid a moment ago
        raise IntakeError(place, "changed while it was read") from None


def _clean(block: list[str], encoding: Encoding) -> list[str]:
    if encoding.nuls:
        block = [line.replace("\x00", "") for line in block]
    if block and not block[-1].endswith("\n"):
        block[-1] = block[-1].rstrip(_DOS_END) + "\n"
    return block
