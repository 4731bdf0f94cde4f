"""A change of layout within a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Where the layout of a table ends.

    Attributes:
        offset: Offset in the text of the first row that does not have it.
        line: 1-based number of the line on which this row starts.
    """

    offset: int
    line: int
