"""What the process that parses a workbook or a page writes to its output, see `sheet_program`."""

from collections.abc import Iterator

from pilookup.custody.intake.limits import MAX_CELL_CHARS, MAX_PADDING, MAX_SHEET_COLUMNS, MAX_SHEET_ROWS

Value = dict[str, object] | list[list[str]]
"""One line of the output."""

ROWS_A_LINE = 1024


class SheetFaultError(Exception):
    """The file cannot be read.

    Attributes:
        fault: "password" or "damaged", or a sentence for the operator without any content of the file.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Padding:
    """Counts the empty and repeated cells that a file asks for, for all of its tables.

    Cells that the file writes out count too. They never reach the limit, which grows with the size of the file.

    Args:
        size: Size of the file in bytes, unpacked.
    """

    def __init__(self, size: int) -> None:
        self._left = MAX_PADDING + size

    def take(self, count: int) -> None:
        """Count empty cells.

        Raises:
            SheetFaultError: The file asks for too many.
        """
        self._left -= count
        if self._left < 0:
            raise SheetFaultError("its merged, skipped and repeated cells make too many cells for a file of its size")


class SheetRows:
    """Collects the rows of one table.

    Attributes:
        filled: Whether a cell has content.
    """

    def __init__(self, padding: Padding) -> None:
        self._padding = padding
        self._row: list[str] | None = None
        self._count = 0
        self._rows: list[list[str]] = []
        self.filled = False

    @property
    def rows(self) -> list[list[str]]:
        """The rows that are complete and not yet taken."""
        return self._rows

    def start_row(self, number: int | None = None) -> None:
        """Start a row.

        Args:
            number: Its 1-based number, if the file states it; it is ignored unless it lies further down.

        Raises:
            SheetFaultError: The table has more rows than any spreadsheet program writes by number.
        """
        self.end_row()
        if number is not None and number > self._count + 1:
            if number > MAX_SHEET_ROWS:
                raise SheetFaultError(f"a row has a number above {MAX_SHEET_ROWS:,}")
            missing = number - 1 - self._count
            self._padding.take(missing)
            self._rows.extend([] for _ in range(missing))
            self._count += missing
        self._row = []

    def add(self, text: str, column: int | None = None) -> None:
        """Add a cell to the row.

        Args:
            text: Its text.
            column: Its 0-based column; the next one by default. It is ignored unless it lies further to the right.

        Raises:
            SheetFaultError: The row has too many cells, or the cell too much text.
        """
        if self._row is None:
            self._row = []
        if column is not None and column > len(self._row):
            if column >= MAX_SHEET_COLUMNS:
                raise SheetFaultError(f"a row has more than {MAX_SHEET_COLUMNS:,} cells")
            self._padding.take(column - len(self._row))
            self._row.extend([""] * (column - len(self._row)))
        if len(self._row) >= MAX_SHEET_COLUMNS:
            raise SheetFaultError(f"a row has more than {MAX_SHEET_COLUMNS:,} cells")
        if len(text) > MAX_CELL_CHARS:
            raise SheetFaultError(f"a cell has more than {MAX_CELL_CHARS:,} characters")
        self._row.append(text)

    def end_row(self) -> None:
        """End the row, if one was started."""
        if self._row is None:
            return
        row, self._row = self._row, None
        while row and not row[-1]:
            row.pop()
        self._count += 1
        self._rows.append(row)
        self.filled = self.filled or any(cell and not cell.isspace() for cell in row)

    def take(self) -> list[list[str]]:
        """Return the complete rows and forget them."""
        rows, self._rows = self._rows, []
        return rows


def in_lines(rows: list[list[str]]) -> Iterator[Value]:
    """Divide rows into lines of the output."""
    for start in range(0, len(rows), ROWS_A_LINE):
        yield rows[start : start + ROWS_A_LINE]
