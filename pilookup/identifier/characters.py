"""Rules 2 and 3: maps the many ways to type a character to a small ASCII set."""

import unicodedata
from functools import lru_cache

_ALIKE = {
    **dict.fromkeys("−ー⁃˗─━", "-"),
    **dict.fromkeys("⁺﹢➕", "+"),
    **dict.fromkeys("[{【〔［｛〖﹙", "("),
    **dict.fromkeys("]}】〕］｝〗﹚", ")"),
    **dict.fromkeys("·・｡。․‧∙", "."),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys('"`´‘’‚‛“”„‟「」『』«»＇＂', "'"),
    **dict.fromkeys("、､﹑", ","),
    **dict.fromkeys("︰∶﹕", ":"),
    **dict.fromkeys("×✕╳", "x"),
    **dict.fromkeys("\t\n\v\f\r\x85", " "),
    **dict.fromkeys("\u034f\u115f\u1160\u20e3\u2800\u3164\uffa0", ""),
    "\ufe0f": "",
}
"""Characters that look alike. The last two rows are blanks of other categories than space, control and format."""

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_WIDTH_OFFSET = 0xFEE0
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x180E))
_BY_CATEGORY = {"Zs": " ", "Zl": " ", "Zp": " ", "Pd": "-", "Cc": "", "Cf": ""}

_ENDS = " '=,;:.!?<>|/\\#_-"


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """The character as the later rules expect it: one ASCII character, the character itself, or nothing."""
    alike = _ALIKE.get(character)
    if alike is not None:
        return alike
    code = ord(character)
    if code in _FULL_WIDTH:
        return _plain(chr(code - _FULL_WIDTH_OFFSET))
    if code < 0x7F and code >= 0x20:
        return character.lower()
    if any(code in selectors for selectors in _SELECTORS):
        return ""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return _BY_CATEGORY.get(category, character)


def plain(text: str) -> str:
    """Rule 2, applied to every character of a text."""
    return "".join(map(_plain, text))


def trim(text: str) -> str:
    """Rule 3: the text without the signs at its ends that say nothing about the number."""
    return text.strip(_ENDS)
