"""A table: rows of text cells with their location, whatever file they come from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from pilookup.custody.intake.columns.detect import TableHead
from pilookup.custody.intake.limits import HEAD_ROWS


@dataclass(slots=True)
class NumberedRows:
    """Consecutive rows. lines: the 1-based line or row number of each. rows: cells of each, of any number."""

    lines: Sequence[int]
    rows: list[list[str]]


@dataclass(slots=True)
class Chunk:
    """Chosen columns of consecutive rows, without blank rows where that was cheap to see.

    columns: one list of cells a chosen column, all as long as `lines`. blank: whether row i has no content
    at all, asked only about rows whose phone cells are empty. ragged: rows with another number of cells than
    usual.
    """

    lines: Sequence[int]
    columns: list[list[str]]
    blank: Callable[[int], bool]
    ragged: int


class Table(TableHead, Protocol):
    """A table's head and its rows. rows: how many there are, where the format states it."""

    rows: int | None

    def chunks(self, start: int, columns: Sequence[int], width: int) -> Iterator[Chunk]:
        """The chosen columns of all rows from head row `start` on; a missing cell is an empty one."""


class RowTable:
    """A table over runs of rows, read once."""

    names: list[str] | None = None
    rows: int | None = None

    def __init__(self, location: str, blocks: Iterable[NumberedRows]) -> None:
        self.location = location
        self._blocks = iter(blocks)
        self._first = NumberedRows([], [])
        self.head = self._first.rows
        lines: list[int] = []
        for block in self._blocks:
            kept = [(line, row) for line, row in zip(block.lines, block.rows, strict=True) if not is_blank(row)]
            lines.extend(line for line, _ in kept)
            self.head.extend(row for _, row in kept)
            if len(self.head) >= HEAD_ROWS:
                break
        self._first.lines = lines
        self.head = list(islice(self._first.rows, HEAD_ROWS))

    def line(self, start: int) -> int | None:
        """The line or row number of head row `start`; None where the table has no such row."""
        return self._first.lines[start] if start < len(self._first.lines) else None

    def chunks(self, start: int, columns: Sequence[int], width: int) -> Iterator[Chunk]:
        first = NumberedRows(self._first.lines[start:], self._first.rows[start:])
        for block in chain([first], self._blocks):
            if block.rows:
                yield select_columns(block, columns, width)


def is_blank(row: list[str]) -> bool:
    """Whether no cell of a row has content."""
    return not any(cell and not cell.isspace() for cell in row)


def select_columns(block: NumberedRows, columns: Sequence[int], width: int) -> Chunk:
    """The chosen columns of a run of rows."""
    lines, rows = block.lines, block.rows
    regular = list(map(len, rows)).count(width)
    ragged = 0
    if regular != len(rows):
        kept = [(line, row) for line, row in zip(lines, rows, strict=True) if not is_blank(row)]
        lines, rows = [line for line, _ in kept], [row for _, row in kept]
        ragged = sum(len(row) != width for row in rows)
    if ragged:
        cells = [[row[at] if at < len(row) else "" for row in rows] for at in columns]
    else:
        cells = [[row[at] for row in rows] for at in columns]
    return Chunk(lines, cells, lambda at: is_blank(rows[at]), ragged)
