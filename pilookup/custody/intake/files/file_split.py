"""A file split: a byte range of one text that ends on a record boundary."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileSplit:
    """Whole records of a file: its bytes from start to stop, the first of them on line `line`.

    reach: the end of the bytes that tell what is in them. whole: that is the end of the file.
    """

    start: int
    stop: int
    reach: int
    line: int
    whole: bool
