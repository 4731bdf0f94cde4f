"""Reads HTML pages, MHTML files and SpreadsheetML as tables. Other modules parse them, in another process."""

import importlib.util
from collections.abc import Iterator

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.sheet_process import parsed_tables, read_into_memory
from pilookup.custody.intake.tables.table import RowTable
from pilookup.errors import MissingExtraError

_PARSERS = {Format.HTML: "html", Format.MHTML: "mhtml", Format.SPREADSHEETML: "spreadsheetml"}


def page_file_tables(member: Member, form: Format, options: IntakeOptions, report: Report) -> Iterator[RowTable]:
    """Yield the tables of a page in its order. Each must be read before the next is requested.

    Args:
        member: The file.
        form: `Format.HTML`, `Format.MHTML` or `Format.SPREADSHEETML`.
        options: The options of the load.
        report: Receives notes and warnings.

    Raises:
        IntakeError: The file is damaged or over a limit.
        MissingExtraError: lxml is not installed.
    """
    if form is not Format.SPREADSHEETML and importlib.util.find_spec("lxml") is None:
        raise MissingExtraError("reading HTML needs lxml: pip install 'pilookup[load]'")
    yield from parsed_tables(member.location, _PARSERS[form], read_into_memory(member), options, report)
