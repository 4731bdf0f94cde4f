"""Chooses the layout again at a row that does not have the layout of the rows above it."""

from dataclasses import replace
from typing import Final

from pilookup.custody.intake.columns.detect import choose_layout
from pilookup.custody.intake.columns.header_rows import number_columns
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.table_head import TableHead
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.rows.fit import leaves_layout, outside_mobiles, starts_new_table
from pilookup.custody.intake.rows.numbers import read_numbers

MAX_LAYOUTS: Final = 200
"""The most layouts of one table. After that, each row that does not have the last layout is read on its own."""
_MAX_SINGLE_ROWS: Final = 3


def choose_again(table: TableHead, options: IntakeOptions, layouts: list[Layout]) -> tuple[Layout, bool]:
    """Choose the layout of the rows from a row on that does not have the last layout.

    Args:
        table: The rows from that row on.
        options: The options of the load.
        layouts: The layouts so far, in order.

    Returns:
        The layout. If it is the last one again, with `lenient_first`, only this row does not fit; after a few such rows
        it has `only_tables`, and after many layouts `lenient`. And whether the rows have other columns without a header
        in between.
    """
    last = layouts[-1]
    many = len(layouts) >= MAX_LAYOUTS
    only_tables = many or sum(layout.lenient_first for layout in layouts) >= _MAX_SINGLE_ROWS
    again = replace(last, start=0, passed_over=0, lenient_first=True, lenient=many, only_tables=only_tables)
    if only_tables and not starts_new_table(table.head[0], last):
        return again, False
    found = choose_layout(table, options, last, goes_on=True)
    if found.start and not any(number_columns(row, options.region) for row in table.head[found.start :]):
        return again, False  # a header without numbers under it: a row of words, or the end of the table
    if found.start or found.labelled != last.labelled or found.of_officers != last.of_officers:
        return found, False
    if not _fits(found, table.head[0], options) or _columns(found) == _columns(last):
        return again, False
    return found, not _columns(found) >= _columns(last)


def _columns(layout: Layout) -> set[int]:
    return {phone.column for phone in layout.phones}


def _fits(layout: Layout, row: list[str], options: IntakeOptions) -> bool:
    if not layout.phones:
        return False
    numbers, rejects = read_numbers(row, layout, options.region)
    skipped = _columns(layout) | {column.column for column in layout.unread}
    outside = outside_mobiles(row, skipped, numbers)
    return not leaves_layout(layout, outside, numbers=len(numbers), rejects=rejects)
