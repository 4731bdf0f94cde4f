"""Tables: rows of text cells with their line numbers, the same for every file format."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from pilookup.custody.intake.columns.table_head import TableHead
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


class Table(TableHead, Protocol):
    """A table whose rows can be read once.

    Attributes:
        rows: Number of rows, if the format states it.
    """

    rows: int | None

    def blocks(self, start: int) -> Iterator[NumberedRows]:
        """Read all rows from the one with index `start` in `head` on.

        Raises:
            IntakeError: The file is damaged, over a limit, or has changed.
        """


class RowTable:
    """A table made of blocks of rows, as text files and workbooks give them."""

    rows: int | None = None

    def __init__(
        self,
        location: str,
        blocks: Iterable[NumberedRows],
        names: list[str] | None = None,
        *,
        sheet: str | None = None,
    ) -> None:
        """Read blocks until the head is complete.

        Args:
            location: The file, member or sheet.
            blocks: The rows.
            names: The names of the columns, if the format states them.
            sheet: The name of the sheet, as `TableHead.sheet`.

        Raises:
            IntakeError: The blocks raise it.
        """
        self.location = location
        self.sheet = sheet
        self.names = names
        self._blocks = iter(blocks)
        self._held: deque[NumberedRows] = deque()
        self.head: list[list[str]] = []
        self._lines: list[int] = []
        self._read_head()

    def line(self, start: int) -> int | None:
        """The line or row number of the row with index `start` in the head; None if there is no such row."""
        return self._lines[start] if start < len(self._lines) else None

    def blocks(self, start: int) -> Iterator[NumberedRows]:
        while block := self._next_block():
            if start:
                left = NumberedRows(block.lines[start:], block.rows[start:])
                start = max(0, start - len(block.rows))
                block = left
            if block.rows:
                yield block

    def restart(self, rest: Sequence[NumberedRows]) -> None:
        """Put rows back that `blocks` yielded last, and take them and the rows after them for a table without names.

        Raises:
            IntakeError: The blocks raise it.
        """
        self._held.extendleft(reversed(rest))
        self.names = None
        self._read_head()

    def _next_block(self) -> NumberedRows | None:
        return self._held.popleft() if self._held else next(self._blocks, None)

    def _read_head(self) -> None:
        """Read blocks until there are enough rows for the head. All blocks that are held are without blank rows."""
        held: list[NumberedRows] = []
        count = 0
        while count < HEAD_ROWS and (block := self._next_block()):
            filled = [(line, row) for line, row in zip(block.lines, block.rows, strict=True) if not is_blank(row)]
            held.append(NumberedRows([line for line, _ in filled], [row for _, row in filled]))
            count += len(filled)
        self._held.extendleft(reversed(held))
        numbered = islice(
            ((line, row) for block in held for line, row in zip(block.lines, block.rows, strict=True)), HEAD_ROWS
        )
        self._lines, self.head = [], []
        for line, row in numbered:
            self._lines.append(line)
            self.head.append(row)


def is_blank(row: list[str]) -> bool:
    """Whether no cell of a row has content other than white space."""
    return not any(cell and not cell.isspace() for cell in row)
