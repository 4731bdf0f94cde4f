"""Reads XLSX, XLSB, XLS and ODS workbooks as tables, one for each sheet. `sheets` parses them in another process."""

import importlib.util
from collections.abc import Iterator

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.packages import check_package
from pilookup.custody.intake.tables.sheet_process import parsed_tables, read_into_memory
from pilookup.custody.intake.tables.table import RowTable
from pilookup.errors import IntakeError, MissingExtraError

_PACKAGE = b"PK"
_STREAMS = ("Workbook", "Book", "WORKBOOK", "BOOK", "EncryptedPackage")


def workbook_tables(member: Member, form: Format, options: IntakeOptions, report: Report) -> Iterator[RowTable]:
    """Yield the tables of a workbook in its order. Each must be read before the next is requested.

    Args:
        member: The workbook.
        form: `Format.XLS`, or the format of a workbook in a ZIP package.
        options: The options of the load.
        report: Receives notes and warnings.

    Raises:
        IntakeError: The workbook is damaged, under a password or over a limit.
        MissingExtraError: python-calamine is not installed.
    """
    data = read_into_memory(member)
    if data.startswith(_PACKAGE):
        check_package(member.location, data)
    elif form is Format.XLS:
        _check_container(member, data)
    if form is Format.ODS:
        yield from parsed_tables(member.location, "ods", data, options, report)
        return
    if importlib.util.find_spec("python_calamine") is None:
        raise MissingExtraError("reading workbooks needs python-calamine: pip install 'pilookup[load]'")
    yield from parsed_tables(member.location, "workbook", data, options, report)


def _check_container(member: Member, data: bytes) -> None:
    """Refuse an OLE file, such as a Word document, that has no stream of a workbook."""
    if data.startswith(b"\xd0\xcf\x11\xe0") and not any(name.encode("utf-16-le") in data for name in _STREAMS):
        raise IntakeError(member.location, "has no workbook in it (a Word document or another file of Office?)")
