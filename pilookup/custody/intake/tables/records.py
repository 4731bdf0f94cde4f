"""Reads rows from delimited lines, with exact line numbers even if quotes do not pair up.

A stray quote at the start of a cell makes a CSV reader take all rows after it as one cell. Therefore, if a record spans
several lines and does not have the usual number of cells, its first line is read again with quotes as plain characters,
and reading continues with the next line. Such a record is kept if no cell that spans lines has a delimiter in it: the
cell has swallowed no row, and the record only has fewer or more cells than others.
"""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Final

from pilookup.custody.intake.limits import BATCH_ROWS, HEAD_ROWS, LONG_CELL
from pilookup.custody.intake.tables.dialect import Dialect, Separation
from pilookup.custody.intake.tables.labels import LabelledBlocks, LabelledLines
from pilookup.custody.intake.tables.lines_of_others import LinesOfOthers
from pilookup.custody.intake.tables.separations import separator
from pilookup.custody.intake.tables.table import NumberedRows
from pilookup.errors import IntakeError

_MOST_LINES: Final = 100
"""A row with another number of cells than usual and more lines than this is the work of a stray quote."""


class Records:
    """Iterates over blocks of rows.

    Attributes:
        stray: Number of lines so far that were read again with quotes as plain characters.
    """

    def __init__(self, location: str, blocks: Iterator[list[str]], dialect: Dialect, region: str | None = None) -> None:
        """Read rows from lines.

        Args:
            location: The file or member, for errors.
            blocks: Lists of lines, each line with a line feed at its end.
            dialect: How the lines are separated into cells.
            region: Where numbers without a country code are from. If it is None, numbers of somebody else are not
                separated from those of the people of labelled lines.
        """
        self._location = location
        self._blocks = blocks
        self._dialect = dialect
        columns = dialect.labels if dialect.several else ()
        self._others = None if region is None else LinesOfOthers(columns, region)
        self._held: list[str] = []  # lines that the reader has and whose rows were not yielded yet
        self._line = dialect.first_line  # number of the first held line
        self.stray = 0

    def __iter__(self) -> Iterator[NumberedRows]:
        """Yield all rows.

        Raises:
            IntakeError: A cell is longer than `MAX_CELL_CHARS`.
        """
        if self._dialect.delimiter == Separation.BLOCKS:
            yield from self._join()
            return
        if len(self._dialect.delimiter) != 1:
            yield from self._split()
            return
        reader, start, step = self._reader(), 0, HEAD_ROWS  # small first, for a caller that needs only the head
        while True:
            rows: list[list[str]] = []
            broken = False
            try:
                rows.extend(islice(reader, step))  # on an error, `rows` keeps the rows before it
            except csv.Error:
                broken = True
            if not rows and not broken:
                return
            used = reader.line_num - start
            if not broken and used == len(rows) and not _spans_lines(rows[-1], 1):
                yield self._numbered(rows, [1] * len(rows))
                start, step = reader.line_num, min(step * 2, BATCH_ROWS)
                continue
            counts = _line_counts(rows, len(self._held) if broken else used)
            kept = self._first_to_reread(rows, counts)
            if kept:
                yield self._numbered(rows[:kept], counts[:kept])
            if kept < len(rows) or broken:
                yield self._reread_plain()
                reader, start, step = self._reader(), 0, 1
            else:
                start, step = reader.line_num, min(step * 2, BATCH_ROWS)

    def _reader(self) -> "csv._reader":  # type: ignore[name-defined]
        return csv.reader(self._feed(), delimiter=self._dialect.delimiter, skipinitialspace=True)

    def _feed(self) -> Iterator[str]:
        yield from list(self._held)
        for block in self._blocks:
            self._held.extend(block)
            yield from block

    def _first_to_reread(self, rows: list[list[str]], counts: list[int]) -> int:
        """Index of the first row whose quotes do not pair up; len(rows) if there is none."""
        dialect = self._dialect
        return next(
            (
                i
                for i, row in enumerate(rows)
                if len(row) != dialect.width
                and _spans_lines(row, counts[i])
                and not _swallows_no_row(row, counts[i], dialect.delimiter)
            ),
            len(rows),
        )

    def _numbered(self, rows: list[list[str]], counts: list[int]) -> NumberedRows:
        total = sum(counts)
        lines: list[int] | range = range(self._line, self._line + total)
        if total != len(rows):
            lines, line = [], self._line
            for count in counts:
                lines.append(line)
                line += count
        self._line += total
        del self._held[:total]
        return NumberedRows(lines, rows)

    def _reread_plain(self) -> NumberedRows:
        row = plain_row(f"{self._location} line {self._line}", self._held[0], self._dialect.delimiter)
        self.stray += 1
        return self._numbered([row], [1])

    def _split(self) -> Iterator[NumberedRows]:
        """Rows of single lines without quoting. Quotes around a number do not matter."""
        labels = self._dialect.labels
        separate = LabelledLines(labels, self._others).separate if labels else separator(self._dialect)
        for block in self._blocks:
            rows = [separate(line.rstrip("\n")) for line in block]
            yield NumberedRows(range(self._line, self._line + len(rows)), rows)
            self._line += len(rows)

    def _join(self) -> Iterator[NumberedRows]:
        """Rows of several lines."""
        joined = LabelledBlocks(self._dialect.labels, self._others, blank_ends=self._dialect.blank_ends)
        lines = (line.rstrip("\n") for block in self._blocks for line in block)
        records = joined.records(lines)
        while part := list(islice(records, HEAD_ROWS)):
            yield NumberedRows([self._line + at for at, _ in part], [row for _, row in part])


def plain_row(location: str, line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quotes are plain characters.

    Args:
        location: The file and line, for errors.
        line: The line.
        delimiter: One character.

    Raises:
        IntakeError: A cell is longer than `MAX_CELL_CHARS`.
    """
    try:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True))
    except csv.Error:
        raise IntakeError(location, LONG_CELL) from None


def _spans_lines(row: list[str], count: int) -> bool:
    """Whether a row spans more than one line. If the file ends inside a quoted cell, the cell ends in a line feed."""
    return count > 1 or (bool(row) and row[-1].endswith("\n"))


def _swallows_no_row(row: list[str], count: int, delimiter: str) -> bool:
    """Whether no cell of a row that spans lines is likely to have other rows in it."""
    if row[-1].endswith("\n") or count > _MOST_LINES:
        return False
    return not any("\n" in cell and delimiter in cell for cell in row)


def _line_counts(rows: list[list[str]], available: int) -> list[int]:
    """Number of lines of each row: one more than the line feeds in its cells, unless the file ends inside a cell."""
    counts, left = [], available
    for row in rows:
        count = max(1, min(left, 1 + sum(cell.count("\n") for cell in row)))
        counts.append(count)
        left -= count
    return counts
