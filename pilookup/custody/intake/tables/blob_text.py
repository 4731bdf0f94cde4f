"""Text in values that are bytes, as databases and Parquet files have them.

It imports the standard library only, since `sqlite_rows` runs in a process of its own.
"""

import re
from typing import Final

_ENCODINGS: Final = ("utf-8", "gb18030")
_NARROW: Final = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{7,}")
_WIDE: Final = re.compile(rb"(?:\0[\x20-\x7e]){7,}|(?:[\x20-\x7e]\0){7,}")
"""UTF-16 of ASCII characters, in either order of bytes."""
_NUMBER: Final = re.compile(rb"(?:[0-9][ ().+-]{0,2}){7}")


def text_of_blob(data: bytes) -> str:
    """The text of bytes that are a text; of other bytes the parts that are text and have seven digits, one a line.

    Programs store records of their own form in blobs, with texts between other bytes. The result for a picture is "".
    """
    for encoding in _ENCODINGS:
        try:
            text = data.rstrip(b"\0").decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(char.isprintable() or char.isspace() for char in text):
            return text
        break
    wide = [found[0].replace(b"\0", b"") for found in _WIDE.finditer(data)]
    return "\n".join(_decoded(part) for part in (*_NARROW.findall(data), *wide) if _NUMBER.search(part))


def _decoded(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    kept = (char if (char.isprintable() or char.isspace()) and char != "\ufffd" else " " for char in text)
    return "".join(kept).strip()
