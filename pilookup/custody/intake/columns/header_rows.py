"""Finds the header of a table, of one to three rows, among title lines, notes and data."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.brackets import without_example
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.judge import digit_count, is_entry, is_one_number
from pilookup.custody.intake.columns.local_numbers import is_local, local_numbers

Rows = Sequence[Sequence[str]]

MAX_HEADER_ROWS: Final = 3
_NUMERALS: Final = "〇零一二三四五六七八九幺"
_DATA: Final = re.compile(rf"\d(?:[\s\-]?\d){{4}}|[{_NUMERALS}]{{7}}|\d{{3}}[*xX]{{4}}\d{{4}}")
_MAY_HOLD: Final = re.compile(rf"(?:\d\D*){{5}}|(?:[{_NUMERALS}][^{_NUMERALS}]*){{7}}")
"""A cell that holds such digits, with others between or not. Most cells do not match, which is quick to see."""
_NAMES: Final = re.compile(
    r"手机|手機|电话|電話|号码|號碼|[联聯][系繫络絡]|座机|固话|宅电|phone|mobile|msisdn|tel|cell|mob|hp|number|contact"
    r"|whatsapp|caller|call",
    re.IGNORECASE,
)
_PARTS: Final = re.compile(r"位|号段|尾号|号头|fix|first|last", re.IGNORECASE)
_LABELLED: Final = re.compile(r"[^\W\d]\s*[:：]")
MAX_NAME: Final = 60
"""A longer cell is no name of a column, and may take long to examine."""
_LEAST_DIGITS: Final = 7
_LEAST_NAMES: Final = 3
_NAMES_SHARE: Final = 0.8
_MIN_TABLE_ROWS: Final = 2
_MIN_ENTRIES: Final = 3


@dataclass(frozen=True, slots=True)
class HeaderRows:
    """The header of a table.

    Attributes:
        first: Index of its first row.
        data: Index of the first row of data after it.
        labels: The label of each column: the cells of its header rows, joined.
        by_name: Whether a label names a phone column that holds numbers.
    """

    first: int
    data: int
    labels: tuple[str, ...] = field(repr=False)
    by_name: bool


def names_phone(cell: str) -> bool:
    """Whether a cell is the name of a phone column and no more."""
    return len(cell) <= MAX_NAME and _NAMES.search(cell) is not None and headers.is_phone(without_example(cell))


def is_header_row(row: Sequence[str]) -> bool:
    """Whether a row is a header by its words, and no cell is a number.

    A cell names a phone column, two name parts of a number, or nearly all cells, three or more, are names of columns;
    two are enough if one names somebody else.
    """
    if _holds_digits(row):
        return False
    return any(map(names_phone, row)) or _has_names(row) or _names_parts(row)


def _names_parts(row: Sequence[str]) -> bool:
    short = ((column, cell) for column, cell in enumerate(row) if len(cell) <= MAX_NAME and _PARTS.search(cell))
    parts = [column for column, cell in short if headers.is_part(cell)]
    return any(right - left == 1 for left, right in pairwise(parts))


def _has_names(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    if len(filled) < _LEAST_NAMES - 1 or any(len(cell) > MAX_NAME for cell in filled):
        return False
    most_others = len(filled) - len(filled) * _NAMES_SHARE
    names: set[str] = set()
    of_another = unknown = 0
    for cell in filled:
        is_of_another = headers.is_other_party(cell)
        if is_of_another or headers.is_known(cell):
            of_another += is_of_another
            names.add(cell.strip())
        else:
            unknown += 1
            if unknown > most_others:
                return False  # a sheet may have many thousand columns of words
    return len(names) >= _LEAST_NAMES - (of_another == 1)


def filled_cells(row: Sequence[str]) -> int:
    """Number of cells with content."""
    return sum(bool(cell) and not cell.isspace() for cell in row)


def find_header(
    rows: Rows, region: str, wanted: Sequence[str] = (), others: Sequence[frozenset[int]] = ()
) -> HeaderRows | None:
    """Find the header that explains the rows under it best.

    A header row names a phone column and has no number. Of several, the first under which most rows with numbers have
    one in a column that it names is the header. Landlines without their area codes count in these columns too. Without
    one, the rows directly above the first number are.

    Args:
        rows: The first rows of a table.
        region: Where numbers without a country code are from.
        wanted: Names of columns that the operator gave. A row with one of them is a header row.
        others: For each row the columns with numbers of somebody else, which need no header.

    Returns:
        The header; None if the table has none.
    """
    others = others or [frozenset()] * len(rows)
    numbers = [number_columns(row, region) - of_other for row, of_other in zip(rows, others, strict=True)]
    best: tuple[int, int] | None = None
    candidates = [at for at, row in enumerate(rows) if is_header_row(row) or _has_wanted(row, wanted)]
    second = {at for at in candidates if at - 1 in candidates and _continues_header(rows, numbers, at)}
    for at, until in pairwise([*(at for at in candidates if at not in second), len(rows)]):
        header = rows[at : at + 2] if at + 1 in second else rows[at : at + 1]
        named = {
            column for row in header for column, cell in enumerate(row) if names_phone(cell) or _is_wanted(cell, wanted)
        }
        local = [{column for column in named if is_local(cell_of(row, column))} for row in rows[at + 1 : until]]
        explained = sum(
            bool((named & found) | digits) for found, digits in zip(numbers[at + 1 : until], local, strict=True)
        )
        with_numbers = sum(bool(found | digits) for found, digits in zip(numbers[at + 1 : until], local, strict=True))
        if explained and explained * 2 >= with_numbers:
            if _is_another_table(rows[:at], region):
                return _above_first_number(rows[:at], numbers[:at], others)
            return _header(rows, numbers, at, by_name=True)
        if best is None or explained > best[1]:
            best = at, explained
    if best is not None and (best[1] or sum(map(bool, numbers)) * 2 < len(rows)):
        return _header(rows, numbers, best[0], by_name=True)
    return _above_first_number(rows, numbers, others)


def cell_of(row: Sequence[str], column: int | None) -> str:
    """The cell of a column; empty if there is none."""
    return row[column] if column is not None and column < len(row) else ""


def _is_another_table(above: Rows, region: str) -> bool:
    """Whether the rows above a header are a table too, and not titles or facts.

    They are if several have a cell that is a number as a whole; or if a column has entries with a number, and there are
    more of them, since a title may have one too.
    """
    if sum(any(is_one_number(cell, region) for cell in row) for row in above) >= _MIN_TABLE_ROWS:
        return True
    entries = Counter(
        column
        for row in above
        if filled_cells(row) > 1
        for column in number_columns(row, region)
        if is_entry(row[column]) and not _LABELLED.search(row[column])
    )
    return max(entries.values(), default=0) >= _MIN_ENTRIES


def _header(rows: Rows, numbers: Sequence[set[int]], at: int, *, by_name: bool) -> HeaderRows:
    """The header of which row `at` is a part: up to three rows, from a group header to the row above the data."""
    data = at + 1
    while data < len(rows) and data - at < MAX_HEADER_ROWS and _continues_header(rows, numbers, data):
        data += 1
    first = at
    while first > 0 and data - first < MAX_HEADER_ROWS and _is_group_row(rows[first - 1], rows[at]):
        first -= 1
    return HeaderRows(first, data, _labels(rows[first:data]), by_name)


def _continues_header(rows: Rows, numbers: Sequence[set[int]], at: int) -> bool:
    """Whether a row under a header row belongs to it: it has words, no number, and a row with a number follows.

    A data row without a number is taken for data: only a row that fills cells which the header left empty, or whose
    few cells are all names of phone columns, continues the header.
    """
    row, above = rows[at], rows[at - 1]
    if numbers[at] or _holds_digits(row) or not any(numbers[at + 1 : at + 3]):
        return False
    filled = [cell for cell in row if cell.strip()]
    if filled and len(filled) < filled_cells(above) and all(map(names_phone, filled)):
        return True
    fills = any(cell.strip() and (i >= len(above) or not above[i].strip()) for i, cell in enumerate(row))
    return len(filled) > 1 and fills and any(not cell.strip() for cell in above)


def _is_group_row(row: Sequence[str], under: Sequence[str]) -> bool:
    """Whether a row above a header row has group headers: one names phones or whose they are, and none is a number."""
    filled = filled_cells(row)
    fewer = 2 <= filled <= filled_cells(under) and len(row) <= len(under) + 1
    names = any(names_phone(cell) or (len(cell) <= MAX_NAME and _names_side(cell)) for cell in row)
    return fewer and names and not _holds_digits(row)


def _names_side(cell: str) -> bool:
    return headers.is_other_party(cell) or headers.is_owner(cell) or headers.is_peer(cell)


def _labels(rows: Rows) -> tuple[str, ...]:
    """The label of each column. A group header extends to the empty cells on its right."""
    width = max(len(row) for row in rows)
    spread = [[*row, *[""] * (width - len(row))] for row in rows]
    for row in spread[:-1]:
        for column in range(1, width):
            if not row[column].strip() and spread[-1][column].strip():
                row[column] = row[column - 1]
    return tuple(
        " ".join(dict.fromkeys(cell.strip() for cell in cells if cell.strip())) for cells in zip(*spread, strict=True)
    )


def _above_first_number(rows: Rows, numbers: Sequence[set[int]], others: Sequence[frozenset[int]]) -> HeaderRows | None:
    data = next((at for at, found in enumerate(numbers) if found), None)
    if not data or others[data - 1]:
        return None
    above, width = rows[data - 1], filled_cells(rows[data])
    if _holds_digits(above) or filled_cells(above) * 2 < width or (width > 1 and filled_cells(above) < 2):
        return None
    return _header(rows, numbers, data - 1, by_name=False)


def number_columns(row: Sequence[str], region: str) -> set[int]:
    """The columns in which a row has a number, entries with numbers, or a local number behind its code."""
    return local_numbers(row, region).keys() | {
        column
        for column, cell in enumerate(row)
        if digit_count(cell) >= _LEAST_DIGITS
        and any(isinstance(result, bytes) for _, result in find_numbers(cell, region))
        and (len(cell) <= MAX_NAME or is_entry(cell))
    }


def _holds_digits(row: Sequence[str]) -> bool:
    """Whether a cell has digits as data have, also in Chinese numerals or masked. The example behind a name is none."""
    return any(_DATA.search(_without_example(cell)) for cell in row if _MAY_HOLD.search(cell))


def _without_example(cell: str) -> str:
    rest = without_example(cell)
    if rest != cell and (len(rest) > MAX_NAME or not (headers.is_known(rest) or headers.is_other_party(rest))):
        return cell  # a number in brackets beside the name of a person
    return rest


def _has_wanted(row: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(_is_wanted(cell, wanted) for cell in row)


def _is_wanted(cell: str, wanted: Sequence[str]) -> bool:
    return any(headers.is_named(cell, name) for name in wanted)
