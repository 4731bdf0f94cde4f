"""Detects how the lines of a text file are separated into cells, by how well each way explains the first lines.

A good way gives most lines the same number of cells and leaves each phone number whole in a cell of its own. If no way
is good, each line is one cell, so that nothing is cut in two.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from pilookup.custody.intake.columns.headers import is_phone
from pilookup.custody.intake.files.formats import extension
from pilookup.custody.intake.files.text_checks import SEPARATING_CONTROLS
from pilookup.custody.intake.limits import HEADER_ROWS
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Dialect, Separation
from pilookup.custody.intake.tables.labels import LabelledBlocks, LabelledLines, find_block_labels, find_labels
from pilookup.custody.intake.tables.separations import (
    BOX_SIGNS,
    MOBILE,
    column_starts,
    has_number_and_few_words,
    is_record_rule,
    is_rule,
    rule_width,
    separator,
)

_USUAL: Final = ("\t", ",", ";", "|", "，", "----")
"""The delimiters of most files. Another way must be better than them."""
_NEVER_DOUBLED: Final = ("\t", ",", ";", "，")
"""Two of these are an empty cell between them, in however many lines."""
_TAB_EXTENSIONS: Final = ("tsv", "tab")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_RUNS: Final = re.compile(r"([^\w\s]|[\x01-\x08\x0e-\x1f])\1{0,7}")
_MIXED: Final = re.compile(r"[^\w\s\"'()（）\[\]【】{}+\-.*]{2,5}")
_NO_SIGNS: Final = frozenset("\"'()（）[]【】{}《》<>「」+-.*@_:")
_LOOSE: Final = (Separation.COLONS, Separation.SPACES, Separation.NUMBER)
_PROSE_SIGNS: Final = frozenset("/\\&%!?。、；：！？…·=")
_FIRST_CHARS: Final = 3000
_LAST_CHARS: Final = 1000
_MIN_CHARS: Final = 7
_MAX_CELLS: Final = 1000
_MAX_COLUMNS: Final = 200
_MAX_SIGNS: Final = 8
_MIN_SHARE: Final = 0.5
_MIN_FIT: Final = 0.8
_MIN_WHOLE: Final = 0.8
_REGULAR: Final = 0.95
_STEADY: Final = 0.98
_LEAST_NUMBERS: Final = 3
_LEAST_FIT: Final = 0.75
_CONTROL_SHARE: Final = 10
_RARE_RUNS: Final = 4
"""A run of a sign is no delimiter if it stands in at most a quarter of the lines with this sign: it is in a cell."""
_LISTED: Final = 0.9
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
    **dict.fromkeys(_USUAL, 0.1),
}


@dataclass(frozen=True, slots=True)
class _Rated:
    score: float
    dialect: Dialect


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
    lines = [_shortened(line.rstrip("\n")) for line in sample if line.strip()]
    control = _control(lines)
    if control:
        return Dialect(control, _width(lines, control)[0])
    numbered = [line for line in lines if MOBILE.search(line)]
    signs = _delimiters(lines)
    if len(numbered) >= _LEAST_NUMBERS:  # there may be more lines of titles and notes than rows
        signs = [*signs, *(sign for sign in _delimiters(numbered) if sign not in signs)]
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
    return max((_rate(lines, dialect) for dialect in candidates), key=lambda one: one.score).dialect


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


def _control(lines: Sequence[str]) -> str | None:
    """The control character, or the run of one, that separates cells. It has no other use in a text.

    It must stand in a tenth of the lines, and no usual delimiter in more lines than twice that.
    """
    counts = Counter(sign for line in lines for sign in SEPARATING_CONTROLS.intersection(line))
    sign, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    others = max((sum(other in line for line in lines) for other in ("\t", ",", ";", "|")), default=0)
    if not sign or count * _CONTROL_SHARE < len(lines) or count * 2 < others:
        return None
    runs = [len(run) for line in lines for run in re.findall(f"{re.escape(sign)}+", line)]
    return sign * min(runs)


def _by_header(sample: Sequence[str], lines: Sequence[str], signs: Sequence[str]) -> Dialect | None:
    """The dialect whose delimiter separates one of the first lines so that a cell names a phone column, else None.

    It is a usual delimiter, and must separate a third of the other lines too, since a title may have a comma. It does
    not separate a line in which it stands only in runs that are a delimiter themselves.
    """
    for delimiter in (sign for sign in _USUAL if sign in signs):
        runs = [len(sign) // len(delimiter) for sign in signs if sign in (delimiter * 2, delimiter * 3, delimiter * 4)]
        for row in _rows(sample[:HEADER_ROWS], delimiter):
            if len(row) > 1 and any(_names_phone(cell) and not _holds_delimiter(cell) for cell in row[:_MAX_CELLS]):
                is_separated = not any(_is_in_runs(row, length) for length in runs)
                if is_separated and sum(delimiter in line for line in lines) * 3 >= len(lines):
                    return Dialect(delimiter, len(row))
                break
    return None


def _is_in_runs(row: Sequence[str], length: int) -> bool:
    """Whether the delimiter of a row stands only in runs of this length: all cells between others are empty."""
    return len(row) % length == 1 and not any(cell for at, cell in enumerate(row) if at % length)


def _names_phone(cell: str) -> bool:
    """Whether a cell names a phone column. A label with a number behind it does not."""
    return len(cell) < _MAX_HEADER_CHARS and is_phone(cell) and not _LABELLED.search(cell)


def _holds_delimiter(cell: str) -> bool:
    return any(delimiter in cell for delimiter in _USUAL)


def _delimited(sample: Sequence[str], lines: Sequence[str], delimiters: Sequence[str]) -> Iterator[Dialect]:
    for delimiter in delimiters:
        width, share = _width(sample if delimiter in _USUAL else lines, delimiter)
        regular = width > 1 and share >= _MIN_SHARE
        dialect = Dialect(delimiter, 0)
        keeps = _keeps_numbers(lines, delimiter) or _separates_quoted(lines, delimiter)
        if regular or keeps or _separates_header(_rows(lines, delimiter), dialect):
            yield dialect


def _separates_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether nearly all lines are cells in quotes with this delimiter between them, in tables of any width."""
    if delimiter not in _USUAL or not any(f'"{delimiter}"' in line for line in lines):
        return False
    quoted = re.compile(rf'"[^"]*+"(?:{re.escape(delimiter)}"[^"]*+")*+')
    return sum(quoted.fullmatch(line) is not None for line in lines) >= len(lines) * _LISTED


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
    if sum(map(has_number_and_few_words, filled)) >= len(filled) * _LISTED:
        yield Dialect(Separation.NUMBER, 3)
    spaced = sum("  " in line or "\u3000" in line for line in lines) > half
    if spaced:
        yield Dialect(Separation.WIDE_SPACES, 0)
    if spaced or len(filled) < len(lines):
        for wide in (2, 1, 3):
            starts = column_starts(lines, wide)
            if 1 < len(starts) <= _MAX_COLUMNS:
                yield Dialect(Separation.ALIGNED, len(starts), starts=starts, wide=wide)


def _labelled(sample: Sequence[str], lines: Sequence[str]) -> Iterator[Dialect]:
    labels = find_labels(lines)
    if labels:
        yield Dialect(Separation.LABELLED, len(labels), labels=labels)
    labels, blank_ends = find_block_labels([_shortened(line.rstrip("\n")) for line in sample])
    if labels:
        yield Dialect(Separation.BLOCKS, len(labels), labels=labels, blank_ends=blank_ends)


def _delimiters(lines: Sequence[str]) -> list[str]:
    """The usual delimiters, and signs and runs of signs that stand in most lines and may be delimiters.

    A sign that never stands alone is none, and a run of twice the length of another is two of them.
    """
    counts = Counter(sign for line in lines for sign in {found[0] for found in _RUNS.finditer(line)})
    mixed = Counter(sign for line in lines for sign in {found[0] for found in _MIXED.finditer(line)})
    frequent = {sign for sign, count in mixed.items() if len(set(sign)) > 1 and count * 2 > len(lines)}
    for sign in {run[0] for run in counts}:
        count = sum(sign in line for line in lines)
        if count * 2 > len(lines) and not _is_part(sign, frequent, lines):
            alone = counts[sign] * 2 > count and sign not in _NO_SIGNS  # longer runs are empty cells
            runs = [run for run in counts if run == sign * len(run)]
            # Where most rows have an empty cell, a delimiter of several signs is rare, and twice its length is not.
            usual = [run for run in runs if counts[run] * _RARE_RUNS > count or (run in _USUAL and len(run) > 1)]
            frequent.update([sign] if alone else _units(sign, map(len, usual)))
    signs = [sign for sign in frequent - {*_USUAL, *_NO_SIGNS} if "*" not in sign]
    others = sorted(signs, key=lambda sign: (-(counts + mixed)[sign], sign))[:_MAX_SIGNS]
    return [sign for sign in _USUAL if sign in frequent or sign in _NEVER_DOUBLED] + others


def _is_part(sign: str, longer: Iterable[str], lines: Sequence[str]) -> bool:
    return any(sign in other and not any(sign in line.replace(other, "") for line in lines) for other in longer)


def _units(sign: str, of_runs: Iterable[int]) -> Iterator[str]:
    """The runs of a sign that are no repetition of a shorter run of two or more."""
    lengths = list(of_runs)
    for length in lengths:
        if not any(length > shorter > 1 and length % shorter == 0 for shorter in lengths):
            yield sign * length


def _rate(lines: Sequence[str], dialect: Dialect) -> _Rated:
    """How well a dialect fits the lines, and the dialect with its width.

    The score has three parts: the share of lines of the usual width, the share of numbers that are whole cells of a
    column of numbers, and whether a row has the usual width and names a phone.
    """
    rows = [row for row in _separated(lines, dialect) if any(row)]
    is_sign = not isinstance(dialect.delimiter, Separation)
    keeps = is_sign and (_keeps_numbers(lines, dialect.delimiter) or _separates_quoted(lines, dialect.delimiter))
    if not dialect.width:
        separated = [row for row in rows if len(row) > 1] if keeps else rows
        dialect = replace(dialect, width=_usual_width(separated))
    fit = _fit(lines, rows, dialect)
    whole = _whole(lines, rows, dialect.width)
    names = [dialect.labels] if dialect.labels else [row for row in rows[:HEADER_ROWS] if len(row) == dialect.width]
    named = any(_names_phone(cell) for row in names for cell in row[:_MAX_COLUMNS])
    if dialect.delimiter == NO_DELIMITER:
        return _Rated(0.8 * max(whole or 0.0, 0.0) + 0.2 * named, dialect)
    separates = _separates_header(rows, dialect) and (whole is None or whole >= 0)
    named = named or separates
    if keeps or separates:
        fit = max(fit, _LEAST_FIT)
    elif dialect.delimiter not in _USUAL and not _is_good(rows, dialect, fit, whole, named=named):
        return _Rated(-1.0, dialect)
    score = fit * (0.3 + 0.5 * max(whole or 0.0, 0.0) + 0.2 * named) + _PREFERENCE.get(dialect.delimiter, 0.0)
    return _Rated(score, dialect)


def _keeps_numbers(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a delimiter leaves nearly all mobile numbers, three or more, whole in cells of their own.

    Then it is one, in however many lines it stands: titles, notes and tables of other widths may be among them.
    """
    if not delimiter or delimiter in _PROSE_SIGNS:
        return False
    total = sum(len(MOBILE.findall(line)) for line in lines if delimiter in line)
    every = sum(len(MOBILE.findall(line)) for line in lines)
    if total < _LEAST_NUMBERS or total < every * _STEADY:
        return False
    kept = sum(_numbers(cell, MOBILE) for row in _rows(lines, delimiter) for cell in row)
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
    return fit >= _REGULAR and len(rows) >= _MANY_ROWS and dialect.width > 2


def _separates_header(rows: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Whether several signs in a row separate a header: one of the first rows has three cells or more, one of which
    names a phone. There may be tables of several widths, and numbers in texts.
    """
    if isinstance(dialect.delimiter, Separation) or len(dialect.delimiter) < 2:
        return False
    head = (row for row in rows[:HEADER_ROWS] if len(row) > 2)
    return any(_names_phone(cell) for row in head for cell in row[:_MAX_COLUMNS])


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
        return _rows(lines, dialect.delimiter)
    return list(map(separator(dialect), lines))


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
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


def _width(sample: Sequence[str], delimiter: str) -> tuple[int, float]:
    """The usual width of the rows that are not blank, and the share of those that have it."""
    rows = [row for row in _rows(sample, delimiter) if any(row)]
    width = _usual_width(rows)
    return width, sum(len(row) == width for row in rows) / len(rows) if rows else 0.0


def _rows(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    if len(delimiter) > 1:
        return [line.rstrip("\n").split(delimiter) for line in sample]
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a quoted cell that never ends: the rows before it are enough
        rows.extend(csv.reader(sample, delimiter=delimiter, skipinitialspace=True))
    return rows
