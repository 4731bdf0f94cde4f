"""The numbers in the phone cells of one row."""

from collections.abc import Iterator, Sequence

from pilookup.custody.intake.columns.cells.reader import is_mobile
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.header_rows import cell_of
from pilookup.custody.intake.columns.judge import is_rounded
from pilookup.custody.intake.columns.labelled import phone_cells
from pilookup.custody.intake.columns.layout import Layout, PhoneColumn
from pilookup.custody.intake.columns.split_numbers import joined
from pilookup.custody.intake.columns.stray_plus import Plus, without_stray_plus
from pilookup.identifier import Reason, canonicalise
from pilookup.identifier.characters import plain


def phone_cells_of(row: Sequence[str], layout: Layout) -> Iterator[tuple[PhoneColumn, str]]:
    """The filled phone cells of a row, in the order in which they are read."""
    if layout.labelled:
        columns = [PhoneColumn(column) for column, belongs in phone_cells(row).items() if belongs]
    else:
        columns = [phone for phone in layout.phones if phone.column < len(row)]
    for phone in columns:
        cell = row[phone.column]
        if cell and not cell.isspace():
            yield phone, cell
            if layout.first_filled:
                return


def candidates(
    row: Sequence[str], phone: PhoneColumn, cell: str, layout: Layout, region: str
) -> list[tuple[str, bytes | Reason]]:
    """The numbers and rejects of one phone cell, read with the country and area cells of its row, or its first digits.

    In a row with more cells than the header, which may have moved, digits without a 0 are no landlines.
    """
    if phone.before:
        cell = joined(row, phone.column, phone.before)
    if phone.plus is Plus.STRAY:
        cell = without_stray_plus(cell)
    if phone.has_rounded and not phone.is_given and is_rounded(cell):
        return [(cell, Reason.DIGITS_LOST)]
    found = find_numbers(
        cell,
        region,
        bare_landlines=phone.bare_landlines and not layout.is_wide(row),
        short_mantissa=phone.short_mantissa,
        area=cell_of(row, phone.area),
        country=_country_of(row, phone, cell, region),
    )
    if phone.is_foreign and not phone.is_given:
        return [(text, Reason.NO_AREA_CODE if _is_taken_for_here(text, result) else result) for text, result in found]
    return found


def _is_taken_for_here(text: str, result: bytes | Reason) -> bool:
    """Whether a text that does not state its country was read as another number than a mainland mobile."""
    return isinstance(result, bytes) and not is_mobile(result) and "+" not in plain(text)


def _country_of(row: Sequence[str], phone: PhoneColumn, cell: str, region: str) -> str:
    """The country cell of a number; empty if it says nothing of it."""
    country = cell_of(row, phone.country)
    return "" if phone.by_nationality and country and is_mobile(canonicalise(cell, region)) else country


def read_numbers(row: Sequence[str], layout: Layout, region: str) -> tuple[set[bytes], int]:
    """The identifiers that a row gives, and the number of rejects."""
    found = [
        result
        for phone, cell in phone_cells_of(row, layout)
        for _, result in candidates(row, phone, cell, layout, region)
    ]
    numbers = {result for result in found if isinstance(result, bytes)}
    return numbers, sum(not isinstance(result, bytes) for result in found)
