"""What a report says about a column of a table."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_HEADER_CHARS: Final = 40
_MANY_DIGITS: Final = 7
_DIGIT: Final = re.compile(r"\d")


class ColumnRole(StrEnum):
    """What a column is read as. The value is its name in JSON."""

    PHONE = "phone"
    ACCOUNT = "account"
    DATE = "date"
    COUNTRY = "country"
    AREA = "area"
    NONE = "none"


class ChosenBy(StrEnum):
    """Why a column has its role. The value is its name in JSON."""

    GIVEN = "given"
    """An option of the command names the column."""
    NAME = "name"
    """Its header names the role."""
    CONTENT = "content"
    """Its cells show the role."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column that holds numbers, and what it is read as.

    Attributes:
        location: The file, member or sheet.
        table: The number of the table at this location, from 1.
        column: The column, from 1.
        header: The header, cut and masked by `shown_header`; None where no row was recognised as a header.
        role: What the column is read as.
        by: Why.
    """

    location: str
    table: int
    column: int
    header: str | None
    role: ColumnRole
    by: ChosenBy

    def to_json(self) -> dict[str, object]:
        """The column as a JSON object."""
        return {
            "location": self.location,
            "table": self.table,
            "column": self.column,
            "header": self.header,
            "role": str(self.role),
            "by": str(self.by),
        }


def shown_header(cell: str) -> str:
    """A header cell in the form that reports show: printable, cut to 40 characters, masked if it has many digits.

    A row of data may be taken for a header, and no number may reach a report. Where a cell has seven digits or more,
    each of them becomes "*".
    """
    printable = "".join(char if char.isprintable() else " " for char in cell).strip()
    if len(_DIGIT.findall(printable)) >= _MANY_DIGITS:
        printable = _DIGIT.sub("*", printable)
    return printable[:MAX_HEADER_CHARS]
