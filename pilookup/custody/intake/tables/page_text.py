"""Decodes HTML pages and XML documents, whose declared encoding is often not the real one."""

import codecs
import re
from dataclasses import dataclass, field

from pilookup.custody.intake.files.utf16 import utf16_without_bom

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: this BOM starts with UTF-16's little-endian one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 4096
_UTF16_WITHIN = 1 << 14
_CHINESE = {"gb2312", "gbk", "gb18030", "hz"}
_WESTERN = {"ascii", "iso8859-1", "cp1252", "iso8859-15"}
"""Programs for China often declare these and write GB18030."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A decoded page. The repr does not show it.

    Attributes:
        text: The text, without a BOM.
        encoding: The encoding in which it was read.
        bad_bytes: Number of places that are not valid in that encoding. They are U+FFFD in the text.
    """

    text: str = field(repr=False)
    encoding: str
    bad_bytes: int


def decode_page(data: bytes, declared: str | None = None) -> PageText:
    """Decode a page.

    A BOM decides, then zero bytes, which mean UTF-16. Otherwise the first encoding in which all bytes are valid is
    taken: UTF-8, the declared one, GB18030. If there is none, the declared one (or GB18030) is taken with the bad
    bytes replaced.

    Args:
        data: The page.
        declared: The encoding that a header outside the page declares. What the page declares comes first.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _forced(data[len(bom) :], codec)
    if bare := utf16_without_bom(data[:_UTF16_WITHIN]):
        return _forced(data, bare)
    named = _declared(data) or _known(declared)
    order = ["utf-8", named, "gb18030"] if named and named not in _WESTERN else ["utf-8", "gb18030", named]
    for codec in filter(None, order):
        try:
            return PageText(data.decode(codec), codec, 0)
        except UnicodeDecodeError:
            continue
    return _forced(data, named if named and named not in _WESTERN else "gb18030")


def _forced(data: bytes, codec: str) -> PageText:
    try:
        return PageText(data.decode(codec), codec, 0)
    except UnicodeDecodeError:
        text = data.decode(codec, "replace")
        return PageText(text, codec, text.count("\ufffd"))


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    return _known(found[1].decode("ascii")) if found else None


def _known(name: str | None) -> str | None:
    """Python's name of a text encoding of one or more bytes a character that extends ASCII; else None."""
    if not name:
        return None
    try:
        codec = codecs.lookup(name.strip("\"' ")).name
        plain = "<a>".encode(codec) == b"<a>"
    except (LookupError, ValueError, UnicodeError, TypeError):
        return None
    if codec in _CHINESE:
        return "gb18030"
    return codec if plain and not codec.startswith(("utf-7", "unicode", "raw", "punycode", "idna")) else None
