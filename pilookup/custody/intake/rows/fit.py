"""Whether a row has the layout of its table."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pilookup.custody.intake.columns.block_titles import titles_officers, titles_others
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.full_numbers import full_numbers, is_bare, may_be_full
from pilookup.custody.intake.columns.header_rows import filled_cells, is_header_row
from pilookup.custody.intake.columns.labelled import phone_cells
from pilookup.custody.intake.columns.layout import Layout, header_digest
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.columns.officers import names_list, names_officers
from pilookup.custody.intake.columns.unread_cells import may_have_others
from pilookup.identifier import canonicalise


@dataclass(frozen=True, slots=True)
class OutsideMobile:
    """A mainland mobile outside the columns that are read.

    Attributes:
        column: Its 0-based column.
        identifier: Its canonical identifier.
        whole: Whether the cell is this number and nothing else.
    """

    column: int
    identifier: bytes
    whole: bool

    def __repr__(self) -> str:
        return f"<mobile in column {self.column + 1}>"


@dataclass(frozen=True, slots=True)
class OutsideFullNumber:
    """A number that is written in full and no mainland mobile, outside the columns that are read.

    Attributes:
        column: Its 0-based column.
        identifier: Its canonical identifier; None if it is not possible.
        bare: Whether the cell is digits alone.
    """

    column: int
    identifier: bytes | None
    bare: bool

    def __repr__(self) -> str:
        return f"<number in column {self.column + 1}>"


def outside_mobiles(row: Sequence[str], skipped: Collection[int], taken: Collection[bytes]) -> list[OutsideMobile]:
    """The mainland mobiles of a row that it does not already give.

    Args:
        row: The cells.
        skipped: The 0-based columns that are not examined.
        taken: The identifiers that the row gives.
    """
    return [
        OutsideMobile(column, identifier, isinstance(canonicalise(cell), bytes))
        for column, cell in enumerate(row)
        if column not in skipped and len(cell) >= 11
        for identifier in mobiles_in(cell)
        if identifier not in taken
    ]


def outside_full_numbers(
    row: Sequence[str], skipped: Collection[int], taken: Collection[bytes], region: str
) -> list[OutsideFullNumber]:
    """The numbers of a row that are written in full, are no mainland mobiles, and that it does not already give.

    Where a cell has mobiles that the row does not give, the other numbers of its entries, or of a short text, are among
    them.

    Args:
        row: The cells.
        skipped: The 0-based columns that are not examined.
        taken: The identifiers that the row gives.
        region: Where numbers without a country code are from.
    """
    found: list[OutsideFullNumber] = []
    for column, cell in enumerate(row):
        if column in skipped or not may_be_full(cell):
            continue
        mobiles = mobiles_in(cell)
        numbers: Iterable[bytes | None] = full_numbers(cell, region)
        if any(mobile not in taken for mobile in mobiles) and may_have_others(cell):
            numbers = (result for _, result in find_numbers(cell, region) if isinstance(result, bytes))
        bare = is_bare(cell)
        found += [
            OutsideFullNumber(column, number, bare)
            for number in numbers
            if number not in taken and number not in mobiles
        ]
    return found


def is_repeated_header(row: Sequence[str], layout: Layout) -> bool:
    """Whether a row is a row of the table's own header again."""
    return bool(layout.header_digests) and header_digest(row) in layout.header_digests


def starts_new_table(row: Sequence[str], layout: Layout) -> bool:
    """Whether a row without a number is the header of another table, the first row of a form, or a title.

    It is the title of a list or block of officers, or of another one below one of officers.
    """
    if is_header_row(row) or (filled_cells(row) == 1 and _is_title(row, layout)):
        return True
    return not layout.labelled and any(mobiles_in(row[column]) for column in phone_cells(row))


def _is_title(row: Sequence[str], layout: Layout) -> bool:
    if names_officers(row) or (layout.of_officers and names_list(row)):
        return True
    return not layout.labelled and (titles_officers(row) or (layout.of_officers and titles_others(row)))


def leaves_layout(layout: Layout, outside: Sequence[OutsideMobile], *, numbers: int, rejects: int) -> bool:
    """Whether the mobiles outside the columns that are read show that a row has another layout.

    They do if the row has no other number, or a phone cell that is no number; or if they stand in a column that was
    blank or missing in the rows from which the layout was chosen.

    Args:
        layout: The layout.
        outside: The mobiles outside the columns that are read.
        numbers: How many numbers the row gives.
        rejects: How many rejects it gives.
    """
    if layout.labelled or not layout.phones:
        return False
    whole = [mobile for mobile in outside if mobile.whole]
    if not numbers or rejects:
        return bool(whole)
    return any(mobile.column >= layout.width or mobile.column in layout.blank for mobile in whole)
