"""Vault rows: their columns, partitions and spans.

    element   32 bytes   v * HashToGroup(identifier)
    account   16 bytes   keyed digest of (identifier, account); zero where no account is known
    count     uint32     number of rows without an account, each of which is one registration
    month     uint16     last seen, as in a label; 0 unknown

A load holds one row for each distinct (element, account).
"""

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pilookup._core import ELEMENT_BYTES

ACCOUNT_BYTES: Final = 16
PARTITIONS: Final = 64
"""A partition is the low six bits of an element's second byte; the first byte's lowest bit is always 0."""

SCHEMA: Final = pa.schema(
    [
        ("element", pa.binary(ELEMENT_BYTES)),
        ("account", pa.binary(ACCOUNT_BYTES)),
        ("count", pa.uint32()),
        ("month", pa.uint16()),
    ]
)

SPANS: Final = 512
"""Number of spans in a partition: by the nine bits of an element's first two bytes that its partition does not fix."""


class Span(NamedTuple):
    """A range of spans within a partition: `start` to `stop` - 1."""

    start: int
    stop: int


ALL: Final = Span(0, SPANS)


def spans_of(elements: bytes) -> "np.ndarray[Any, np.dtype[np.uint16]]":
    """The span, 0 to 511, of each of n elements, 32 bytes each. Spans ascend with the elements of a partition."""
    first = np.frombuffer(elements, np.uint8).reshape(-1, ELEMENT_BYTES)[:, :2].astype(np.uint16)
    return (first[:, 0] >> np.uint16(1) << np.uint16(2)) | (first[:, 1] >> np.uint16(6))


def partitions_of(elements: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The partition, 0 to 63, of each of n elements, 32 bytes each."""
    return np.frombuffer(elements, np.uint8).reshape(-1, ELEMENT_BYTES)[:, 1] & np.uint8(PARTITIONS - 1)


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
