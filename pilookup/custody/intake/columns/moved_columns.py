"""Finds the row of a table from which on its columns have moved, without a header in between."""

from typing import Final

from pilookup.custody.intake.columns.header_rows import Rows, number_columns

_MOST: Final = 0.9
_FEW: Final = 0.1
_MIN_ROWS: Final = 2


def rows_of_layout(rows: Rows, region: str) -> Rows:
    """The rows before the first one from which on the columns have moved; all rows if none has.

    They have moved where a column of numbers ends and another one begins: nearly every row before it has a number in
    the one column and not in the other, and nearly every row from it on has it the other way round.

    Args:
        rows: The rows of a table without its header.
        region: Where numbers without a country code are from.
    """
    found = [number_columns(row, region) for row in rows]
    columns = sorted(set().union(*found)) if found else []
    before = dict.fromkeys(columns, 0)
    totals = {column: sum(column in each for each in found) for column in columns}
    for at, each in enumerate(found):
        if at >= _MIN_ROWS and _has_moved(before, totals, at, len(rows)):
            return rows[:at]
        for column in each:
            before[column] += 1
    return rows


def _has_moved(before: dict[int, int], totals: dict[int, int], at: int, count: int) -> bool:
    after = count - at
    shares = [(before[column] / at, (totals[column] - before[column]) / after) for column in before]
    ends = any(first >= _MOST and then <= _FEW for first, then in shares)
    return ends and any(first <= _FEW and then >= _MOST for first, then in shares)
