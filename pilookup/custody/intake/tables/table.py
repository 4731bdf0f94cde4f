"""Tables: rows of text cells with their line numbers, the same for every file format."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Protocol

from pilookup.custody.intake.columns.detect import TableHead
from pilookup.custody.intake.limits import HEAD_ROWS


@dataclass(slots=True)
class NumberedRows:
    """Consecutive rows. The repr does not show their cells.

    Attributes:
        lines: The 1-based line or row number of each row.
        rows: The cells of each row; rows may differ in width.
    """

    lines: Sequence[int]
    rows: list[list[str]] = field(repr=False)


@dataclass(slots=True)
class Chunk:
    """The chosen columns of consecutive rows. Blank rows are left out if that is cheap to see.

    The repr does not show the cells.

    Attributes:
        lines: The 1-based line or row number of each row.
        columns: For each chosen column a list of cells, each as long as `lines`.
        blank: Tells whether the row with a given index has no content in any column. It is called only for rows whose
            phone cells are empty.
        ragged: Number of rows whose width is not the usual one.
    """

    lines: Sequence[int]
    columns: list[list[str]] = field(repr=False)
    blank: Callable[[int], bool]
    ragged: int


class Table(TableHead, Protocol):
    """A table whose rows can be read once.

    Attributes:
        rows: Number of rows, if the format states it.
    """

    rows: int | None

    def chunks(self, start: int, columns: Sequence[int], width: int) -> Iterator[Chunk]:
        """Read the chosen columns of all rows. A cell that a row lacks is an empty one.

        Args:
            start: Index of the first row in `head`.
            columns: The 0-based columns, in the order in which chunks have them.
            width: The usual number of cells in a row.

        Raises:
            IntakeError: The file is damaged, over a limit, or has changed.
        """


class RowTable:
    """A table made of blocks of rows, as text files and workbooks give them."""

    rows: int | None = None

    def __init__(self, location: str, blocks: Iterable[NumberedRows], names: list[str] | None = None) -> None:
        """Read blocks until the head is complete.

        Args:
            location: The file, member or sheet.
            blocks: The rows.
            names: The names of the columns, if the format states them.

        Raises:
            IntakeError: The blocks raise it.
        """
        self.location = location
        self.names = names
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
        """The line or row number of the row with index `start` in the head; None if there is no such row."""
        return self._first.lines[start] if start < len(self._first.lines) else None

    def chunks(self, start: int, columns: Sequence[int], width: int) -> Iterator[Chunk]:
        first = NumberedRows(self._first.lines[start:], self._first.rows[start:])
        for block in chain([first], self._blocks):
            if block.rows:
                yield select_columns(block, columns, width)


def is_blank(row: list[str]) -> bool:
    """Whether no cell of a row has content other than white space."""
    return not any(cell and not cell.isspace() for cell in row)


def select_columns(block: NumberedRows, columns: Sequence[int], width: int) -> Chunk:
    """Take the chosen columns of consecutive rows.

    Args:
        block: The rows. If any of them has another width, blank rows are left out.
        columns: The 0-based columns. A cell that a row lacks is an empty one.
        width: The usual number of cells in a row.
    """
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
