"""Reads the tables of a file that lies in memory, as the readers of intake yield them."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.readers import open_tables
from pilookup.custody.intake.tables.sheet_values import SheetFaultError
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind

T = TypeVar("T")


@dataclass
class Tables:
    """What a reader yielded: for each table its location, and its rows without empty cells at their ends."""

    rows: dict[str, list[list[str]]]
    lines: dict[str, list[int]]
    report: Report

    @property
    def only(self) -> list[list[str]]:
        """The rows of the one table."""
        assert len(self.rows) == 1, list(self.rows)
        return next(iter(self.rows.values()))


def tables_of(content: bytes, form: Format, name: str = "a", **options) -> Tables:
    """All tables of a file.

    Args:
        content: The bytes of the file.
        form: Its format.
        name: Its name.
        options: Further options of the load.
    """
    found = Tables({}, {}, Report())
    member = Member(name, name, len(content), lambda: io.BytesIO(content))
    for table in open_tables(member, form, IntakeOptions(Kind.EXPOSURE, **options), found.report):
        rows, lines = found.rows.setdefault(table.location, []), found.lines.setdefault(table.location, [])
        for block in table.blocks(0):
            for line, row in zip(block.lines, block.rows, strict=True):
                cells = list(row)
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    rows.append(cells)
                    lines.append(line)
    return found


def outcome_of(read: Callable[[], T]) -> tuple[IntakeError | SheetFaultError | None, T | None]:
    """The error that intake raises for a file, or what it reads. Any other error fails the test."""
    try:
        return None, read()
    except (IntakeError, SheetFaultError) as error:
        return error, None
