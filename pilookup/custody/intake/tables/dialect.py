"""How the lines of a text file are separated into cells."""

from dataclasses import dataclass, field
from enum import StrEnum

NO_DELIMITER = ""
"""Each line is one cell."""


class Separation(StrEnum):
    """A way to separate cells that is not a delimiter. The value says it in notes."""

    COLONS = "cells separated by colons, but not in times and addresses of pages"
    SPACES = "cells separated by spaces"
    WIDE_SPACES = "cells separated by two or more spaces"
    ALIGNED = "cells aligned in columns by spaces"
    BOXED = "cells in a drawn table"
    NUMBER = "a number with a few words around it in each line"
    LABELLED = "cells with a label before each"
    BLOCKS = "records of several lines, with a label before each cell"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a text file are separated into cells.

    Attributes:
        delimiter: A delimiter of one or more characters, `NO_DELIMITER`, or a separation. Around a delimiter of one
            character cells may be quoted (RFC 4180); otherwise quotes are plain characters.
        width: Number of cells in most rows.
        first_line: 1-based number of the first line after a "sep=" line, or 1.
        starts: The position where each column starts, of `Separation.ALIGNED`.
        wide: How many positions a wide (Chinese) character takes, of `Separation.ALIGNED`.
        labels: The labels, of `Separation.LABELLED` and `Separation.BLOCKS`. Text before the first label of a line has
            the label "".
        blank_ends: Whether a blank line ends a record, of `Separation.BLOCKS`.
        several: Whether there are several records, of `Separation.BLOCKS`.
    """

    delimiter: str
    width: int
    first_line: int = 1
    starts: tuple[int, ...] = ()
    wide: int = 1
    labels: tuple[str, ...] = field(default=(), repr=False)
    blank_ends: bool = True
    several: bool = True
