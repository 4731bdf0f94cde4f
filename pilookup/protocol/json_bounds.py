"""Bounds of a JSON text that nobody has signed, checked before it is parsed.

Python's parser makes objects of 50 to 200 bytes from two or three bytes of text, such as `[],`. A text of many values
or of deep nesting is refused here by a scan that makes none. Long strings cost nothing: they are skipped whole.
"""

import re
from typing import Final

from pilookup.errors import FormatError

_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,\]}]', re.DOTALL)
"""A string, or a character that begins or ends a list or an object, or separates two values."""


def check_json_bounds(data: bytes, what: str, *, depth: int, values: int) -> None:
    """Refuse a JSON text that is too deep or has too many values, without parsing it. What is not JSON may pass.

    Args:
        data: The text, in UTF-8. Its size is for the caller to bound.
        what: What the error calls it.
        depth: The greatest number of lists and objects inside one another.
        values: The greatest number of lists, objects and commas.

    Raises:
        FormatError: One of them is exceeded.
    """
    here = count = 0
    for token in _TOKEN.finditer(data):
        first = data[token.start()]
        if first == 0x22:  # a string
            continue
        if first in b"]}":
            here -= 1
            continue
        count += 1
        if first != 0x2C:  # not a comma
            here += 1
        if count > values or here > depth:
            raise FormatError(f"{what}: too deep, or too many values")
