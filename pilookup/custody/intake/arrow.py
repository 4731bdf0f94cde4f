"""Arrow columns as text: cell by cell, or whole rows joined to lines that the core reads back as the same cells."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.intake.limits import MAX_CELL_CHARS, MAX_LINES_BYTES
from pilookup.custody.intake.sheets import text_of_number

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
    room = MAX_LINES_BYTES
    for column in columns:
        coded = pa.types.is_dictionary(column.type)
        values = column.dictionary if coded else column
        if pa.types.is_floating(values.type):
            return None
        values = _strings(values)
        lengths = pc.binary_length(values)
        # a value that a dictionary holds once is in the lines as often as rows name it
        room -= _sum(lengths.take(column.indices) if coded else lengths) + len(DELIMITER) * len(column)
        if room < 0 or _any(pc.greater(lengths, MAX_CELL_CHARS)) or _any(pc.ends_with(values, DELIMITER[0])):
            return None
        texts.append(values.take(column.indices) if coded else values)
    end, between = (pa.scalar(text, pa.large_string()) for text in (f"{_LAST_CELL}\n", DELIMITER))
    lines = pc.binary_join_element_wise(*texts, end, between, null_handling="replace", null_replacement="")
    data = _bytes_of(lines)
    return data if _reads_back(data, len(lines), len(columns)) else None


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


def _sum(numbers: pa.Array) -> int:
    return pc.sum(numbers).as_py() or 0


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags).as_py())


def _reads_back(data: bytes, rows: int, cells: int) -> bool:
    """Whether lines joined of so many rows and cells are cut there and nowhere else: no cell has a line end or a
    delimiter in it, given that none ends in a dash.
    """
    return data.count(b"\n") == rows and b"\r" not in data and data.count(DELIMITER.encode()) == rows * cells
