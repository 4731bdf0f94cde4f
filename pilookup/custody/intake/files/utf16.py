"""Recognises UTF-16 without a byte order mark, by reading the bytes in both orders."""

from typing import Final

from pilookup.custody.intake.files.text_checks import SEPARATING_CONTROLS

_ORDERS: Final = ("utf-16-le", "utf-16-be")
_COMMON: Final = 0.75
_FEW: Final = 20
_PLAIN: Final = frozenset({*map(chr, range(0x20, 0x7F)), *"\t\n\r\ufeff", *SEPARATING_CONTROLS})
"""Characters of one byte in ASCII. They stand in every table, and have a zero byte in UTF-16."""
_RANGES: Final = (
    (0x4E00, 0xA000),
    (0xFF01, 0xFFE6),
    (0x3001, 0x3020),  # two digits of one byte each are from U+3030 to U+3939
    (0x3041, 0x3100),
    (0xAC00, 0xD7A4),
    (0x2010, 0x2027),
    (0xA0, 0x700),
)
"""Chinese characters, full-width forms, kana, Hangul, punctuation, and European and Arabic letters."""


def utf16_without_bom(head: bytes) -> str | None:
    """Python's name of UTF-16 in the order of bytes in which a text has it; None if it is not UTF-16.

    Read in the right order, most characters are common ones, and a tenth or more are ASCII. Read in the wrong one, a
    digit is a rare character, and an ASCII letter is a character whose low byte is zero.

    Args:
        head: The first bytes of the text.
    """
    if 0 not in head:
        return None
    shares = {codec: _shares(head, codec) for codec in _ORDERS}
    best = max(_ORDERS, key=lambda codec: sum(shares[codec]))
    other = shares[_ORDERS[best == _ORDERS[0]]]
    plain, wide = shares[best]
    return best if plain + wide >= _COMMON and plain * _FEW >= 1 and plain + wide > sum(other) else None


def _shares(head: bytes, codec: str) -> tuple[float, float]:
    """The share of characters that are ASCII, and the share of other common characters."""
    text = head[: len(head) // 2 * 2].decode(codec, "replace")
    if not text:
        return 0.0, 0.0
    plain = sum(char in _PLAIN for char in text)
    wide = sum(_is_common(ord(char)) for char in text)
    return plain / len(text), wide / len(text)


def _is_common(code: int) -> bool:
    return bool(code & 0xFF) and any(start <= code < stop for start, stop in _RANGES)
