"""Rows out of delimited lines, exact about line numbers and safe against quotes that do not pair up.

One stray quote at the start of a cell makes a CSV reader swallow the rows after it into one cell. A record
that runs over several lines and does not have the usual number of cells is therefore taken back: its first
line is read with quotes as plain characters, and reading goes on with the next line.
"""

import csv
from collections.abc import Iterator
from itertools import islice

from pilookup.custody.intake.limits import BATCH_ROWS, HEAD_ROWS, MAX_CELL_CHARS
from pilookup.custody.intake.tables.dialect import Dialect
from pilookup.custody.intake.tables.table import NumberedRows
from pilookup.errors import IntakeError


class Records:
    """Iterates over runs of rows.

    blocks: lists of lines, each with a line feed at its end. stray: counts lines whose quotes were taken back.
    """

    def __init__(self, location: str, blocks: Iterator[list[str]], dialect: Dialect) -> None:
        self._location = location
        self._blocks = blocks
        self._dialect = dialect
        self._held: list[str] = []  # lines given to the reader and not yet handed on as rows
        self._line = dialect.first_line  # number of the first held line
        self.stray = 0

    def __iter__(self) -> Iterator[NumberedRows]:
        if len(self._dialect.delimiter) != 1:
            yield from self._split()
            return
        reader, start, step = self._reader(), 0, HEAD_ROWS  # whoever wants the head alone reads little more
        while True:
            rows: list[list[str]] = []
            broken = False
            try:
                rows.extend(islice(reader, step))  # keeps the rows before an error
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
        """Index of the first row that runs over lines and has not the usual width; len(rows) for none."""
        width = self._dialect.width
        return next((i for i, row in enumerate(rows) if len(row) != width and _spans_lines(row, counts[i])), len(rows))

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
        """Lines without quoting: cut at "----", or not at all. `canonicalise` takes quotes off a number."""
        delimiter = self._dialect.delimiter
        for block in self._blocks:
            lines = [line.rstrip("\n") for line in block]
            rows = [line.split(delimiter) for line in lines] if delimiter else [[line] for line in lines]
            yield NumberedRows(range(self._line, self._line + len(rows)), rows)
            self._line += len(rows)


def plain_row(location: str, line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quotes are plain characters; location: where the line is, for the IntakeError."""
    try:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True))
    except csv.Error:
        raise IntakeError(location, f"has a cell longer than {MAX_CELL_CHARS:,} characters") from None


def _spans_lines(row: list[str], count: int) -> bool:
    """Whether a row took more than its line; one that the end of the file cut keeps a line feed in its cell."""
    return count > 1 or (bool(row) and row[-1].endswith("\n"))


def _line_counts(rows: list[list[str]], available: int) -> list[int]:
    """Lines of each row: its cells hold all its line feeds but the last one, unless the file ended in a cell."""
    counts, left = [], available
    for row in rows:
        count = max(1, min(left, 1 + sum(cell.count("\n") for cell in row)))
        counts.append(count)
        left -= count
    return counts
