"""Converts Arrow columns to text: cell by cell, or as lines, which the core reads as the same cells."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.intake.limits import MAX_CELL_CHARS, MAX_LINES_BYTES
from pilookup.custody.intake.tables.cell_text import text_of_number

DELIMITER: Final = "----"
"""Between the cells of a line. With this delimiter nothing is trimmed and quotes are plain characters."""

_LAST_CELL: Final = "."
"""An additional last cell, so that no line is blank: a row without content counts as a row."""


def cells_of(column: pa.Array) -> list[str]:
    """Convert a column to text, with nulls as "".

    Raises:
        pa.ArrowException, ValueError, OverflowError: A value cannot be converted to text.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = cells_of(column.dictionary)
        return [values[at] if at is not None else "" for at in column.indices.to_pylist()]
    if pa.types.is_floating(kind):
        return [text_of_number(value) if value is not None else "" for value in column.to_pylist()]
    return [value if value is not None else "" for value in _strings(column).to_pylist()]


def lines_of(columns: Sequence[pa.Array]) -> bytes | None:
    """Join the rows of columns of equal length to lines: the cells of `cells_of`, then one more that is not blank.

    Returns:
        The lines in UTF-8. None if a reader of the lines would find other cells, if a column has floats, or if the
        lines would be larger than `MAX_LINES_BYTES`.

    Raises:
        pa.ArrowException, ValueError, OverflowError: A value cannot be converted to text.
    """
    texts: list[pa.Array] = []
    budget = MAX_LINES_BYTES
    for column in columns:
        budget -= len(DELIMITER) * len(column)
        values = _joinable(column, budget)
        if values is None:
            return None
        budget -= _int_or_zero(pc.sum(pc.binary_length(values)))
        texts.append(values)
    end, between = (pa.scalar(text, pa.large_string()) for text in (f"{_LAST_CELL}\n", DELIMITER))
    lines = pc.binary_join_element_wise(*texts, end, between, null_handling="replace", null_replacement="")
    data = _bytes_of(lines)
    return data if _reads_back(data, len(lines), len(columns)) else None


def _joinable(column: pa.Array, budget: int) -> pa.Array | None:
    """The values as strings that can be joined to lines; None if they cannot.

    They can if all together have at most `budget` bytes, none is too long for a cell, and none ends in a dash.
    """
    coded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if coded else column.type
    if pa.types.is_floating(kind) or (coded and kind not in (pa.string(), pa.large_string())):
        return None
    values = column.dictionary if coded else _strings(column)
    lengths = pc.binary_length(values)
    if coded:
        # The dictionary is the row group's. It may be far larger than the batch, or have one long value for every row.
        lengths = lengths.take(column.indices)
    if _int_or_zero(pc.sum(lengths)) > budget or _int_or_zero(pc.max(lengths)) > MAX_CELL_CHARS:
        return None
    if coded:
        values = _strings(values.take(column.indices))
    return None if _int_or_zero(pc.any(pc.ends_with(values, DELIMITER[0]))) else values


def _int_or_zero(scalar: pa.Scalar) -> int:
    """The result of an aggregation as an integer, 0 if there were no values."""
    return int(scalar.as_py() or 0)


def _strings(column: pa.Array) -> pa.Array:
    """Values other than floats as strings. Times with a zone become UTC, since only their month is used."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit))
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("ms"))
    return column.cast(pa.large_string())


def _bytes_of(strings: pa.Array) -> bytes:
    """The bytes of large strings, concatenated. The array comes from a kernel: it has no offset and no nulls."""
    _, offsets, data = strings.buffers()
    return bytes(memoryview(data)[: np.frombuffer(offsets, np.int64)[len(strings)]])


def _reads_back(data: bytes, rows: int, cells: int) -> bool:
    """Whether joined lines separate into exactly `rows` rows with `cells` delimiters each.

    Then no cell contains a line end or a delimiter. This requires that no cell ends in a dash.
    """
    return data.count(b"\n") == rows and b"\r" not in data and data.count(DELIMITER.encode()) == rows * cells
