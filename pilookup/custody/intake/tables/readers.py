"""Which module reads the tables of which format."""

from collections.abc import Callable, Iterator
from typing import Final

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.json_tables import json_tables
from pilookup.custody.intake.tables.pages import page_file_tables
from pilookup.custody.intake.tables.parquet import parquet_table
from pilookup.custody.intake.tables.sql_tables import sql_tables
from pilookup.custody.intake.tables.sqlite_tables import sqlite_tables
from pilookup.custody.intake.tables.table import Table
from pilookup.custody.intake.tables.text import text_table
from pilookup.custody.intake.tables.vcards import vcard_tables
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
    with text_table(member, report, options.encoding) as table:
        yield table


def _parquet(member: Member, _form: Format, _options: IntakeOptions, _report: Report) -> Iterator[Table]:
    with parquet_table(member) as table:
        yield table


def _sqlite(member: Member, _form: Format, _options: IntakeOptions, report: Report) -> Iterator[Table]:
    return sqlite_tables(member, report)


def _records(read: Callable[[Member, Report, str | None], Iterator[Table]]) -> Reader:
    """The reader for a text that is made of records."""

    def tables(member: Member, _form: Format, options: IntakeOptions, report: Report) -> Iterator[Table]:
        return read(member, report, options.encoding)

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
    Format.VCARD: _records(vcard_tables),
    Format.JSON: _records(json_tables),
    Format.XML: _records(xml_tables),
    Format.SQL: _records(sql_tables),
}
