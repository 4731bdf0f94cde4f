"""The bytes of an Arrow column, as the native core takes them."""

import pyarrow as pa


def fixed_bytes(column: pa.Array | pa.ChunkedArray) -> bytes:
    """The bytes of a column of fixed-size values (binary or integers, no nulls), one value after another."""
    if isinstance(column, pa.ChunkedArray):
        return b"".join(fixed_bytes(chunk) for chunk in column.chunks)
    if not len(column):
        return b""
    width = column.type.byte_width
    start = column.offset * width
    data: bytes = column.buffers()[1][start : start + len(column) * width].to_pybytes()
    return data
