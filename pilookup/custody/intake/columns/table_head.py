"""What the choice of a layout needs to know of a table."""

from dataclasses import dataclass, field
from typing import Protocol


class TableHead(Protocol):
    """What the choice of columns needs to know of a table; every `tables.table.Table` is one.

    Attributes:
        location: What an error names: the file, member or sheet.
        sheet: The name of the sheet, which the location may not show in full; None if the table is no sheet.
        names: Column names, if the format states them; None if a row of `head` may be the header.
        head: The first rows that are not blank, up to `HEAD_ROWS` of them.
    """

    location: str
    sheet: str | None
    names: list[str] | None
    head: list[list[str]]


@dataclass(slots=True)
class Head:
    """The same of a table of which some rows are left out. Attributes as in `TableHead`."""

    location: str
    sheet: str | None = field(repr=False)
    names: list[str] | None = field(repr=False)
    head: list[list[str]] = field(repr=False)
