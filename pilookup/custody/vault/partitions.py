"""Partitions and their spans: where a row is in the vault, by the first two bytes of its element."""

from typing import Any, Final, NamedTuple

import numpy as np

from pilookup._core import ELEMENT_BYTES

PARTITIONS: Final = 64
"""A partition is the low six bits of an element's second byte; the first byte's lowest bit is always 0."""

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
