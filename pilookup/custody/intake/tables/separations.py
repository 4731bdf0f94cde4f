"""Separates lines into cells where no single delimiter does it: spaces, colons, drawn tables and aligned columns."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

from pilookup.custody.intake.tables.dialect import Dialect, Separation

_WIDE_SPACES: Final = re.compile(r"[ \u3000\xa0]{2,}|[ \u3000\xa0]*\t\s*")
_COLON: Final = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}(?:日|[ T])\s?\d{1,2}:\d{2}(?::\d{2})?"  # a date and a time
    r"|(?<![\w:])\d{1,2}:\d{2}:\d{2}(?![\w:])"
    r"|(?<![a-z0-9])[a-z][a-z0-9+.-]{1,9}://[^\s:]*(?::\d{1,5}(?=[/?#])[^\s:]*)?"  # the address of a page
    r"|(:)",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[\s+|:\-=─━═│┃║┼╋╬├┤┣┫╠╣┌┐└┘┏┓┗┛╔╗╚╝┬┴┳┻╦╩╞╪╡╭╮╰╯*~_]{3,}")
_CROSSINGS: Final = re.compile(r"[+|│┃║┼╋╬├┤┣┫╠╣┌┐└┘┏┓┗┛╔╗╚╝┬┴┳┻╦╩╞╪╡╭╮╰╯]")
_RULE_SIGNS: Final = frozenset("-=─━═")
MOBILE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:[(（](?:\+|00)?86[)）]|(?:\+|00)?86)[- \xa0]?)?"
    r"1[3-9]\d(?:[- \xa0]?\d{4}){2}(?:\.0{1,2})?(?![0-9A-Za-z])"
)
"""A mainland mobile number that no digit or letter touches. A program may have added decimal places."""
_FEW_WORDS: Final = re.compile(r"[^，。！？；,;!?=:：]{0,20}")
_FOOTER: Final = re.compile(r"\(\d+ (?:rows?|行.*)\)|\d+ rows? in set.*|Query OK.*")
_RECORD_RULE: Final = re.compile(r"-\[ \w+ \d+ \][-+]*|\*{3,} \d+\. \w+ \*{3,}")
BOX_SIGNS: Final = "|│┃║"
_WIDE: Final = frozenset("WF")
_FILL: Final = "\x00"


def separator(dialect: Dialect) -> Callable[[str], list[str]]:
    """A function that separates one line, without its line end, into cells.

    Args:
        dialect: A dialect with a delimiter of several characters, `NO_DELIMITER` or a separation of single lines
            without labels.
    """
    match dialect.delimiter:
        case Separation.COLONS:
            return separate_at_colons
        case Separation.SPACES:
            return str.split
        case Separation.WIDE_SPACES:
            return separate_at_wide_spaces
        case Separation.BOXED:
            return lambda line: separate_box(line, dialect.width)
        case Separation.ALIGNED:
            return lambda line: separate_aligned(line, dialect.starts, dialect.wide)
        case Separation.NUMBER:
            return separate_around_numbers
        case "":
            return lambda line: [line]
    return lambda line: line.split(dialect.delimiter)


def is_rule(line: str) -> bool:
    """Whether a line is a horizontal rule, such as +----+----+ or |:---|---:|."""
    text = line.strip()
    return bool(_RULE.fullmatch(text)) and any(sign * 2 in text for sign in _RULE_SIGNS)


def rule_width(line: str) -> int:
    """The number of cells of a row under a rule."""
    return sum(bool(_RULE_SIGNS & set(segment)) for segment in _CROSSINGS.split(line.strip()))


def is_record_rule(line: str) -> bool:
    """Whether a line stands between records of several lines, as psql and mysql write it."""
    return bool(_RECORD_RULE.fullmatch(line.strip()))


def is_footer(line: str) -> bool:
    """Whether a line is the count of rows under a table."""
    return bool(_FOOTER.fullmatch(line.strip()))


def separate_at_colons(line: str) -> list[str]:
    """Separate a line at each colon, except those in times and in addresses of pages."""
    cells, start = [], 0
    for found in _COLON.finditer(line):
        if found[1]:
            cells.append(line[start : found.start()])
            start = found.end()
    return [*cells, line[start:]]


def separate_at_wide_spaces(line: str) -> list[str]:
    """Separate a line at two or more spaces, and at tabs."""
    return _WIDE_SPACES.split(line.strip())


def separate_box(line: str, width: int) -> list[str]:
    """Separate a line of a drawn table.

    Args:
        line: The line. A rule and the count of rows under the table have no cells.
        width: Number of cells in most rows. It tells a border from an empty cell.
    """
    text = line.strip()
    if is_rule(text) or is_footer(text):
        return []
    sign = next((sign for sign in BOX_SIGNS if sign in text), BOX_SIGNS[0])
    cells = [cell.strip() for cell in text.split(sign)]
    if len(cells) != width and text.startswith(sign):
        return cells[1:-1] if len(cells) > 2 and text.endswith(sign) else cells[1:]
    return cells


def separate_around_numbers(line: str) -> list[str]:
    """Separate a line into the text before its first mobile number, its numbers, and the text after the last one."""
    found = list(MOBILE.finditer(line))
    if not found:
        return [line]
    start, stop = found[0].start(), found[-1].end()
    return [line[:start].strip(), line[start:stop], line[stop:].strip()]


def has_number_and_few_words(line: str) -> bool:
    """Whether a line has one mobile number, and so few words that it is an entry of a list and no sentence."""
    rest, count = MOBILE.subn(" ", line)
    return count == 1 and bool(_FEW_WORDS.fullmatch(rest.strip()))


def separate_aligned(line: str, starts: Sequence[int], wide: int) -> list[str]:
    """Separate a line whose cells are aligned. A word is never cut: it belongs to the column in which it starts.

    Args:
        line: The line. A rule has no cells.
        starts: The position where each column starts.
        wide: How many positions a wide character takes.
    """
    if is_rule(line):
        return []
    text = expanded(line, wide)
    cells: list[list[str]] = [[] for _ in starts]
    for word in re.finditer(r"[^\s]+", text):
        at = max(0, bisect_right(starts, word.start()) - 1)
        following = at + 1 < len(starts) and word.end() > starts[at + 1]
        if following and cells[at] and not cells[at + 1]:
            at += 1  # moved to the left by a short cell before it
        cells[at].append(word[0].replace(_FILL, ""))
    return [" ".join(words) for words in cells]


def expanded(line: str, wide: int) -> str:
    """A line in which each character takes one position: wide characters are followed by fill characters."""
    text = line.expandtabs(8) if "\t" in line else line
    if wide == 1 or text.isascii():
        return text
    fill = _FILL * (wide - 1)
    return "".join(char + fill if unicodedata.east_asian_width(char) in _WIDE else char for char in text)


def column_starts(lines: Sequence[str], wide: int) -> tuple[int, ...]:
    """The positions where the columns of aligned lines start: after a position that is blank in nearly all lines.

    A rule under the header, if there is one, tells the columns exactly.

    Args:
        lines: Lines that are not blank.
        wide: How many positions a wide character takes.
    """
    ruled = next((line for line in lines if is_rule(line) and " " in line.strip()), None)
    texts = [ruled] if ruled else [expanded(line, wide) for line in lines]
    length = max((len(text.rstrip()) for text in texts), default=0)
    filled = [0] * (length + 1)
    for text in texts:
        for word in re.finditer(r"[^\s]+", text):
            for at in range(word.start(), word.end()):
                filled[at] += 1
    few = len(texts) // 50
    return tuple(at for at in range(length) if filled[at] > few and (at == 0 or filled[at - 1] <= few))
