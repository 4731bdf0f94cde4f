"""Parquet files as tables: the chosen columns alone, in batches, each value as text."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pilookup.custody.intake import limits
from pilookup.custody.intake.sheets import text_of_number
from pilookup.custody.intake.source import Part
from pilookup.custody.intake.table import Chunk, is_blank
from pilookup.errors import IntakeError

_DAMAGED = "the Parquet file is truncated or damaged"


@contextmanager
def parquet_table(part: Part) -> Iterator["ParquetTable"]:
    """The table of a Parquet part. One inside an archive is held in memory, since Parquet is read from its
    end.

    Raises IntakeError for a damaged file and one over the limits.
    """
    with part.open() as raw:
        stream = raw if raw.seekable() else _held(part, raw)
        try:
            file = _opened(stream)
        except (pa.ArrowException, OSError, ValueError):
            raise IntakeError(part.place, _DAMAGED) from None
        yield ParquetTable(part.place, file)


def _opened(stream: BinaryIO) -> pq.ParquetFile:
    """The file, with two bounds on memory: a row group's columns are read in pieces, however large it is (no
    pre_buffer), and text stays in its dictionary, so that one long value named by every row is held once.
    """
    names = [field.name for field in pq.read_schema(stream) if pa.types.is_string(field.type)]
    stream.seek(0)
    return pq.ParquetFile(stream, pre_buffer=False, buffer_size=limits.BLOCK_BYTES, read_dictionary=names)


def _held(part: Part, raw: BinaryIO) -> BinaryIO:
    data = raw.read(limits.MAX_HELD_BYTES + 1)
    if len(data) > limits.MAX_HELD_BYTES:
        size = limits.MAX_HELD_BYTES >> 20
        raise IntakeError(part.place, f"a Parquet file over {size} MiB cannot be read in an archive: take it out")
    return io.BytesIO(data)


class ParquetTable:
    """A table over a Parquet file. Every row counts as a row: columns that are not needed are not looked at."""

    def __init__(self, place: str, file: pq.ParquetFile) -> None:
        self.place = place
        self._file = file
        self._schema = file.schema_arrow
        self.names: list[str] | None = list(self._schema.names)
        self.rows: int | None = file.metadata.num_rows
        if self.rows == 0:
            raise IntakeError(place, "has no rows")
        readable = [at for at, kind in enumerate(self._schema.types) if not _nested(kind)]
        self.head = self._head(readable)

    def chunks(self, start: int, columns: Sequence[int], width: int) -> Iterator[Chunk]:  # noqa: ARG002
        """The chosen columns. `start` is 0, since the names are in the schema, and no row has another
        width.
        """
        for at in columns:
            if _nested(self._schema.types[at]):
                raise IntakeError(self.place, f"column {at + 1} is nested: write it out as one plain column")
        line = 1
        for batch in self._batches(columns, limits.BATCH_ROWS):
            cells = [self._texts(batch.column(at)) for at in range(batch.num_columns)]
            yield Chunk(range(line, line + batch.num_rows), cells, lambda _: False, 0)
            line += batch.num_rows
        if line - 1 != self.rows:
            raise IntakeError(self.place, _DAMAGED)

    def _head(self, readable: list[int]) -> list[list[str]]:
        batch = next(self._batches(readable, limits.HEAD_ROWS), None) if readable else None
        if batch is None:
            return [[""] * len(self._schema.names)]
        columns = {at: self._texts(batch.column(i)) for i, at in enumerate(readable)}
        rows = [
            [columns[at][row] if at in columns else "" for at in range(len(self._schema.names))]
            for row in range(batch.num_rows)
        ]
        return [row for row in rows if not is_blank(row)] or rows[:1]

    def _batches(self, columns: Sequence[int], size: int) -> Iterator[pa.RecordBatch]:
        """Record batches with the columns in the order asked for."""
        names = [self._schema.names[at] for at in columns]
        if len(set(self._schema.names)) != len(self._schema.names):
            raise IntakeError(self.place, "two columns have one name")
        try:
            for batch in self._file.iter_batches(batch_size=size, columns=list(dict.fromkeys(names))):
                if batch.nbytes > limits.MAX_PARQUET_BATCH_BYTES:
                    raise IntakeError(
                        self.place, f"{size:,} rows take more than {limits.MAX_PARQUET_BATCH_BYTES:,} bytes"
                    )
                yield batch.select(names)
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError):
            raise IntakeError(self.place, _DAMAGED) from None

    def _texts(self, column: pa.Array) -> list[str]:
        try:
            column.validate(full=True)  # a damaged file may name values that its dictionary does not have
            return [cell[: limits.MAX_CELL_CHARS] for cell in _as_text(column)]
        except (pa.ArrowException, ValueError, OverflowError):
            raise IntakeError(self.place, _DAMAGED) from None


def _nested(kind: Any) -> bool:
    return bool(pa.types.is_nested(kind))


def _as_text(column: pa.Array) -> list[str]:
    """Values as text, null as "". Times in a zone become UTC: only their month counts."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = _as_text(column.dictionary)
        return [values[at] if at is not None else "" for at in column.indices.to_pylist()]
    if pa.types.is_floating(kind):
        return [text_of_number(value) if value is not None else "" for value in column.to_pylist()]
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit))
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("ms"))
    if not pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
    return [value if value is not None else "" for value in column.to_pylist()]
