"""Joins rows to lines of text, which the core reads as the same rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.limits import MAX_CELL_CHARS
from pilookup.custody.intake.tables.table import NumberedRows

DELIMITER: Final = "\x1f"
"""Between the cells of a line: the unit separator of ASCII, which hardly any cell contains. Nothing is trimmed, and
quotes are plain characters."""

_MAX_GAP: Final = 10_000
"""Rows that may be missing between two rows; they become blank lines."""


@dataclass(frozen=True, slots=True)
class JoinedSplit:
    """Consecutive rows, joined to lines.

    Attributes:
        split: The lines as a split; `start` is 0.
        data: The lines in UTF-8.
        blocks: The rows.
    """

    split: FileSplit
    data: bytes = field(repr=False)
    blocks: list[NumberedRows]


def join_blocks(blocks: Iterable[NumberedRows], size: int) -> Iterator[JoinedSplit | NumberedRows]:
    """Join blocks of rows to splits of text.

    Args:
        blocks: The rows, in ascending order of their numbers.
        size: A split ends with the block in which it reaches this size in bytes.

    Yields:
        A split; or a block as it is, if a reader of the lines would find other rows.
    """
    held: list[NumberedRows] = []
    texts: list[bytes] = []
    total = 0
    next_line = 0
    for block in blocks:
        lines = lines_of_rows(block)
        gap = block.lines[0] - next_line if held else 0
        if held and (lines is None or not 0 <= gap <= _MAX_GAP or total >= size):
            yield _split(held, texts)
            held, texts, total, gap = [], [], 0, 0
        if lines is None:
            yield block
            continue
        texts += [b"\n" * gap, lines]
        total += len(lines)
        held.append(block)
        next_line = block.lines[-1] + 1
    if held:
        yield _split(held, texts)


def _split(blocks: list[NumberedRows], texts: list[bytes]) -> JoinedSplit:
    data = b"".join(texts)
    return JoinedSplit(FileSplit(0, len(data), len(data), blocks[0].lines[0], whole=True), data, blocks)


def lines_of_rows(block: NumberedRows) -> bytes | None:
    """Join rows to lines, a line for each row number; None if a reader of the lines would find other rows."""
    rows, numbers = block.rows, block.lines
    if isinstance(numbers, range) and numbers.step == 1:
        lines = [DELIMITER.join(row) for row in rows]
    else:
        lines = []
        expected = numbers[0]
        for number, row in zip(numbers, rows, strict=True):
            if not 0 <= number - expected <= _MAX_GAP:
                return None
            lines += [""] * (number - expected)
            lines.append(DELIMITER.join(row))
            expected = number + 1
    text = "\n".join(lines) + "\n"
    if text.count("\n") != len(lines) or "\r" in text or "\x1a" in text or "\ufeff" in text:
        return None
    if text.count(DELIMITER) != sum(map(len, rows)) - len(rows) + rows.count([]):
        return None
    if len(text) > MAX_CELL_CHARS and max(map(len, lines)) > MAX_CELL_CHARS:
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only damaged UTF-16 in a workbook has
        return None
