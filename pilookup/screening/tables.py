"""The tables that screening writes, and Parquet files of them that are whole or absent."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from pilookup import durable
from pilookup.errors import ScreenError
from pilookup.screening.join_keys import ROW_ID_BYTES, JoinKeys, RowIds

_ROW_ID: Final = pa.binary(ROW_ID_BYTES)
JOIN_TABLE: Final = pa.schema(
    [
        pa.field("row_id", _ROW_ID, nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("join_key", pa.int64(), nullable=False),
    ]
)
"""The join table: a row for each evaluated row of an epoch."""

RELEASE_TABLE: Final = pa.schema([pa.field("join_key", pa.int64(), nullable=False)])
"""The join keys of a snapshot's entries, ascending."""

FOUND_TABLE: Final = pa.schema(
    [
        pa.field("row_id", _ROW_ID, nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("label", pa.binary(12), nullable=False),
    ]
)
"""The rows that are found, with their labels: what the next results are compared with."""

_LABEL: Final = [
    pa.field("exposed", pa.bool_()),
    pa.field("malicious", pa.bool_()),
    pa.field("accounts", pa.int32()),
    pa.field("last_seen", pa.string()),
    pa.field("cases", pa.list_(pa.int32())),
    pa.field("more", pa.bool_()),
]
RESULT_TABLE: Final = pa.schema(
    [
        pa.field("row_id", _ROW_ID, nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("change", pa.string(), nullable=False),
        pa.field("asks_for", pa.string()),
        pa.field("serial", pa.int64(), nullable=False),
        *_LABEL,
    ]
)
"""What has changed since the results before."""

HIT_TABLE: Final = pa.schema(
    [pa.field("row_id", _ROW_ID, nullable=False), pa.field("serial", pa.int64(), nullable=False), *_LABEL]
)
"""The candidates of a join made elsewhere that are hits."""

EVALUATED_TABLE: Final = pa.schema(
    [
        pa.field("row_id", pa.binary()),
        pa.field("user", pa.string(), nullable=False),
        pa.field("epoch", pa.int64()),
        pa.field("join_key", pa.int64()),
        pa.field("reason", pa.string()),
    ]
)
"""What `screen` yields: a join key for each row, or the reason why it has no number."""


def row_id_column(rows: RowIds) -> pa.Array:
    """Row ids as an Arrow column of 16 bytes a value."""
    return pa.Array.from_buffers(_ROW_ID, len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows).tobytes())])


def row_ids_of(table: pa.Table) -> RowIds:
    """The column of row ids of a table."""
    column = table.column("row_id").combine_chunks()
    data = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return np.frombuffer(data.buffers()[1], f"S{ROW_ID_BYTES}", len(data), data.offset * ROW_ID_BYTES)


def join_keys_of(table: pa.Table) -> JoinKeys:
    """The column of join keys of a table."""
    keys: JoinKeys = table.column("join_key").to_numpy()
    return keys


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file, with a checksum of each page."""
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, write_page_checksum=True)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def write_table(path: Path, table: pa.Table) -> None:
    """Write or replace a Parquet file in one step; raises OSError."""
    durable.replace(path, parquet_bytes(table))


def read_table(path: Path, schema: pa.Schema, columns: Iterable[str] | None = None) -> pa.Table:
    """Read a Parquet file that screening has written.

    Args:
        path: The file.
        schema: The schema that it must have.
        columns: The columns to read; None for all.

    Raises:
        ScreenError: It is damaged, or a table of another schema.
        OSError: It is missing or cannot be read.
    """
    wanted = list(schema.names if columns is None else columns)
    try:
        with path.open("rb") as file, pyarrow.parquet.ParquetFile(file, page_checksum_verification=True) as parquet:
            right = parquet.schema_arrow.remove_metadata().equals(schema)
            table: Any = parquet.read(wanted, use_threads=False) if right else None
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ScreenError("bad_directory", f"{path}: damaged: not a whole Parquet file") from None
    if table is None:
        raise ScreenError("bad_directory", f"{path}: damaged: a table of another shape")
    return table
