"""Joins the lines of quoted cells with line ends inside, before the delimiter of a text is known."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_MAX_LINES: Final = 100
_OPENS: Final = re.compile(r'(?:^|[\t,;|，])\s*"(?:[^"]|"")*\n?\Z')
_CLOSES: Final = re.compile(r'(?:[^"]|"")*"\s*(?:[\t,;|，].*)?\n?\Z')


def without_breaks(lines: Sequence[str]) -> Iterator[str]:
    """The lines, those of one quoted cell joined by spaces.

    A quote opens a cell at the start of a line or behind a usual delimiter, and one of the next 100 lines closes it.
    Other quotes are plain characters.
    """
    at = 0
    while at < len(lines):
        stop = at + 1
        if '"' in lines[at] and _OPENS.search(lines[at]):
            stop = _end_of_cell(lines, at) or stop
        yield lines[at] if stop == at + 1 else " ".join(line.rstrip("\r\n") for line in lines[at:stop]) + "\n"
        at = stop


def _end_of_cell(lines: Sequence[str], at: int) -> int | None:
    """The index behind the line that closes the cell; None if none does."""
    for end in range(at + 1, min(at + _MAX_LINES, len(lines))):
        if '"' in lines[end]:
            return end + 1 if _CLOSES.fullmatch(lines[end]) else None
    return None
