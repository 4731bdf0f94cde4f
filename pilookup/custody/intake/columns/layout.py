"""The layout of a table: what each of its columns is read as."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pilookup.custody.intake.columns.stray_plus import Plus
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole

_ELEVEN_DIGITS = re.compile(r" *[0-9]{11} *")
_DIGITS = re.compile(r" *[0-9]{5,} *")


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column whose numbers are read.

    Attributes:
        column: The 0-based column.
        bare_landlines: Whether landlines may lack the 0 of their area code.
        short_mantissa: Whether trailing zeros are missing in numbers in scientific notation.
        warns_of_landlines: Whether landlines without their 0 are only likely to be landlines, so that the report warns
            of them.
        is_foreign: Whether its numbers are of another country: most cells are ten digits that are no number here, or
            hardly any is a mobile and many are no number. Then other numbers without `+` are none either.
        is_given: Whether the operator named it. Then its numbers are read whatever words stand beside them.
        plus: What a plus sign before a mainland mobile is.
        before: The columns with the first digits of its numbers, if these are split over several columns.
        area: The column of area codes that belong to its numbers, if there is one.
        country: The same of countries or calling codes.
        by_nationality: Whether these are nationalities, which say nothing of a mainland mobile.
        has_rounded: Whether some of its mobiles were rounded, so that those that end in zeros are none.
        owner: The column of the owner of the phone, who is one of the two sides of each call.
    """

    column: int
    bare_landlines: bool = False
    short_mantissa: bool = False
    warns_of_landlines: bool = False
    is_foreign: bool = False
    is_given: bool = False
    plus: Plus = Plus.CALLING_CODE
    before: tuple[int, ...] = ()
    area: int | None = None
    country: int | None = None
    by_nationality: bool = False
    has_rounded: bool = False
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column that is known and not read.

    Attributes:
        column: The 0-based column.
        code: The warning under which the numbers in it are told; None if they concern nobody.
        is_identifier: Whether its cells are identifiers of eleven digits, some of which look like mobiles.
    """

    column: int
    code: WarningCode | None
    is_identifier: bool = False


@dataclass(frozen=True, slots=True)
class RoleOfColumn:
    """What the report says of a column: its 0-based index, its role, and why it has it."""

    column: int
    role: ColumnRole
    by: ChosenBy


@dataclass(frozen=True, slots=True)
class Layout:
    """What each column of a table is read as. Columns are 0-based.

    Attributes:
        start: Index of the first data row in the rows from which the layout was chosen.
        phones: The columns whose numbers are read; none if the table has none.
        first_filled: Whether a row's number is in the first of `phones` that is filled. Otherwise all are read.
        account: The account column, if there is one.
        date: The date column, if there is one.
        codes: The columns of area codes, countries and calling codes.
        unread: The columns that are known and not read.
        blank: The columns that were blank in all rows that were examined.
        eleven_digits: The columns in which two of the first cells are eleven digits and nothing else.
        kinds: The columns of kinds of phones, such as 手机 and 座机.
        digits_alone: The columns in which digits alone may be identifiers.
        width: The usual number of cells in a row.
        header_width: The number of cells of the header up to its last label; 0 without a header.
        row_width: The number of cells of most rows.
        filled_width: The same up to the last filled cell of a row.
        filled_cells: The number of filled cells of most rows.
        labelled: Whether numbers are to the right of labels within rows, as in forms, instead of in columns.
        scan_text: Whether numbers are also read from columns of text.
        lenient: Whether a row that does not fit is read by itself. Otherwise the layout is chosen again at such a row.
        only_tables: Whether a row that does not fit is read by itself unless another table starts there.
        lenient_first: The same for the first row alone.
        header_digests: SHA-256 of each row of the header, by which the same header is recognised further down.
        header: The label of each column; None if the table has no header. It is content of the file.
        is_named: Whether a cell of the header names a phone column. Otherwise it may be a row of data.
        roles: The columns for the report.
        of_another: The columns whose words above name somebody else than the people in the rows.
        of_officers: Whether the table is a list of officers, so that all its columns are of somebody else.
        given: Names of columns that the operator gave and that the table has.
        passed_over: The mainland mobiles in rows above the data that are not the header.
    """

    start: int
    phones: tuple[PhoneColumn, ...]
    width: int
    header_width: int = 0
    row_width: int = 0
    filled_width: int = 0
    filled_cells: int = 0
    first_filled: bool = False
    account: int | None = None
    date: int | None = None
    codes: tuple[RoleOfColumn, ...] = ()
    unread: tuple[UnreadColumn, ...] = ()
    blank: tuple[int, ...] = ()
    eleven_digits: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()
    digits_alone: tuple[int, ...] = ()
    labelled: bool = False
    scan_text: bool = False
    lenient: bool = False
    only_tables: bool = False
    lenient_first: bool = False
    header_digests: tuple[bytes, ...] = field(default=(), repr=False)
    header: tuple[str, ...] | None = field(default=None, repr=False)
    is_named: bool = False
    roles: tuple[RoleOfColumn, ...] = ()
    of_another: tuple[int, ...] = ()
    of_officers: bool = False
    given: frozenset[str] = frozenset()
    passed_over: int = 0

    def label(self, column: int) -> str:
        """The label of a column in the rejects file: its header cell, or its 1-based index if there is none."""
        return self.header_of(column) or str(column + 1)

    def header_of(self, column: int) -> str | None:
        """The header cell of a column; None if there is none."""
        if self.header and column < len(self.header):
            return self.header[column].strip() or None
        return None

    @property
    def has_whole_numbers(self) -> bool:
        """Whether a phone cell alone says what its number is: not a country, digits or plus signs of other cells."""
        return not any(
            phone.before
            or phone.is_foreign
            or phone.has_rounded
            or phone.plus is Plus.STRAY
            or (phone.country, phone.owner) != (None, None)
            for phone in self.phones
        )

    def code_columns(self) -> list[int]:
        """The columns of codes."""
        return [code.column for code in self.codes]

    def identifiers(self) -> list[int]:
        """The columns of identifiers whose numbers concern nobody, unless they are phones that have moved there."""
        return [column.column for column in self.unread if column.code is None and column.is_identifier]

    def is_wide(self, row: Sequence[str]) -> bool:
        """Whether a row has more cells than the header and most rows, filled or not."""
        return 0 < self.header_width < len(row) > self.row_width

    def has_moved(self, row: Sequence[str]) -> bool:
        """Whether a row has filled cells beyond the header, so that its cells may stand under other headers."""
        return 0 < self.header_width < len(row) and any(cell.strip() for cell in row[self.header_width :])

    def has_strange_digits(self, row: Sequence[str]) -> bool:
        """Whether eleven digits stand alone where there were none at first, or any digits behind the last column."""
        width = max(self.width, self.row_width)
        return any(
            (_ELEVEN_DIGITS if at < width else _DIGITS).fullmatch(cell) is not None
            for at, cell in enumerate(row)
            if at not in self.eleven_digits
        )

    def is_longer(self, row: Sequence[str]) -> bool:
        """Whether a row has filled cells beyond the header and beyond the last filled cell of most rows."""
        return self.has_moved(row) and any(cell.strip() for cell in row[self.filled_width :])

    def is_shorter(self, row: Sequence[str]) -> bool:
        """Whether a row has fewer than half as many filled cells as most rows."""
        return sum(bool(cell.strip()) for cell in row) * 2 < self.filled_cells

    def without_content(self) -> "Layout":
        """The layout as a task carries it: without the header and what only the report needs."""
        return replace(self, header=None, roles=(), given=frozenset(), passed_over=0)


def header_digest(row: Sequence[str]) -> bytes:
    """SHA-256 of a header row, regardless of full or half width, case, space and empty cells at its end."""
    cells = [unicodedata.normalize("NFKC", cell).strip().casefold() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return hashlib.sha256("\x1f".join(cells).encode("utf-8", "replace")).digest()
