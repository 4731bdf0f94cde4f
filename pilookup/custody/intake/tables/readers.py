"""Which module reads the tables of which format."""

from collections.abc import Callable, Iterator
from typing import Final

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.json_tables import json_tables
from pilookup.custody.intake.tables.pages import page_file_tables
from pilookup.custody.intake.tables.sql_tables import sql_tables
from pilookup.custody.intake.tables.sqlite_tables import sqlite_tables
from pilookup.custody.intake.tables.table import Table
from pilookup.custody.intake.tables.text import text_table
from pilookup.custody.intake.tables.text_notes import tell_bad_bytes
from pilookup.custody.intake.tables.vcards import vcard_tables
from pilookup.custody.intake.tables.whole_text import text_encoding
from pilookup.custody.intake.tables.workbook import workbook_tables
from pilookup.custody.intake.tables.xml_tables import xml_tables

Reader = Callable[[Member, Format, IntakeOptions, Report], Iterator[Table]]
"""Yields the tables of a file in its order. Each must be read before the next is requested.

Notes and warnings about how the file was read go to the report. It raises IntakeError if the file cannot be read as its
format, and MissingExtraError if that needs an extra that is not installed.
"""


def open_tables(member: Member, form: Format, options: IntakeOptions, report: Report) -> Iterator[Table]:
    """Yield the tables of a file that is not an archive: the sheets of a workbook, or the one table of a text.

    Args:
        member: The file.
        form: Its format.
        options: The options of the load.
        report: Receives notes and warnings.

    Raises:
        IntakeError: The file cannot be read in its format.
        MissingExtraError: The format needs an extra that is not installed.
    """
    return _READERS[form](member, form, options, report)


def _text(member: Member, _form: Format, options: IntakeOptions, report: Report) -> Iterator[Table]:
    # A column that the operator names is read whatever the words.
    with text_table(member, report, options.encoding, None if options.columns else options.region) as table:
        yield table


def _parquet(member: Member, _form: Format, _options: IntakeOptions, _report: Report) -> Iterator[Table]:
    # Its functions of Arrow take a tenth of a second to import, and most loads have no such file.
    from pilookup.custody.intake.tables.parquet import parquet_table  # noqa: PLC0415

    with parquet_table(member) as table:
        yield table


def _sqlite(member: Member, _form: Format, _options: IntakeOptions, report: Report) -> Iterator[Table]:
    return sqlite_tables(member, report)


def _of_text(read: Callable[[Member, Encoding, list[str]], Iterator[Table]]) -> Reader:
    """The reader for a module that reads a text whose lines may be of any length."""

    def tables(member: Member, _form: Format, options: IntakeOptions, report: Report) -> Iterator[Table]:
        encoding = text_encoding(member, options.encoding)
        yield from read(member, encoding, report.notes)
        tell_bad_bytes(member.location, encoding, report)

    return tables


_READERS: Final[dict[Format, Reader]] = {
    Format.TEXT: _text,
    Format.PARQUET: _parquet,
    Format.XLSX: workbook_tables,
    Format.XLS: workbook_tables,
    Format.XLSB: workbook_tables,
    Format.ODS: workbook_tables,
    Format.HTML: page_file_tables,
    Format.MHTML: page_file_tables,
    Format.SPREADSHEETML: page_file_tables,
    Format.SQLITE: _sqlite,
    Format.VCARD: _of_text(vcard_tables),
    Format.JSON: _of_text(json_tables),
    Format.XML: _of_text(xml_tables),
    Format.SQL: _of_text(sql_tables),
}
