"""Area and calling codes in columns of their own, and the phone columns whose numbers they belong to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.column import Column
from pilookup.custody.intake.columns.header_rows import Rows
from pilookup.custody.intake.columns.judge import ColumnCells, is_nothing
from pilookup.custody.intake.columns.layout import RoleOfColumn
from pilookup.custody.intake.columns.local_numbers import is_area_code, local_number
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole

_LEAST_ROWS: Final = 2
_LEAST_ROWS_WITHOUT_LABEL: Final = 3
_SHARE: Final = 0.9


def code_columns(columns: Sequence[Column], rows: Rows, region: str) -> tuple[RoleOfColumn, ...]:
    """Find the columns of codes, by their labels and by their cells, and tell the phone columns which are theirs.

    A column of local numbers beside one of codes is one of phones, if a label names one of the two, or neither has a
    label.

    Args:
        columns: The columns of the table. Their `phone`, and what a column of local numbers is, are changed.
        rows: The first rows of its data.
        region: Where numbers without a country code are from.

    Returns:
        The columns of codes.
    """
    areas = [column.at for column in columns if headers.is_area(column.label) and column.counts.filled]
    countries = [column.at for column in columns if headers.is_country(column.label) and column.counts.filled]
    for code, column in pairwise(columns):
        numbers = _local_numbers(code, column, rows, region)
        if numbers:
            column.is_named = True
            column.counts = _with_numbers(column.counts, numbers)
            of_areas = any(map(is_area_code, code.cells))
            (areas if of_areas else countries).append(code.at)
    areas, countries = sorted(set(areas)), sorted(set(countries) - set(areas))
    _assign(columns, areas, countries)
    roles = [(at, ColumnRole.AREA, headers.is_area) for at in areas]
    roles += [(at, ColumnRole.COUNTRY, headers.is_country) for at in countries]
    return tuple(
        RoleOfColumn(at, role, ChosenBy.NAME if is_named(columns[at].label) else ChosenBy.CONTENT)
        for at, role, is_named in roles
    )


def _local_numbers(code: Column, column: Column, rows: Rows, region: str) -> list[bytes]:
    """The local numbers of a column with the codes of the column before; empty if it is not one of local numbers."""
    if headers.is_fax(column.above) or headers.is_identifier(column.label) or headers.is_phone(code.label):
        return []
    named = headers.is_area(code.label) or headers.is_country(code.label) or headers.is_phone(column.label)
    if not named and (code.label or column.label):
        return []
    pairs = [(row[code.at], row[column.at]) for row in rows if len(row) > column.at]
    filled = [(left, right) for left, right in pairs if left.strip() and right.strip() and not is_nothing(right)]
    found = [number for left, right in filled if (number := local_number(left, right, region)) is not None]
    least = _LEAST_ROWS if named else _LEAST_ROWS_WITHOUT_LABEL
    return found if len(found) >= least and len(found) >= len(filled) * _SHARE else []


def _with_numbers(counts: ColumnCells, numbers: Sequence[bytes]) -> ColumnCells:
    """The counts of a column whose cells are numbers with the codes beside them."""
    each = Counter(numbers)
    most = max(each.values())
    return replace(
        counts, numbers=len(numbers), digits=0, bare=0, bare_numbers=0, most_frequent=most, different=len(each)
    )


def _assign(columns: Sequence[Column], areas: Sequence[int], countries: Sequence[int]) -> None:
    """Tell each column which codes belong to its numbers: the only ones of the table, or the nearest on one side."""
    phones = [column.at for column in columns if column.shows_phones and column.at not in (*areas, *countries)]
    for column in columns:
        country = _nearest(countries, column.at, phones)
        column.phone = replace(
            column.phone,
            area=_nearest(areas, column.at, phones),
            country=country,
            by_nationality=country is not None and headers.is_nationality(columns[country].label),
        )


def _nearest(codes: Sequence[int], at: int, phones: Sequence[int]) -> int | None:
    """The column of codes that belongs to a phone column.

    Of several, it is the nearest one before it; or behind it, if a phone column stands before the first of them.
    """
    if len(codes) < 2:
        return next(iter(codes), None)
    if phones and phones[0] < codes[0]:
        return min((code for code in codes if code > at), default=None)
    return max((code for code in codes if code < at), default=None)
