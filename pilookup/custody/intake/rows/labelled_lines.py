"""Leaves the lines of a text to the Python rules in which labels may name somebody else than the people of the list.

The core decides a row by its phone cells and does not read labels in its other cells.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.intake.columns.cells.text import CHINESE_DIGITS
from pilookup.custody.intake.columns.other_labels import MAY_NAME

_PHONE: Final = re.compile(
    r"手机|手機|电话|電話|号码|號碼|[联聯][系繫絡络]|phone|mobile|tel|cell|contact|number|hotline|热线", re.IGNORECASE
)
_AUTHOR: Final = re.compile(r"人|者|员|签|单位|部门|民警|警官|[:：]| by\b|officer", re.IGNORECASE)
"""A label that holds without one for phones has one of these."""
_RUN: Final = re.compile(r"\w+")
_FEW_RUNS: Final = 6
"""A line of two cells, a role and a number that may be in groups, has no more runs of letters or digits."""
_LABEL: Final = (
    "(?:(?:联系|聯繫|聯絡|移动|固定|办公)?(?:电话|電話|手机|手機|方式|号码|tel|telephone|phone|contact|mobile)"
    "(?:号|号码|號碼)?)"
)
_CONTACT_LINES: Final = (
    rf'(?:\A|[\n\r,;\t|"])[ ]?{_LABEL}[.]?[ ]?(?::|：)?(?:[ ]?"?[,;\t|])'
    rf'|(?:\A|[\n\r])[,;\t|" ]*{_LABEL}[. ]*(?::|：)?(?:[ +(]|（)*[0-9]'
)
"""A label for phones in a cell of its own, or the first in a line and before a number: data hardly have them."""
_WORDS: Final = {False: MAY_NAME.pattern, True: f"{MAY_NAME.pattern}|{_CONTACT_LINES}"}
_GROUP: Final = 1_000
"""Lines that are searched together first, since nearly none has one of the words."""
_UNREADABLE: Final = b"\xff"
"""A byte that no text in UTF-8 or GB18030 has: the core leaves a number that begins with it."""


def left_to_rules(data: bytes, codec: str, *, in_columns: bool) -> bytes:
    """The bytes of a text as the core is to read them: in some lines, numbers begin with a byte that is no text.

    These are the lines with a label that may name somebody else, and with the label of a phone or of an author, or with
    little else; and contact lines. All offsets and line ends stay.

    Args:
        data: The bytes of the text.
        codec: Its encoding.
        in_columns: Whether rows have several cells. Otherwise labels for phones may stand in all of them, and say
            nothing.
    """
    if not _matches(data, [0, len(data)], codec, in_columns)[0]:
        return data
    parts: list[bytes] = []
    at = 0
    for start, stop in _lines(data, codec, in_columns):
        parts += [data[at:start], _first_digits(codec).sub(_UNREADABLE, data[start:stop])]
        at = stop
    return b"".join([*parts, data[at:]]) if parts else data


def _lines(data: bytes, codec: str, in_columns: bool) -> Iterator[tuple[int, int]]:
    """Where the lines start and stop that are left to the rules."""
    end = b"\n" if b"\n" in data else b"\r"
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == end[0]) + 1
    starts = np.unique(np.concatenate([[0], ends, [len(data)]]))
    groups = np.append(starts[:-1:_GROUP], len(data))
    for group in np.flatnonzero(_matches(data, groups, codec, in_columns)):
        lines = starts[group * _GROUP : (group + 1) * _GROUP + 1]
        for line in np.flatnonzero(_matches(data, lines, codec, in_columns)):
            start, stop = int(lines[line]), int(lines[line + 1])
            text = data[start:stop].decode(codec, "replace")
            if _PHONE.search(text) or _AUTHOR.search(text) or len(_RUN.findall(text)) <= _FEW_RUNS:
                yield start, stop


def _matches(data: bytes, offsets: Sequence[int] | np.ndarray, codec: str, in_columns: bool) -> np.ndarray:
    """Between which offsets one of the words is. They are searched with RE2, which is 30 times as fast as `re` here."""
    places = np.asarray(offsets, np.int64)
    texts = pa.Array.from_buffers(pa.large_binary(), len(places) - 1, [None, pa.py_buffer(places), pa.py_buffer(data)])
    return np.asarray(pc.match_substring_regex(texts, _words(codec, in_columns)))


@cache
def _words(codec: str, in_columns: bool) -> str:
    """The pattern with each character beyond ASCII as the bytes that it has in an encoding."""

    def escaped(found: re.Match[str]) -> str:
        return "".join(f"\\x{byte:02x}" for byte in found[0].encode(codec))

    return "(?i)" + re.sub(r"[^\x00-\x7f]+", escaped, _WORDS[in_columns])


@cache
def _first_digits(codec: str) -> re.Pattern[bytes]:
    """The first byte of what may be a number: a digit, also of full width or in Chinese, that follows on none."""
    wide = sorted("０１２３４５６７８９" + "".join(CHINESE_DIGITS))
    others = b"|".join(
        re.escape(char.encode(codec)[:1]) + b"(?=" + re.escape(char.encode(codec)[1:]) + b")" for char in wide
    )
    return re.compile(b"(?<![0-9])[0-9]|" + others)
