"""Reads Parquet files as tables: only the chosen columns, in batches, each value as text.

The scalars of a nested column are columns with dotted names; the values of a list stand in one cell, one a line.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.arrow import Leaf, ListTooLongError, cells_of, leaf_array, leaves_of, lines_of
from pilookup.custody.intake.tables.table import NumberedRows, is_blank
from pilookup.errors import IntakeError

_DAMAGED = "the Parquet file is truncated or damaged"


@contextmanager
def parquet_table(member: Member) -> Iterator["ParquetTable"]:
    """Open a Parquet file as a table.

    A file inside an archive is held in memory, because Parquet is read from its end.

    Raises:
        IntakeError: The file is damaged, has no rows, has two columns of one name, or is over a limit.
    """
    with member.open() as raw:
        stream = raw if raw.seekable() else _read_into_memory(member, raw)
        try:
            file = _open(stream)
        except (pa.ArrowException, OSError, ValueError):
            raise IntakeError(member.location, _DAMAGED) from None
        yield ParquetTable(member.location, file)


def _open(stream: BinaryIO) -> pq.ParquetFile:
    """Open a Parquet file with two bounds on memory.

    Without `pre_buffer`, the columns of a row group are read in blocks, however large the group is. With
    `read_dictionary`, text stays in its dictionary, so that one long value that all rows share is held only once.
    """
    names = [field.name for field in pq.read_schema(stream) if pa.types.is_string(field.type)]
    stream.seek(0)
    return pq.ParquetFile(stream, pre_buffer=False, buffer_size=limits.BLOCK_BYTES, read_dictionary=names)


def _read_into_memory(member: Member, raw: BinaryIO) -> BinaryIO:
    data = raw.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        size = limits.MAX_HELD_BYTES >> 20
        raise IntakeError(member.location, f"a Parquet file over {size} MiB cannot be read in an archive: take it out")
    return io.BytesIO(data)


class ParquetTable:
    """The table of a Parquet file.

    Every row counts as a row even if it is blank, because columns that are not needed are not read.
    """

    def __init__(self, location: str, file: pq.ParquetFile) -> None:
        """Read the schema and the head.

        Raises:
            IntakeError: The file is damaged, has no rows, has two columns of one name, or is over a limit.
        """
        self.location = location
        self.sheet: str | None = None
        self._file = file
        self._schema = file.schema_arrow
        try:
            self._leaves = leaves_of(self._schema)
        except (ValueError, RecursionError):
            raise IntakeError(location, "a column is nested too deeply: write it out as plain columns") from None
        self.names: list[str] | None = [leaf.name for leaf in self._leaves]
        self.rows: int | None = file.metadata.num_rows
        if self.rows == 0:
            raise IntakeError(location, "has no rows")
        self.head = self._head()

    def blocks(self, start: int) -> Iterator[NumberedRows]:  # noqa: ARG002 - the column names are in the schema
        """Read all columns of all rows.

        Raises:
            IntakeError: The file is damaged or over a limit.
        """
        for row, arrays in self._rows():
            yield self._block(row, arrays)

    def splits(self, size: int, needed: Collection[int]) -> Iterator[tuple[FileSplit, bytes] | NumberedRows]:
        """Read the rows of `blocks` as splits of text, for the core to read.

        Args:
            size: A split ends with the batch in which it reaches this size in bytes.
            needed: The 0-based columns that are read.

        Yields:
            A split and its text; or rows, if a batch has cells that a reader of the text would read differently.

        Raises:
            IntakeError: The file is damaged or over a limit.
        """
        buffer = _LineBuffer()
        for row, arrays in self._rows():
            lines = self._lines(arrays, needed)
            if lines is None:
                yield from buffer.flush()
                yield self._block(row, arrays)
                continue
            buffer.add(row, lines)
            if buffer.size >= size:
                yield from buffer.flush()
        yield from buffer.flush()

    def _rows(self) -> Iterator[tuple[int, list[pa.Array]]]:
        """The 1-based number of the first row of each batch, and its cells."""
        row = 1
        for count, arrays in self._batches(self._leaves, limits.BATCH_ROWS):
            yield row, arrays
            row += count
        if row - 1 != self.rows:
            raise IntakeError(self.location, _DAMAGED)

    def _block(self, row: int, arrays: list[pa.Array]) -> NumberedRows:
        rows = self._cells(arrays, row)
        return NumberedRows(range(row, row + len(rows)), rows)

    def _cells(self, arrays: list[pa.Array], first: int = 1) -> list[list[str]]:
        """The cells of consecutive rows, the first of which has the number `first`."""
        rows = [list(row) for row in zip(*(self._texts(column) for column in arrays), strict=True)]
        for number, row in enumerate(rows, first):
            if any(len(cell) > limits.MAX_PARQUET_VALUE_CHARS for cell in row):
                raise IntakeError(f"{self.location} row {number:,}", limits.LONG_VALUE)
        return rows

    def _head(self) -> list[list[str]]:
        found = next(self._batches(self._leaves, limits.HEAD_ROWS), None) if self._leaves else None
        if found is None:
            return [[""] * len(self._leaves)]
        rows = self._cells(found[1])
        return [row for row in rows if not is_blank(row)] or rows[:1]

    def _batches(self, leaves: Sequence[Leaf], size: int) -> Iterator[tuple[int, list[pa.Array]]]:
        """The number of rows of each batch, and the cells of the given leaves, in the given order."""
        names = [self._schema.names[leaf.column] for leaf in leaves]
        if len(set(self._schema.names)) != len(self._schema.names):
            raise IntakeError(self.location, "two columns have one name")
        try:
            for batch in self._file.iter_batches(batch_size=size, columns=list(dict.fromkeys(names))):
                if batch.nbytes > limits.MAX_PARQUET_BATCH_BYTES:
                    raise IntakeError(
                        self.location, f"{size:,} rows take more than {limits.MAX_PARQUET_BATCH_BYTES:,} bytes"
                    )
                arrays = [self._leaf(batch.column(name), leaf.path) for name, leaf in zip(names, leaves, strict=True)]
                yield batch.num_rows, arrays
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError):
            raise IntakeError(self.location, _DAMAGED) from None

    def _leaf(self, column: pa.Array, path: tuple[int, ...]) -> pa.Array:
        if not path and not pa.types.is_nested(column.type):
            return column
        with self._validated(column):
            return leaf_array(column, path)

    def _texts(self, column: pa.Array) -> list[str]:
        with self._validated(column):
            return cells_of(column)

    def _lines(self, arrays: list[pa.Array], needed: Collection[int]) -> bytes | None:
        with self._validated(*arrays):
            return lines_of(arrays, needed)

    @contextmanager
    def _validated(self, *columns: pa.Array) -> Iterator[None]:
        """Check columns before their values are used: in a damaged file, an index may be outside its dictionary."""
        try:
            for column in columns:
                column.validate(full=True)
            yield
        except ListTooLongError:
            raise IntakeError(
                self.location,
                f"the values of a list are longer than {limits.MAX_CELL_CHARS:,} characters: write each value as a row",
            ) from None
        except (pa.ArrowException, ValueError, OverflowError):
            raise IntakeError(self.location, _DAMAGED) from None


class _LineBuffer:
    """Collects the lines of consecutive rows for one split.

    Attributes:
        size: Number of bytes collected.
    """

    def __init__(self) -> None:
        self.size = 0
        self._lines: list[bytes] = []
        self._row = 0

    def add(self, row: int, lines: bytes) -> None:
        """Add lines, the first of which is row number `row`."""
        self._row = self._row if self._lines else row
        self._lines.append(lines)
        self.size += len(lines)

    def flush(self) -> Iterator[tuple[FileSplit, bytes]]:
        """Yield what was collected as one split, if there is anything, and start again."""
        if self._lines:
            data = b"".join(self._lines)
            self._lines, self.size = [], 0
            yield FileSplit(0, len(data), len(data), self._row, whole=True), data
