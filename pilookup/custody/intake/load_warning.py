"""Warnings of a load: what an operator must look at before the data are published."""

from dataclasses import dataclass
from enum import StrEnum


class WarningCode(StrEnum):
    """What a warning is about. The value is its code in JSON and in control data."""

    UNREAD_NUMBERS = "unread_numbers"
    """Numbers outside the columns that are read, in rejected cells, or beside the cells of a page or workbook."""
    CONSTANT_COLUMN = "constant_column"
    """A column that is not read because one number fills nearly all of it."""
    OTHER_PARTY = "other_party"
    """A column that is not read because its header or title names somebody else than the people in the rows."""
    FREQUENT_NUMBER = "frequent_number"
    """A number that fills more than one row in a hundred."""
    OTHER_PHONE_COLUMNS = "other_phone_columns"
    """Phone columns of a table of malicious registrations on which no account was registered."""
    LOOKALIKE_NUMBERS = "lookalike_numbers"
    """Numbers that may be account numbers, order numbers or numbers of another country."""
    LAYOUT_CHANGED = "layout_changed"
    """Rows that do not have the columns of the rows above them, without a header in between."""
    HIDDEN_SHEET = "hidden_sheet"
    """A hidden sheet that is not read."""
    MEMBER_SKIPPED = "member_skipped"
    """A member of an archive, or a file of a directory, that is not read, since it is no table."""
    BAD_BYTES = "bad_bytes"
    """Bytes that are not text in the encoding of the file."""
    DIGITS_LOST = "digits_lost"
    """Numbers that lost digits in a spreadsheet."""


@dataclass(frozen=True, slots=True)
class LoadWarning:
    """One warning. It never contains a phone number.

    Attributes:
        code: What it is about.
        location: The file, member or sheet.
        column: The column, from 1; None if it is not about a column.
        header: The header of the column, in the form of `ColumnUse.header`.
        count: How many numbers are concerned; cells or members where numbers cannot be told.
        text: One sentence for the operator, which names the option that settles it.
    """

    code: WarningCode
    location: str
    column: int | None
    header: str | None
    count: int
    text: str

    def to_json(self) -> dict[str, object]:
        """The warning as a JSON object."""
        return {
            "code": str(self.code),
            "location": self.location,
            "column": self.column,
            "header": self.header,
            "count": self.count,
            "text": self.text,
        }
