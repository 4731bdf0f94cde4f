"""Reads text files as tables: decodes them, separates lines and cells, and never holds a whole file in memory."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, HEAD_ROWS
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.detect_dialect import detect_dialect
from pilookup.custody.intake.tables.dialect import Dialect
from pilookup.custody.intake.tables.half_characters import HalfCharacters
from pilookup.custody.intake.tables.records import Records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.text_notes import notes_on, tell_bad_bytes
from pilookup.errors import IntakeError

_DOS_END = "\x1a"


@contextmanager
def text_table(
    member: Member, report: Report, given: str | None = None, region: str | None = None
) -> Iterator[RowTable]:
    """Open a CSV, TSV or TXT file as a table.

    Args:
        member: The file.
        report: Receives sentences about how the file was read, once the table has been read, and a warning of bytes
            that are no text.
        given: The encoding that the operator named, a key of `ENCODINGS`.
        region: Where numbers without a country code are from, as in `Records`.

    Raises:
        IntakeError: The file is not a text (see `detect_encoding`). Reading the table raises it if a cell is too long
            or the file has changed.
    """
    encoding = detect_encoding(member, given)
    found = dialect_of(member, encoding)
    with _open_rows(member, encoding, found, region) as rows:
        yield rows.table
    report.notes.extend(notes_on(member.location, encoding, found, rows.records.stray))
    tell_bad_bytes(member.location, encoding, report, halves=rows.halves.count)


def dialect_of(member: Member, encoding: Encoding) -> Dialect:
    """Detect how the lines of a text file are separated into cells.

    Raises:
        IntakeError: The file cannot be read.
    """
    with member.open() as raw:
        lines = encoding.open_text(member.location, raw)
        return detect_dialect(member.name, _cleaned(list(islice(lines, HEAD_ROWS)), encoding))


@contextmanager
def rows_of(member: Member, encoding: Encoding, found: Dialect) -> Iterator[tuple[RowTable, Records]]:
    """Open a text file whose encoding and dialect are known.

    Yields:
        The table, and the records that it reads from.

    Raises:
        IntakeError: The file cannot be read. Reading the table raises it if a cell is too long or the file has changed.
    """
    with _open_rows(member, encoding, found) as rows:
        yield rows.table, rows.records


@dataclass(frozen=True, slots=True)
class _OpenRows:
    table: RowTable
    records: Records
    halves: HalfCharacters


@contextmanager
def _open_rows(member: Member, encoding: Encoding, found: Dialect, region: str | None = None) -> Iterator[_OpenRows]:
    with member.open() as raw:
        lines = encoding.open_text(member.location, raw)
        for _ in range(found.first_line - 1):
            lines.readline()
        halves = HalfCharacters(found.delimiter, found.width)
        blocks: Iterator[list[str]] = _blocks(member.location, lines, encoding)
        if encoding.codec == "gb18030" and halves.possible:
            blocks = (list(map(halves.restored, block)) for block in blocks)
        records = Records(member.location, blocks, found, region)
        table = RowTable(member.location, records, list(found.labels) or None)
        yield _OpenRows(table, records, halves)


def lines_of(text: str) -> list[str]:
    """The lines of a text, each ended by a line feed, also the last line of a file that has no line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = lines.pop().rstrip(_DOS_END)
    return [f"{line}\n" for line in [*lines, *([last] if last else [])]]


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
