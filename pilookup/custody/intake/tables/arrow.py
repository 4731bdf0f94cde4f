"""Arrow columns as text: cell by cell, or whole rows joined to lines that the core reads back as the same cells."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.intake.limits import MAX_CELL_CHARS, MAX_LINES_BYTES
from pilookup.custody.intake.tables.sheets import text_of_number

DELIMITER: Final = "----"
"""Between the cells of a line: around it nothing is trimmed, and quotes are plain characters."""

_LAST_CELL: Final = "."
"""Ends each line, so that none is blank: a row without content counts as a row."""


def cells_of(column: pa.Array) -> list[str]:
    """Values as text, null as ""; raises ArrowException, ValueError or OverflowError for what cannot be text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = cells_of(column.dictionary)
        return [values[at] if at is not None else "" for at in column.indices.to_pylist()]
    if pa.types.is_floating(kind):
        return [text_of_number(value) if value is not None else "" for value in column.to_pylist()]
    return [value if value is not None else "" for value in _strings(column).to_pylist()]


def lines_of(columns: Sequence[pa.Array]) -> bytes | None:
    """The rows of columns, of one length, as lines in UTF-8: the cells that `cells_of` has and one more, not blank.

    None where a reader of the lines would see other cells, for floats, and where the lines would be over
    `MAX_LINES_BYTES`. Raises as `cells_of`.
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
    """The values as strings of `budget` bytes at most, none of them ending in a dash; None where they are not."""
    coded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if coded else column.type
    if pa.types.is_floating(kind) or (coded and kind not in (pa.string(), pa.large_string())):
        return None
    values = column.dictionary if coded else _strings(column)
    lengths = pc.binary_length(values)
    if coded:  # a dictionary is a row group's and may be far larger than the batch, or have one long value for all rows
        lengths = lengths.take(column.indices)
    if _int_or_zero(pc.sum(lengths)) > budget or _int_or_zero(pc.max(lengths)) > MAX_CELL_CHARS:
        return None
    if coded:
        values = _strings(values.take(column.indices))
    return None if _int_or_zero(pc.any(pc.ends_with(values, DELIMITER[0]))) else values


def _int_or_zero(scalar: pa.Scalar) -> int:
    """What was found in values, 0 among none."""
    return int(scalar.as_py() or 0)


def _strings(column: pa.Array) -> pa.Array:
    """Values that are no floats as strings. Times in a zone become UTC: only their month counts."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit))
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("ms"))
    return column.cast(pa.large_string())


def _bytes_of(strings: pa.Array) -> bytes:
    """Large strings end to end, as a kernel has just made them: without an offset, without nulls."""
    _, offsets, data = strings.buffers()
    return bytes(memoryview(data)[: np.frombuffer(offsets, np.int64)[len(strings)]])


def _reads_back(data: bytes, rows: int, cells: int) -> bool:
    """Whether lines joined of so many rows and cells are cut there and nowhere else: no cell has a line end or a
    delimiter in it, given that none ends in a dash.
    """
    return data.count(b"\n") == rows and b"\r" not in data and data.count(DELIMITER.encode()) == rows * cells
