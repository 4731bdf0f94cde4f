"""Detects how the lines of a text file are separated into cells, by how well each way explains the first lines.

A good way gives most lines the same number of cells and leaves each phone number whole in a cell of its own. If no way
is good, each line is one cell, so that nothing is cut in two.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import MAX_NAME
from pilookup.custody.intake.files.formats import extension
from pilookup.custody.intake.limits import HEADER_ROWS
from pilookup.custody.intake.tables.delimiters import USUAL, control_delimiter, frequent_delimiters
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Dialect, Separation
from pilookup.custody.intake.tables.dialect_fit import (
    LEAST_NUMBERS,
    LISTED,
    MAX_COLUMNS,
    SIGNS_OF_CELLS,
    keeps_numbers,
    names_phone,
    rate_dialect,
    rows_of,
    separates_header,
    separates_quoted,
    usual_width,
)
from pilookup.custody.intake.tables.labels import find_block_labels, find_labels
from pilookup.custody.intake.tables.quoted_lines import without_breaks
from pilookup.custody.intake.tables.separations import (
    BOX_SIGNS,
    MOBILE,
    column_starts,
    has_number_and_few_words,
    is_record_rule,
    is_rule,
    rule_width,
)

_TAB_EXTENSIONS: Final = ("tsv", "tab")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_FIRST_CHARS: Final = 3000
_LAST_CHARS: Final = 1000
_MAX_CELLS: Final = 1000
_MIN_SHARE: Final = 0.5
_COMMA_OF_TEXTS: Final = "，"
_OF_LINES: Final = 1 / 3
_OF_TABLES: Final = 0.8
"""The share of lines with the delimiter where tables of several widths stand under one another."""
_LEAST_NAMES: Final = 3


def detect_dialect(name: str, sample: Sequence[str]) -> Dialect:
    """Detect the dialect of a text file. A "sep=" line, which spreadsheets write, decides if there is one.

    Args:
        name: The file name, whose extension may state that cells are separated by tabs.
        sample: The first lines.
    """
    stated = _SEP_LINE.fullmatch(sample[0]) if sample else None
    if stated:
        return Dialect(stated[1], _width(sample[1:], stated[1])[0], first_line=2)
    if extension(name) in _TAB_EXTENSIONS and any("\t" in line for line in sample):
        return Dialect("\t", _width(sample, "\t")[0])
    lines = [_shortened(line.rstrip("\n")) for line in without_breaks(sample) if line.strip()]
    control = control_delimiter(lines)
    if control:
        return Dialect(control, _width(lines, control)[0])
    numbered = [line for line in lines if MOBILE.search(line)]
    signs = frequent_delimiters(lines)
    if len(numbered) >= LEAST_NUMBERS:  # there may be more lines of titles and notes than rows
        signs = [*signs, *(sign for sign in frequent_delimiters(numbered) if sign not in signs)]
    ruled = any(is_rule(line) or is_record_rule(line) for line in lines)
    by_header = None if ruled else _by_header(sample, lines, signs)
    if by_header:
        return by_header
    candidates = [
        *_delimited(sample, lines, signs),
        *_separations(lines),
        *_labelled(sample, lines),
        Dialect(NO_DELIMITER, 1),
    ]
    return max((rate_dialect(lines, dialect) for dialect in candidates), key=lambda one: one.score).dialect


def _shortened(line: str) -> str:
    """A line without its middle if it is very long: a cell may hold thousands of numbers before the next delimiter.

    No number is cut: the first part ends, and the last one starts, with a sign that no number has inside.
    """
    if len(line) <= _FIRST_CHARS + _LAST_CHARS:
        return line
    stop, start = _FIRST_CHARS, len(line) - _LAST_CHARS
    while stop and _is_in_number(line[stop - 1]):
        stop -= 1
    while start < len(line) and _is_in_number(line[start]):
        start += 1
    return line[: stop or _FIRST_CHARS] + line[start:]


def _is_in_number(char: str) -> bool:
    return char.isalnum() or char in " .()+-"


def _by_header(sample: Sequence[str], lines: Sequence[str], signs: Sequence[str]) -> Dialect | None:
    """The dialect whose delimiter separates a header: a line with a cell that names a phone column, or with several
    that name other columns. None if there is none.

    It is a usual delimiter, or several of its sign, and must separate a third of the other lines too, since a title may
    have a comma; or a sign that has no other use, which must separate most. It does not separate a line in which it
    stands only in runs that are a delimiter themselves. The header of a later table counts if its cells are quoted, or
    if most lines have the delimiter.
    """
    doubled = [sign for sign in signs if len(sign) > 1 and sign[0] in USUAL and sign == sign[0] * len(sign)]
    rare = [sign for sign in signs if sign in SIGNS_OF_CELLS]
    for delimiter in (*(sign for sign in USUAL if sign in signs), *doubled, *rare):
        least = len(lines) * (_OF_TABLES if delimiter in rare else _OF_LINES)
        runs = [len(sign) // len(delimiter) for sign in signs if sign in (delimiter * 2, delimiter * 3, delimiter * 4)]
        for row in rows_of([*sample[:HEADER_ROWS], *_later_headers(sample, lines, delimiter)], delimiter):
            names = any(names_phone(cell) and not _holds_delimiter(cell) for cell in row[:_MAX_CELLS])
            if len(row) > 1 and (names or (delimiter != _COMMA_OF_TEXTS and _is_header(row))):
                is_separated = not any(_is_in_runs(row, length) for length in runs)
                if is_separated and sum(delimiter in line for line in lines) >= least:
                    return Dialect(delimiter, len(row))
                break
    return None


def _later_headers(sample: Sequence[str], lines: Sequence[str], delimiter: str) -> Iterator[str]:
    """The lines below the first ones that may be the header of another table.

    Their cells are quoted; or the delimiter, which is rare in sentences, stands in most lines, and they have no digits.
    """
    is_usual = delimiter != _COMMA_OF_TEXTS and sum(delimiter in line for line in lines) >= len(lines) * _OF_TABLES
    for line in sample[HEADER_ROWS:]:
        is_header = is_usual and delimiter in line and not any(char.isdigit() for char in line)
        if is_header or f'"{delimiter}"' in line:
            yield line


def _is_header(row: Sequence[str]) -> bool:
    """Whether several cells are names of columns and none has digits."""
    cells = row[:_MAX_CELLS]
    names = {cell for cell in cells if len(cell) <= MAX_NAME and headers.is_known(cell) and not _holds_delimiter(cell)}
    return len(names) >= _LEAST_NAMES and not any(char.isdigit() for cell in cells for char in cell)


def _is_in_runs(row: Sequence[str], length: int) -> bool:
    """Whether the delimiter of a row stands only in runs of this length: all cells between others are empty."""
    return len(row) % length == 1 and not any(cell for at, cell in enumerate(row) if at % length)


def _holds_delimiter(cell: str) -> bool:
    return any(delimiter in cell for delimiter in USUAL)


def _delimited(sample: Sequence[str], lines: Sequence[str], delimiters: Sequence[str]) -> Iterator[Dialect]:
    for delimiter in delimiters:
        width, share = _width(sample if delimiter in USUAL else lines, delimiter)
        regular = width > 1 and share >= _MIN_SHARE
        dialect = Dialect(delimiter, 0)
        keeps = keeps_numbers(lines, delimiter) or separates_quoted(lines, delimiter)
        if regular or keeps or separates_header(rows_of(lines, delimiter), dialect):
            yield dialect


def _separations(lines: Sequence[str]) -> Iterator[Dialect]:
    filled = [line for line in lines if not is_rule(line)]
    half = len(filled) // 2
    if len(filled) < len(lines) and any(sum(sign in line for line in filled) > half for sign in BOX_SIGNS):
        rule = next(line for line in lines if is_rule(line))
        yield Dialect(Separation.BOXED, rule_width(rule))
    if sum(":" in line for line in lines) > half:
        yield Dialect(Separation.COLONS, 0)
    if sum(" " in line or "\u3000" in line for line in lines) > half:
        yield Dialect(Separation.SPACES, 0)
    if sum(map(has_number_and_few_words, filled)) >= len(filled) * LISTED:
        yield Dialect(Separation.NUMBER, 3)
    spaced = sum("  " in line or "\u3000" in line for line in lines) > half
    if spaced:
        yield Dialect(Separation.WIDE_SPACES, 0)
    if spaced or len(filled) < len(lines):
        for wide in (2, 1, 3):
            starts = column_starts(lines, wide)
            if 1 < len(starts) <= MAX_COLUMNS:
                yield Dialect(Separation.ALIGNED, len(starts), starts=starts, wide=wide)


def _labelled(sample: Sequence[str], lines: Sequence[str]) -> Iterator[Dialect]:
    labels = find_labels(lines)
    if labels:
        yield Dialect(Separation.LABELLED, len(labels), labels=labels)
    labels, blank_ends, several = find_block_labels([_shortened(line.rstrip("\n")) for line in sample])
    if labels:
        yield Dialect(Separation.BLOCKS, len(labels), labels=labels, blank_ends=blank_ends, several=several)


def _width(sample: Sequence[str], delimiter: str) -> tuple[int, float]:
    """The usual width of the rows that are not blank, and the share of those that have it."""
    rows = [row for row in rows_of(sample, delimiter) if any(row)]
    width = usual_width(rows)
    return width, sum(len(row) == width for row in rows) / len(rows) if rows else 0.0
