"""Chooses the phone, account and date columns of a table, and the row where its data start."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.phone_cells import separate_numbers
from pilookup.custody.intake.limits import HEADER_ROWS
from pilookup.custody.intake.model import IntakeOptions
from pilookup.errors import IntakeError

_MIN_SHARE = 0.5
"""A column without a known name is a phone column only if at least this share of its filled cells holds numbers."""

_MAX_RUNNER_UP = 0.5
"""The second-best column may have at most this fraction of the best column's share; otherwise the choice is unclear."""

_FIVE_DIGITS = re.compile(r"\d(?:[\s\-]?\d){4}")


class TableHead(Protocol):
    """What the choice of columns needs to know of a table; every `tables.table.Table` is one.

    Attributes:
        location: What an error names: the file, member or sheet.
        names: Column names, if the format states them; None if a row of `head` may be the header.
        head: The first rows that are not blank, up to `HEAD_ROWS` of them.
    """

    location: str
    names: list[str] | None
    head: list[list[str]]


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The chosen columns of a table, as 0-based indices.

    Attributes:
        start: Index of the first data row in the table's head.
        phones: The phone columns, one or more.
        account: The account column, if there is one.
        date: The date column, if there is one.
        width: The usual number of cells in a row.
        header: The header cells; None if the table has no header row.
        named: Whether the phone columns were chosen by name. Otherwise they were chosen by content.
    """

    start: int
    phones: tuple[int, ...]
    account: int | None
    date: int | None
    width: int
    header: tuple[str, ...] | None = field(repr=False)
    named: bool

    def label(self, column: int) -> str:
        """The label of a column in the rejects file: its header cell, or its 1-based index if there is none."""
        if self.header and column < len(self.header) and self.header[column].strip():
            return self.header[column].strip()
        return str(column + 1)


def choose_columns(table: TableHead, options: IntakeOptions) -> ColumnPlan | None:
    """Choose the columns of a table: those named in the options, else by header, else the phone column by content.

    Returns:
        The plan; None if the table has no phone column, or not all of those that the options name.

    Raises:
        IntakeError: An account or date column named in the options is missing; or no header names a phone column,
            several columns hold numbers, and none of them clearly more than the others.
    """
    given = options.columns.get("phone", ())
    start, header = _find_header(table, options)
    width = len(header) if header is not None else _width(table)
    left_out = {_given_column(table, header, name) for name in options.not_columns}
    if given:
        phones = _given_phones(table, header, given)
        if header is None:
            start, header = _data_start(table, width)
    else:
        phones = tuple(at for at, name in enumerate(header or ()) if headers.is_phone(name))
    phones = tuple(at for at in phones if at not in left_out)
    named = bool(phones)
    if not phones and not given:
        phones, start, header = _columns_by_content(table, options, start, header, width, left_out)
    if not phones:
        return None
    account = _ranked_column(table, header, options.columns.get("account", ()), headers.account_rank, left_out)
    date = _ranked_column(table, header, options.columns.get("date", ()), headers.date_rank, left_out)
    least = 1 + max(at for at in (*phones, account, date) if at is not None)
    cells = tuple(header) if header is not None else None
    return ColumnPlan(start, phones, account, date, max(width, least), cells, named)


def describe(plan: ColumnPlan) -> str:
    """Describe the chosen columns in one phrase for the report.

    The phrase has indices and no header cells, because a row of data may have been mistaken for the header.
    """
    phones = ", ".join(str(at + 1) for at in plan.phones)
    phrases = [f"phone column {phones} by {'name' if plan.named else 'content'}"]
    if plan.account is not None:
        phrases.append(f"account column {plan.account + 1}")
    if plan.date is not None:
        phrases.append(f"date column {plan.date + 1}")
    return "; ".join(phrases)


def _width(table: TableHead) -> int:
    widths = Counter(map(len, table.head))
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 0


def _find_header(table: TableHead, options: IntakeOptions) -> tuple[int, list[str] | None]:
    """The index of the first data row, and the header.

    The header is the first row near the top with a name from the options; else the first one in which a cell names a
    phone column and no cell has five digits in sequence. Without such a row the result is (0, None).
    """
    if table.names is not None:
        return 0, table.names
    given = [text for texts in options.columns.values() for text in texts]
    wanted = [name for text in given for name in _given_names(text)] + [*options.not_columns]
    for at, row in enumerate(table.head[:HEADER_ROWS]):
        if any(headers.is_named(cell, name) for cell in row for name in wanted if not name.isdigit()):
            return at + 1, row
    for at, row in enumerate(table.head[:HEADER_ROWS]):
        if any(headers.is_phone(cell) for cell in row) and not any(_FIVE_DIGITS.search(cell) for cell in row):
            return at + 1, row
    return 0, None


def _given_names(given: str) -> list[str]:
    return [given, *(name for name in re.split(r"[,，]", given) if name.strip())]


def _given_phones(table: TableHead, header: list[str] | None, given: Sequence[str]) -> tuple[int, ...]:
    found = [at for text in given for at in _columns_of(table, header, text)]
    return tuple(dict.fromkeys(at for at in found if at is not None)) if None not in found else ()


def _columns_of(table: TableHead, header: list[str] | None, given: str) -> list[int | None]:
    """The columns that one text names: the one whose header is the text, else each of the names in it."""
    whole = _column_named(header, given)
    if whole is not None:
        return [whole]
    return [_given_column(table, header, name) for name in _given_names(given)[1:] or [given]]


def _column_named(header: list[str] | None, name: str) -> int | None:
    return next((at for at, cell in enumerate(header or ()) if headers.is_named(cell, name)), None)


def _given_column(table: TableHead, header: list[str] | None, name: str) -> int | None:
    """The column with a given name or 1-based index. A header cell equal to the text takes precedence over an index."""
    found = _column_named(header, name)
    if found is not None:
        return found
    text = name.strip()
    if text.isascii() and text.isdigit():
        widest = max([len(row) for row in table.head] + [len(table.names or ())])
        if len(text) <= 9 and 1 <= int(text) <= widest:
            return int(text) - 1
    return None


def _ranked_column(
    table: TableHead,
    header: list[str] | None,
    given: Sequence[str],
    rank: Callable[[str], int | None],
    left_out: Collection[int | None],
) -> int | None:
    """The first of the given columns that is there, else the column whose header ranks best, the leftmost of equals.

    None if no column is given and no header ranks.
    """
    if given:
        found = next((at for name in given if (at := _given_column(table, header, name)) is not None), None)
        if found is None:
            raise IntakeError(table.location, "has no such account or date column as given with --column")
        return found
    ranked = [
        (order, at) for at, name in enumerate(header or ()) if at not in left_out and (order := rank(name)) is not None
    ]
    return min(ranked)[1] if ranked else None


def _columns_by_content(
    table: TableHead,
    options: IntakeOptions,
    start: int,
    header: list[str] | None,
    width: int,
    left_out: Collection[int | None],
) -> tuple[tuple[int, ...], int, list[str] | None]:
    """The phone columns by the content of their cells, the index of the first data row, and the header if any."""
    if header is None:
        start, header = _data_start(table, width)
    rows = table.head[start:]
    shares = {
        at: share
        for at in range(width)
        if at not in left_out
        and not (header and at < len(header) and headers.is_not_phone(header[at]))
        and (share := _share_of_numbers(rows, at, options.region)) >= _MIN_SHARE
    }
    if len(shares) == width:  # nothing but numbers: a plain list, with one or more numbers in each row
        return tuple(shares), start, header
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    if len(ordered) > 1 and ordered[1][1] > ordered[0][1] * _MAX_RUNNER_UP:
        columns = ", ".join(str(at + 1) for at in sorted(shares))
        raise IntakeError(table.location, f"columns {columns} all hold numbers: say which with --column phone=NAME")
    return tuple(at for at, _ in ordered[:1]), start, header


def _data_start(table: TableHead, width: int) -> tuple[int, list[str] | None]:
    """The index of the first row that is at least half filled and has five digits in sequence, and the row above it,
    which is the header. Without such a row the result is (0, None).
    """
    for at, row in enumerate(table.head[:HEADER_ROWS]):
        filled = sum(bool(cell.strip()) for cell in row)
        if filled * 2 >= width and any(_FIVE_DIGITS.search(cell) for cell in row):
            return at, table.head[at - 1] if at else None
    return 0, None


def _share_of_numbers(rows: Sequence[Sequence[str]], column: int, region: str) -> float:
    cells = [row[column] for row in rows if column < len(row) and row[column].strip()]
    good = sum(any(type(found) is bytes for _, found in separate_numbers(cell, region)) for cell in cells)
    return good / len(cells) if cells else 0.0
