"""A file split: a byte range of one text that ends on a record boundary."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileSplit:
    """Whole records of a text.

    Attributes:
        start: Offset of the first byte.
        stop: Offset after the last byte of the last record.
        reach: Offset after the last byte that a reader of the split needs. It may lie beyond `stop`.
        line: 1-based number of the line or row on which the first record starts.
        whole: Whether the text ends at `reach`.
    """

    start: int
    stop: int
    reach: int
    line: int
    whole: bool
