"""Rates how well a dialect fits the lines of a text file: rows of one width, and each phone number whole in a cell."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from pilookup.custody.intake.columns.headers import is_phone
from pilookup.custody.intake.limits import HEADER_ROWS
from pilookup.custody.intake.tables.delimiters import USUAL
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Dialect, Separation
from pilookup.custody.intake.tables.labels import LabelledBlocks, LabelledLines
from pilookup.custody.intake.tables.separations import (
    MOBILE,
    separator,
)

_LOOSE: Final = (Separation.COLONS, Separation.SPACES, Separation.NUMBER)
_PROSE_SIGNS: Final = frozenset("/\\&%!?。、；：！？…·=")
SIGNS_OF_CELLS: Final = frozenset("^~¦§")
"""Signs that stand between cells, and hardly ever in a name or a header."""
_MIN_CHARS: Final = 7
MAX_COLUMNS: Final = 200
"""Most columns of a table without delimiters, and most cells of a row that are looked at."""
_MIN_FIT: Final = 0.8
_MIN_WHOLE: Final = 0.8
_REGULAR: Final = 0.95
_STEADY: Final = 0.98
_FEW_ROWS: Final = 4
"""What is so in fewer than one in as many rows may be the content of a cell."""
LEAST_NUMBERS: Final = 3
"""Fewer mobile numbers than these say nothing about a delimiter."""
_LEAST_FIT: Final = 0.75
LISTED: Final = 0.9
"""The share of lines that must be of one form, where nearly all lines must."""
_MANY_ROWS: Final = 5
_MAX_HEADER_CHARS: Final = 40
_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[+(]{0,2}\d[\d ().\-]{5,20}\d(?![0-9A-Za-z])")
_LABELLED: Final = re.compile(r"[:：=]\s*[^\s:：=]")
_CONTENT: Final = re.compile(r"[^\W_]")
_PLACES: Final = re.compile(r"(?<!\w)\.0{1,2}(?![\w.])")
"""Decimal places that a program added to a number."""
_PREFERENCE: Final[dict[str, float]] = {
    Separation.BOXED: 0.3,
    Separation.LABELLED: 0.15,
    Separation.BLOCKS: 0.2,
    Separation.WIDE_SPACES: 0.04,
    Separation.NUMBER: -0.55,
    Separation.ALIGNED: 0.02,
    **dict.fromkeys(USUAL, 0.1),
}


@dataclass(frozen=True, slots=True)
class RatedDialect:
    """A dialect with its width, and how well it fits; -1 if it does not."""

    score: float
    dialect: Dialect


def names_phone(cell: str) -> bool:
    """Whether a cell names a phone column. A label with a number behind it does not."""
    return len(cell) < _MAX_HEADER_CHARS and is_phone(cell) and not _LABELLED.search(cell)


def separates_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether nearly all lines are cells in quotes with this delimiter between them, in tables of any width."""
    if delimiter not in USUAL or not any(f'"{delimiter}"' in line for line in lines):
        return False
    quoted = re.compile(rf'"[^"]*+"(?:{re.escape(delimiter)}"[^"]*+")*+')
    return sum(quoted.fullmatch(line) is not None for line in lines) >= len(lines) * LISTED


def rate_dialect(lines: Sequence[str], dialect: Dialect) -> RatedDialect:
    """How well a dialect fits the lines, and the dialect with its width.

    The score has three parts: the share of lines of the usual width, the share of numbers that are whole cells of a
    column of numbers, and whether a row has the usual width and names a phone.
    """
    rows = [row for row in _separated(lines, dialect) if any(row)]
    is_sign = not isinstance(dialect.delimiter, Separation)
    keeps = is_sign and (keeps_numbers(lines, dialect.delimiter) or separates_quoted(lines, dialect.delimiter))
    if not dialect.width:
        separated = [row for row in rows if len(row) > 1] if keeps else rows
        dialect = replace(dialect, width=usual_width(separated))
    fit = _fit(lines, rows, dialect)
    whole = _whole(lines, rows, dialect.width)
    names = [dialect.labels] if dialect.labels else [row for row in rows[:HEADER_ROWS] if len(row) == dialect.width]
    named = any(names_phone(cell) for row in names for cell in row[:MAX_COLUMNS])
    if dialect.delimiter == NO_DELIMITER:
        return RatedDialect(0.8 * max(whole or 0.0, 0.0) + 0.2 * named, dialect)
    if is_sign and _leaves_sign(rows, dialect.delimiter):
        return RatedDialect(-1.0, dialect)
    separates = separates_header(rows, dialect) and (whole is None or whole >= 0)
    named = named or separates
    if keeps or separates:
        fit = max(fit, _LEAST_FIT)
    elif dialect.delimiter not in USUAL and not _is_good(rows, dialect, fit, whole, named=named):
        return RatedDialect(-1.0, dialect)
    score = fit * (0.3 + 0.5 * max(whole or 0.0, 0.0) + 0.2 * named) + _PREFERENCE.get(dialect.delimiter, 0.0)
    return RatedDialect(score, dialect)


def _leaves_sign(rows: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Whether a run of one sign leaves this sign at an end of cells in many rows: then it is several delimiters."""
    sign = delimiter[0]
    if len(delimiter) < 2 or delimiter in USUAL or set(delimiter) != {sign}:
        return False
    left = sum(any(cell.startswith(sign) or cell.endswith(sign) for cell in row) for row in rows)
    return left * _FEW_ROWS >= len(rows)


def keeps_numbers(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a delimiter leaves nearly all mobile numbers, three or more, whole in cells of their own.

    Then it is one, in however many lines it stands: titles, notes and tables of other widths may be among them.
    """
    if not delimiter or delimiter in _PROSE_SIGNS:
        return False
    total = sum(len(MOBILE.findall(line)) for line in lines if delimiter in line)
    every = sum(len(MOBILE.findall(line)) for line in lines)
    if total < LEAST_NUMBERS or total < every * _STEADY:
        return False
    kept = sum(_numbers(cell, MOBILE) for row in rows_of(lines, delimiter) for cell in row)
    return kept >= every * _STEADY


def _fit(lines: Sequence[str], rows: Sequence[Sequence[str]], dialect: Dialect) -> float:
    """The share of rows of the usual width, or of labelled lines with half of the labels."""
    if dialect.delimiter == Separation.LABELLED:
        read = LabelledLines(dialect.labels)
        least = sum(map(bool, dialect.labels)) / 2
        return sum(read.count(line) >= least for line in lines) / len(lines)
    return sum(len(row) == dialect.width for row in rows) / len(rows) if rows else 0.0


def _is_good(rows: Sequence[Sequence[str]], dialect: Dialect, fit: float, whole: float | None, *, named: bool) -> bool:
    """Whether an unusual way fits well enough to be better than one cell a line."""
    if dialect.width < 2 and dialect.delimiter != Separation.BLOCKS:
        return False
    if fit < _MIN_FIT:  # addresses with spaces may follow, if each row has its number in one column all the same
        numbered = sum(any(_numbers(cell, MOBILE) for cell in row) for row in rows)
        return numbered >= len(rows) * _MIN_FIT and whole is not None and whole >= _STEADY
    if dialect.labels and not named and not _are_labels(rows, dialect.labels):
        return False
    if whole is not None and (whole >= _MIN_WHOLE or whole < 0):
        return whole > 0
    if named or dialect.delimiter in _PROSE_SIGNS or dialect.delimiter in _LOOSE:
        return named and fit >= _REGULAR and len(rows) > 1
    has_cells = dialect.width > 2 or dialect.delimiter in SIGNS_OF_CELLS
    return fit >= _REGULAR and len(rows) >= _MANY_ROWS and has_cells


def separates_header(rows: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Whether a sign that has no other use, or several in a row, separate a header: one of the first rows has three
    cells or more, one of which names a phone. There may be tables of several widths, and numbers in texts.
    """
    if isinstance(dialect.delimiter, Separation):
        return False
    if len(dialect.delimiter) < 2 and dialect.delimiter not in SIGNS_OF_CELLS:
        return False
    head = (row for row in rows[:HEADER_ROWS] if len(row) > 2)
    return any(names_phone(cell) for row in head for cell in row[:MAX_COLUMNS])


def _are_labels(rows: Sequence[Sequence[str]], labels: Sequence[str]) -> bool:
    """Whether what looks like labels are no names of people: at most half of them have numbers, and no number has no
    label.
    """
    numbered = [bool(_in_column(rows, at, MOBILE)) for at in range(len(labels))]
    return sum(numbered) * 2 <= len(labels) and not (numbered[0] and not labels[0])


def _separated(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    if dialect.delimiter == Separation.LABELLED:
        return list(map(LabelledLines(dialect.labels).separate, lines))
    if dialect.delimiter == Separation.BLOCKS:
        blocks = LabelledBlocks(dialect.labels, blank_ends=dialect.blank_ends)
        return [row for _, row in blocks.records(lines)]
    if len(dialect.delimiter) == 1:
        return rows_of(lines, dialect.delimiter)
    return list(map(separator(dialect), lines))


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    widths = Counter(map(len, rows))
    return max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))[0]


def _whole(lines: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> float | None:
    """The share of the numbers in the lines that fill cells of columns of numbers; None if there are no numbers.

    Numbers are mobile numbers or, if there are none in the lines, all that may be phone numbers. It is -1 if
    numbers are cut in two.
    """
    for pattern in (MOBILE, _NUMBER):
        total = sum(len(pattern.findall(line)) for line in lines)
        if total:
            kept = sum(len(pattern.findall(cell)) for row in rows for cell in row)
            found = sum(_in_column(rows, at, pattern) for at in range(width))
            return min(1.0, found / total) if kept * 50 >= total * 49 else -1.0
    return None


def _in_column(rows: Sequence[Sequence[str]], at: int, pattern: re.Pattern[str]) -> int:
    """How many numbers fill cells of a column; 0 if they fill fewer than half of its filled cells."""
    cells = [row[at] for row in rows if at < len(row) and row[at]]
    counts = [_numbers(cell, pattern) for cell in cells]
    return sum(counts) if sum(map(bool, counts)) * 2 >= len(cells) else 0


def _numbers(cell: str, pattern: re.Pattern[str]) -> int:
    """The number of numbers in a cell with nothing else but signs and decimal places of zeros."""
    if len(cell) < _MIN_CHARS:
        return 0
    rest, count = pattern.subn("", cell)
    return count if count and not _CONTENT.search(_PLACES.sub("", rest)) else 0


def rows_of(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    if len(delimiter) > 1:
        return [line.rstrip("\n").split(delimiter) for line in sample]
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a quoted cell that never ends: the rows before it are enough
        rows.extend(csv.reader(sample, delimiter=delimiter, skipinitialspace=True))
    return rows
