"""Converts Arrow columns to text: cell by cell, or as lines, which the core reads as the same cells.

A nested column is several columns, one for each scalar in it, with dotted names. The values of a list stand in one
cell, one a line.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.intake.limits import MAX_CELL_CHARS, MAX_LINES_BYTES
from pilookup.custody.intake.tables.blob_text import text_of_blob
from pilookup.custody.intake.tables.cell_text import text_of_number
from pilookup.custody.intake.tables.row_lines import DELIMITER

MAX_DEPTH: Final = 32
"""Levels of lists, structs and maps in one another."""
_EXACT_IN_NARROW: Final = 1 << 24
"""Below it, a float of 32 bits is exact if it is whole."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column of scalars, which may lie inside of a nested column.

    Attributes:
        name: The dotted name.
        column: The index of the column of the file.
        path: The index of the field in each struct on the way. Lists are entered without an index, and a map is a list
            of structs.
    """

    name: str
    column: int
    path: tuple[int, ...]


def leaves_of(schema: pa.Schema) -> list[Leaf]:
    """All columns of scalars in a schema, in its order.

    Raises:
        ValueError: A column is nested more than `MAX_DEPTH` deep.
    """
    return [
        Leaf(name, at, path)
        for at, field in enumerate(schema)
        for name, path in _paths(field.type, field.name, MAX_DEPTH)
    ]


def _paths(kind: pa.DataType, name: str, depth: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    if depth == 0:
        raise ValueError("nested too deeply")
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    if pa.types.is_map(kind):
        parts = [("key", kind.key_type), ("value", kind.item_type)]
    elif pa.types.is_struct(kind):
        parts = [(kind.field(at).name, kind.field(at).type) for at in range(kind.num_fields)]
    elif _is_list(kind):
        yield from _paths(kind.value_type, name, depth - 1)
        return
    else:
        yield name, ()
        return
    for at, (part, inner) in enumerate(parts):
        yield from ((dotted, (at, *path)) for dotted, path in _paths(inner, f"{name}.{part}", depth - 1))


def _is_list(kind: pa.DataType) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_list,
            pa.types.is_large_list,
            pa.types.is_fixed_size_list,
            pa.types.is_list_view,
            pa.types.is_large_list_view,
        )
    )


def leaf_array(column: pa.Array, path: tuple[int, ...]) -> pa.Array:
    """The cells of one leaf of a column. A column that is not nested is returned as it is.

    Raises:
        pa.ArrowException, ValueError, OverflowError: A value cannot be converted to text.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if not pa.types.is_nested(column.type):
        return column
    cells = ["\n".join(filter(None, values)) for values in _values(column, path)]
    if any(len(cell) > MAX_CELL_CHARS for cell in cells):
        raise ListTooLongError
    return pa.array(cells, pa.large_string())


class ListTooLongError(Exception):
    """The values of a list are longer than a cell may be."""


def _values(array: pa.Array, path: tuple[int, ...]) -> list[list[str]]:
    """For each row the scalars of one leaf."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _values(array.storage, path)
    if pa.types.is_struct(kind):
        return _values(array.flatten()[path[0]], path[1:])
    if pa.types.is_map(kind):
        array = array.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
    elif not _is_list(kind):
        return [[cell] for cell in cells_of(array)]
    inner = _values(array.flatten(), path)
    rows, at = [], 0
    for length in pc.fill_null(pc.list_value_length(array), 0).to_pylist():
        rows.append([value for values in inner[at : at + length] for value in values])
        at += length
    return rows


_LEAST_MOBILE: Final = 1e9
_ABOVE_MOBILES: Final = 1e15
"""Floats from the one to below the other may be mainland mobiles, also with a country code."""


def cells_of(column: pa.Array) -> list[str]:
    """Convert a column to text, with nulls as "".

    Raises:
        pa.ArrowException, ValueError, OverflowError: A value cannot be converted to text.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = cells_of(column.dictionary)
        return [values[at] if at is not None else "" for at in column.indices.to_pylist()]
    if _is_binary(kind):
        return [text_of_blob(value or b"") for value in column.to_pylist()]
    if pa.types.is_decimal(kind):
        return [_text_of_decimal(value) for value in column.to_pylist()]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return [_text_of_narrow(value) for value in column.to_pylist()]
    if pa.types.is_floating(kind):
        return [text_of_number(value) if value is not None else "" for value in column.to_pylist()]
    return [value if value is not None else "" for value in _strings(column).to_pylist()]


def _text_of_narrow(value: float | None) -> str:
    """A float of 32 bits or fewer. From 2**24 on it has an exponent, since its last digits are lost."""
    if value is None:
        return ""
    is_exact = not math.isfinite(value) or abs(value) < _EXACT_IN_NARROW
    return text_of_number(value) if is_exact else f"{value:.6E}"


def _is_binary(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))


def _text_of_decimal(value: Decimal | None) -> str:
    """A decimal number without an exponent and without zeros at the end of its fraction."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def lines_of(columns: Sequence[pa.Array], needed: Collection[int] = ()) -> bytes | None:
    """Join the rows of columns of equal length to lines: the cells of `cells_of`.

    The cells of a column of floats are empty unless it is needed or one of its values may be a mainland mobile.

    Args:
        columns: The columns.
        needed: The indices of columns that are read.

    Returns:
        The lines in UTF-8. None if a reader of the lines would find other cells, or if the lines would be larger than
        `MAX_LINES_BYTES`.

    Raises:
        pa.ArrowException, ValueError, OverflowError: A value cannot be converted to text.
    """
    texts: list[pa.Array] = []
    budget = MAX_LINES_BYTES
    for at, each in enumerate(columns):
        column = _texts_of_floats(each, needed=at in needed) if _is_floating(each) else each
        budget -= len(DELIMITER) * len(column)
        values = _joinable(column, budget)
        if values is None:
            return None
        budget -= _int_or_zero(pc.sum(pc.binary_length(values)))
        texts.append(values)
    between, end = (pa.scalar(text, pa.large_string()) for text in (DELIMITER, "\n"))
    cells = pc.binary_join_element_wise(*texts, between, null_handling="replace", null_replacement="")
    lines = pc.binary_join_element_wise(cells, end, pa.scalar("", pa.large_string()))
    data = _bytes_of(lines)
    return data if _reads_back(data, len(lines), len(columns) - 1) else None


def _is_floating(column: pa.Array) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_floating(kind))


def _texts_of_floats(column: pa.Array, *, needed: bool) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not needed:
        wide = column.cast(pa.float64())
        mobiles = pc.and_(pc.greater_equal(wide, _LEAST_MOBILE), pc.less(wide, _ABOVE_MOBILES))
        if not _int_or_zero(pc.any(mobiles)):
            return pa.array([""] * len(column), pa.large_string())
    return pa.array(cells_of(column), pa.large_string())


def _joinable(column: pa.Array, budget: int) -> pa.Array | None:
    """The values as strings that can be joined to lines; None if they cannot.

    They can if all together have at most `budget` bytes, and none is too long for a cell.
    """
    coded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if coded else column.type
    if coded and kind not in (pa.string(), pa.large_string()):
        return None
    if _is_binary(kind) or pa.types.is_decimal(kind):
        column = pa.array(cells_of(column), pa.large_string())
    values = column.dictionary if coded else _strings(column)
    lengths = pc.binary_length(values)
    if coded:
        # The dictionary is the row group's. It may be far larger than the batch, or have one long value for every row.
        lengths = lengths.take(column.indices)
    if _int_or_zero(pc.sum(lengths)) > budget or _int_or_zero(pc.max(lengths)) > MAX_CELL_CHARS:
        return None
    return _strings(values.take(column.indices)) if coded else values


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
    try:
        return column.cast(pa.large_string())
    except pa.ArrowNotImplementedError:  # such as a duration
        return pa.array([_text_of_other(value) for value in column.to_pylist()], pa.large_string())


def _text_of_other(value: Any) -> str | None:
    return None if value is None else str(value)


def _bytes_of(strings: pa.Array) -> bytes:
    """The bytes of large strings, concatenated. The array comes from a kernel: it has no offset and no nulls."""
    _, offsets, data = strings.buffers()
    return bytes(memoryview(data)[: np.frombuffer(offsets, np.int64)[len(strings)]])


def _reads_back(data: bytes, rows: int, delimiters: int) -> bool:
    """Whether joined lines separate into exactly `rows` rows with `delimiters` delimiters each.

    Then no cell contains a line end or a delimiter.
    """
    return data.count(b"\n") == rows and b"\r" not in data and data.count(DELIMITER.encode()) == rows * delimiters
