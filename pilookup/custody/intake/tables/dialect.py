"""Detects the delimiter of a text file from its first lines."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pilookup.custody.intake.columns.headers import is_phone
from pilookup.custody.intake.files.formats import extension
from pilookup.custody.intake.limits import HEADER_ROWS

NO_DELIMITER = ""
"""Each line is one cell."""

_DELIMITERS = ("\t", ",", ";", "|", "，", "----")
_TAB_EXTENSIONS = ("tsv", "tab")
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MIN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a text file are separated into cells.

    Attributes:
        delimiter: One character, "----" as leaked lists have it, or `NO_DELIMITER`.
        width: Number of cells in most rows.
        first_line: 1-based number of the first line after a "sep=" line, or 1.
    """

    delimiter: str
    width: int
    first_line: int = 1


def detect_dialect(name: str, sample: Sequence[str]) -> Dialect:
    """Detect the dialect of a text file. A "sep=" line, which spreadsheets write, decides if there is one.

    Args:
        name: The file name, whose extension may state that cells are separated by tabs.
        sample: The first lines.
    """
    stated = _SEP_LINE.fullmatch(sample[0]) if sample else None
    if stated:
        return Dialect(stated[1], _width(sample[1:], stated[1])[0], first_line=2)
    if extension(name) in _TAB_EXTENSIONS:
        return Dialect("\t", _width(sample, "\t")[0])
    first = next((line.strip() for line in sample if line.strip()), "")
    if is_phone(first.strip('"')) and not _holds_delimiter(first):
        return Dialect(NO_DELIMITER, 1)
    return _by_header(sample) or _by_widths(sample)


def _by_header(sample: Sequence[str]) -> Dialect | None:
    """The dialect whose delimiter separates one of the first lines so that a cell names a phone column, else None."""
    for delimiter in _DELIMITERS:
        for row in _rows(sample[:HEADER_ROWS], delimiter):
            if len(row) > 1 and any(is_phone(cell) and not _holds_delimiter(cell) for cell in row):
                return Dialect(delimiter, len(row))
    return None


def _holds_delimiter(cell: str) -> bool:
    return any(delimiter in cell for delimiter in _DELIMITERS)


def _by_widths(sample: Sequence[str]) -> Dialect:
    return max((_rate(sample, delimiter) for delimiter in _DELIMITERS), key=lambda rated: rated[0])[1]


def _rate(sample: Sequence[str], delimiter: str) -> tuple[float, Dialect]:
    """How well a delimiter fits the lines, and its dialect: the share of rows of the usual width, more if wide."""
    width, share = _width(sample, delimiter)
    if width < 2 or share < _MIN_SHARE:
        return 0.0, Dialect(NO_DELIMITER, 1)
    return share * (1 - 1 / width), Dialect(delimiter, width)


def _width(sample: Sequence[str], delimiter: str) -> tuple[int, float]:
    widths = Counter(len(row) for row in _rows(sample, delimiter) if any(row))
    if not widths:
        return 1, 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, count / widths.total()


def _rows(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    if len(delimiter) > 1:
        return [line.rstrip("\n").split(delimiter) for line in sample]
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a quoted cell that never ends: the rows before it are enough
        rows.extend(csv.reader(sample, delimiter=delimiter, skipinitialspace=True))
    return rows
