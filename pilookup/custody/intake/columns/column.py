"""One column of a table while its role is chosen."""

from dataclasses import dataclass, field

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import Rows
from pilookup.custody.intake.columns.judge import (
    ColumnCells,
    are_foreign,
    are_rounded,
    count_cells,
    takes_bare_landlines,
    takes_short_mantissas,
)
from pilookup.custody.intake.columns.layout import PhoneColumn
from pilookup.custody.intake.columns.stray_plus import Plus, plus_of
from pilookup.custody.intake.columns.words_above import cells_of
from pilookup.custody.intake.model import IntakeOptions


@dataclass(slots=True)
class Column:
    """One column of a table while its role is chosen.

    Attributes:
        at: The 0-based column.
        label: Its label in the header; empty if it has none.
        above: The words above its first number: the label, or, without one, the nearest cell with content.
        cells: Its cells in the rows of the table.
        counts: What these cells are.
        is_named: Whether the label names phones.
        is_of_another: Whether the words above name somebody else than the people in the rows.
        has_header: Whether these are identifiers, and the header of another table is among the cells.
        phone: How its numbers are read.
    """

    at: int
    label: str = field(repr=False)
    above: str = field(repr=False)
    cells: list[str] = field(repr=False)
    counts: ColumnCells
    is_named: bool = False
    is_of_another: bool = False
    has_header: bool = False
    phone: PhoneColumn = field(init=False)

    @property
    def shows_phones(self) -> bool:
        """Whether this is a column of phone numbers, by its label or by its cells."""
        return self.is_named or self.counts.shows_phones


def column_of(at: int, label: str, above: str, rows: Rows, options: IntakeOptions) -> Column:
    """The column of a table, without what its neighbours say of it."""
    cells = cells_of(rows, at)
    is_phone = headers.is_phone(label)
    bare, lookalikes = (True, 0)
    if options.region == "CN" and not is_phone and headers.account_rank(label) is not None:
        bare = False  # ten digits are an account there, however many of them look like landlines
    elif options.region == "CN":
        bare, lookalikes = takes_bare_landlines(cells, is_phone=is_phone, is_landline=headers.is_landline(label))
    counts = count_cells(cells, options.region, bare_landlines=bare)
    column = Column(at, label, above, cells, counts, is_phone and not headers.is_fax(label))
    is_foreign = (not bare and are_foreign(cells)) or (options.region == "CN" and counts.are_of_another_country)
    plus = plus_of(cells) if options.region == "CN" else Plus.CALLING_CODE
    column.phone = PhoneColumn(
        at,
        bare,
        takes_short_mantissas(cells),
        lookalikes > 0,
        is_foreign,
        plus=plus,
        has_rounded=options.region == "CN" and are_rounded(cells),
    )
    return column
