"""The platform's table of users, as Arrow batches: from Arrow IPC, CSV and Parquet files, and from Arrow streams.

No error shows a cell: the texts of Arrow's own errors may, so they are not passed on.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pilookup.errors import ScreenError

BATCH_ROWS: Final = 1 << 16
_MAGIC: Final = {b"PAR1": "parquet", b"ARRO": "arrow"}
_CSV_BLOCK: Final = 1 << 22
_RAGGED: Final = re.compile(r"CSV parse error: Row #([0-9]+): Expected")
"""The beginning of what Arrow says of such a row; the row's content follows."""


def read_users(source: Any, user_column: str, number_column: str) -> Iterator[pa.RecordBatch]:
    """Read a table of users as batches of two columns of texts, `user` and `number`.

    Args:
        source: A path of an Arrow IPC (file or stream), CSV or Parquet file; an object with `__arrow_c_stream__`; or an
            iterable of record batches.
        user_column: The column with the platform's key of the user.
        number_column: The column with the number.

    Raises:
        ScreenError: The table cannot be read, lacks a column, or has one that holds no texts or integers.
    """
    if isinstance(source, str | Path):
        yield from _read_file(Path(source), user_column, number_column)
        return
    batches = pa.RecordBatchReader.from_stream(source) if hasattr(source, "__arrow_c_stream__") else source
    yield from two_columns(batches, user_column, number_column, "the table")


def row_count(source: Any) -> int:
    """The number of rows of a Parquet file; 0 where it is not known before they are read."""
    if not isinstance(source, str | Path) or _kind(Path(source)) != "parquet":
        return 0
    with _errors(Path(source)), pyarrow.parquet.ParquetFile(source) as file:
        return int(file.metadata.num_rows)


def two_columns(
    batches: Iterable[pa.RecordBatch], user_column: str, number_column: str, name: str
) -> Iterator[pa.RecordBatch]:
    """The columns of users and numbers of each batch, as texts; raises as `read_users`, and names the table `name`."""
    for batch in batches:
        columns = [_texts(batch, column, name) for column in (user_column, number_column)]
        yield pa.RecordBatch.from_arrays(columns, ["user", "number"])


def _texts(batch: pa.RecordBatch, column: str, name: str) -> pa.Array:
    if batch.schema.names.count(column) != 1:
        there = ", ".join(batch.schema.names[:20])
        raise ScreenError("bad_input", f"{name}: has not exactly one column {column}; it has: {there}")
    values = batch.column(column)
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        raise ScreenError("bad_input", f"{name}: column {column} is damaged, or not in UTF-8") from None
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if not (texts or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise ScreenError("bad_input", f"{name}: column {column} is of type {kind}; it must hold texts or integers")
    return values.cast(pa.string())


def _read_file(path: Path, user_column: str, number_column: str) -> Iterator[pa.RecordBatch]:
    kind = _kind(path)
    with _errors(path):
        if kind == "parquet":
            with pyarrow.parquet.ParquetFile(path) as file:
                _check_columns(file.schema_arrow.names, (user_column, number_column), path)
                batches = file.iter_batches(BATCH_ROWS, columns=[user_column, number_column], use_threads=False)
                yield from two_columns(batches, user_column, number_column, str(path))
        elif kind == "arrow":
            with pa.OSFile(str(path)) as source:
                yield from two_columns(_ipc_batches(source), user_column, number_column, str(path))
        else:
            yield from two_columns(
                _csv_batches(path, user_column, number_column), user_column, number_column, str(path)
            )


def _kind(path: Path) -> str:
    """What a file is, by its first bytes: `parquet`, `arrow` or, for everything else, `csv`."""
    with _errors(path), path.open("rb") as file:
        first = file.read(4)
    stream = first == b"\xff\xff\xff\xff"
    return "arrow" if stream else _MAGIC.get(first, "csv")


def _ipc_batches(source: pa.OSFile) -> Iterator[pa.RecordBatch]:
    is_file = source.read(4) == b"ARRO"
    source.seek(0)
    if is_file:
        reader = pa.ipc.open_file(source)
        yield from (reader.get_batch(at) for at in range(reader.num_record_batches))
    else:
        yield from pa.ipc.open_stream(source)


def _csv_batches(path: Path, *columns: str) -> Iterator[pa.RecordBatch]:
    """The batches of a CSV in UTF-8 whose first line names its columns."""
    try:
        with pyarrow.csv.open_csv(
            path,
            pyarrow.csv.ReadOptions(use_threads=False, block_size=_CSV_BLOCK),
            pyarrow.csv.ParseOptions(newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, include_columns=columns
            ),
        ) as reader:
            yield from reader
    except KeyError:
        raise ScreenError("bad_input", f"{path}: has not the columns {' and '.join(columns)}") from None
    except pa.ArrowInvalid as error:
        if ragged := _RAGGED.search(str(error)):
            text = f"row {ragged[1]} has another number of cells than the first"
            raise ScreenError("bad_input", f"{path}: {text}") from None
        raise


def _check_columns(names: list[str], wanted: tuple[str, ...], path: Path) -> None:
    for column in wanted:
        if names.count(column) != 1:
            raise ScreenError(
                "bad_input", f"{path}: has not exactly one column {column}; it has: {', '.join(names[:20])}"
            )


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Raise what Arrow and the operating system refuse as ScreenError, without the text of a cell."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        text = f"{path}: cannot be read as Arrow IPC, Parquet, or CSV in UTF-8 ({type(error).__name__})"
        raise ScreenError("bad_input", text) from None
    except OSError as error:
        text = f"{path}: cannot be read: {error.strerror or type(error).__name__}"
        raise ScreenError("bad_input", text) from None
