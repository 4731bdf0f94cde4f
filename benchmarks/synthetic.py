"""Writes a large file of rows like those of a seized file, and says what a load of it must count."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

PREFIXES = np.array(list("133135136138139150152158159176180186188191198"), "S1").reshape(15, 3)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭", "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛"
VILLAGES = ("上河", "下坪", "石桥", "柳林", "东庄", "西沟", "南塘", "北岭")
HEADER = "手机号,姓名,村,登记日期\n".encode()
SPACE = len(PREFIXES) * 10**8
STEP = 982_451_653
"""Coprime to SPACE, so that steps of this size reach every number once, in an order that does not help a sort."""
REPEAT = 20
"""One row in REPEAT repeats the number of an earlier row."""
CHUNK = 500_000

Rows = np.ndarray[tuple[int], np.dtype[np.uint64]]
"""A number for each row."""
Bytes = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
"""The bytes of each row, in fields of fixed width."""


@dataclass(frozen=True)
class Written:
    """What a load of the file must report."""

    rows: int
    distinct: int


def write(path: Path, rows: int) -> Written:
    """Write rows `number,name,village,date` in UTF-8. All numbers are valid; one in REPEAT is an earlier one."""
    assert math.gcd(STEP, SPACE) == 1
    if rows >= SPACE:
        raise ValueError("more rows than there are numbers")
    with path.open("wb") as file:
        file.write(HEADER)
        for first in range(0, rows, CHUNK):
            _chunk(file, np.arange(first, min(rows, first + CHUNK), dtype=np.uint64))
    return Written(rows, rows - rows // REPEAT)


def _chunk(file: BinaryIO, row: Rows) -> None:
    """Return the rows' bytes. Every field has a fixed width, so each row is a row of a matrix."""
    told = np.where(row % REPEAT == REPEAT - 1, row // 2, row)
    told = np.where(told % REPEAT == REPEAT - 1, told - 1, told)
    place = told * np.uint64(STEP) % np.uint64(SPACE)
    comma = np.full((len(row), 1), ord(","), np.uint8)
    day = row * np.uint64(7919)
    fields = (
        PREFIXES.view(np.uint8)[place // 10**8],
        _digits(place % 10**8, 8),
        comma,
        _texts([surname + given for surname in SURNAMES for given in GIVEN], row),
        comma,
        _texts(list(VILLAGES), row // 16),
        comma,
        _texts([f"2025-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)], day),
        np.full((len(row), 1), ord("\n"), np.uint8),
    )
    np.hstack(fields).tofile(file)


def _digits(values: Rows, width: int) -> Bytes:
    powers = np.uint64(10) ** np.arange(width - 1, -1, -1, dtype=np.uint64)
    digits: np.ndarray[tuple[int, int], np.dtype[np.uint64]] = values[:, None] // powers % np.uint64(10)
    return (digits + np.uint64(ord("0"))).astype(np.uint8)


def _texts(texts: list[str], which: Rows) -> Bytes:
    """Return a matrix whose row i is text number `which[i]` modulo their number; all texts have one length in UTF-8."""
    table = np.array([list(text.encode()) for text in texts], np.uint8)
    rows: Bytes = table[which % np.uint64(len(texts))]
    return rows
