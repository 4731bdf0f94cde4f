"""Reads Parquet files as tables: only the chosen columns, in batches, each value as text."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.arrow import cells_of, lines_of
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
        self._file = file
        self._schema = file.schema_arrow
        self.names: list[str] | None = list(self._schema.names)
        self.rows: int | None = file.metadata.num_rows
        if self.rows == 0:
            raise IntakeError(location, "has no rows")
        self._readable = [at for at, kind in enumerate(self._schema.types) if not _nested(kind)]
        self.head = self._head()

    def blocks(self, start: int) -> Iterator[NumberedRows]:  # noqa: ARG002 - the column names are in the schema
        """Read all columns that are not nested, of all rows. A nested column has empty cells.

        Raises:
            IntakeError: The file is damaged or over a limit.
        """
        for row, batch in self._rows(self._readable):
            yield self._block(row, batch)

    def splits(self, size: int) -> Iterator[tuple[FileSplit, bytes] | NumberedRows]:
        """Read the rows of `blocks` as splits of text, for the core to read.

        Args:
            size: A split ends with the batch in which it reaches this size in bytes.

        Yields:
            A split and its text; or rows, if a batch has cells that a reader of the text would read differently.

        Raises:
            IntakeError: The file is damaged or over a limit.
        """
        buffer = _LineBuffer()
        for row, batch in self._rows(self._readable):
            lines = self._lines(batch)
            if lines is None:
                yield from buffer.flush()
                yield self._block(row, batch)
                continue
            buffer.add(row, lines)
            if buffer.size >= size:
                yield from buffer.flush()
        yield from buffer.flush()

    def _rows(self, columns: Sequence[int]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The 1-based number of the first row of each batch, and the batch."""
        for at in columns:
            if _nested(self._schema.types[at]):
                raise IntakeError(self.location, f"column {at + 1} is nested: write it out as one plain column")
        row = 1
        for batch in self._batches(columns, limits.BATCH_ROWS):
            yield row, batch
            row += batch.num_rows
        if row - 1 != self.rows:
            raise IntakeError(self.location, _DAMAGED)

    def _block(self, row: int, batch: pa.RecordBatch) -> NumberedRows:
        return NumberedRows(range(row, row + batch.num_rows), self._cells(batch))

    def _cells(self, batch: pa.RecordBatch) -> list[list[str]]:
        """The rows of a batch of the readable columns."""
        columns = {at: self._texts(batch.column(i)) for i, at in enumerate(self._readable)}
        blank = [""] * batch.num_rows
        every = [columns.get(at, blank) for at in range(len(self._schema.names))]
        return [list(row) for row in zip(*every, strict=True)]

    def _head(self) -> list[list[str]]:
        batch = next(self._batches(self._readable, limits.HEAD_ROWS), None) if self._readable else None
        if batch is None:
            return [[""] * len(self._schema.names)]
        rows = self._cells(batch)
        return [row for row in rows if not is_blank(row)] or rows[:1]

    def _batches(self, columns: Sequence[int], size: int) -> Iterator[pa.RecordBatch]:
        """Record batches with exactly the given columns, in the given order."""
        names = [self._schema.names[at] for at in columns]
        if len(set(self._schema.names)) != len(self._schema.names):
            raise IntakeError(self.location, "two columns have one name")
        try:
            for batch in self._file.iter_batches(batch_size=size, columns=list(dict.fromkeys(names))):
                if batch.nbytes > limits.MAX_PARQUET_BATCH_BYTES:
                    raise IntakeError(
                        self.location, f"{size:,} rows take more than {limits.MAX_PARQUET_BATCH_BYTES:,} bytes"
                    )
                yield batch.select(names)
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError):
            raise IntakeError(self.location, _DAMAGED) from None

    def _texts(self, column: pa.Array) -> list[str]:
        with self._validated(column):
            return [cell[: limits.MAX_CELL_CHARS] for cell in cells_of(column)]

    def _lines(self, batch: pa.RecordBatch) -> bytes | None:
        with self._validated(*batch.columns):
            return lines_of(batch.columns)

    @contextmanager
    def _validated(self, *columns: pa.Array) -> Iterator[None]:
        """Check columns before their values are used: in a damaged file, an index may be outside its dictionary."""
        try:
            for column in columns:
                column.validate(full=True)
            yield
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


def _nested(kind: Any) -> bool:
    return bool(pa.types.is_nested(kind))
