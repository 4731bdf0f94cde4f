"""The part of a font that a PDF needs: its file with the glyphs used, and the numbers that a PDF tells of it."""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from fontTools import subset

from pilookup_server.page_host.poster.typeset.font import PosterFont

_TRUETYPE: Final = {"glyf", "head", "hhea", "hmtx", "loca", "maxp"}
"""What a PDF needs of a TrueType font without hints (ISO 32000-1, 9.9)."""

_CFF: Final = {"CFF ", "head", "hhea", "hmtx", "maxp"}
_TAG: Final = 6
_ALPHABET: Final = 26
_PER_EM: Final = 1000
"""PDF counts the widths of glyphs in thousandths of an em."""


@dataclass(frozen=True, slots=True)
class EmbeddedFont:
    """A subset of a font.

    Attributes:
        name: Its PostScript name, with a tag in front that says that it is a subset.
        program: The font file: TrueType, or the table CFF alone.
        is_cff: Whether it is CFF.
        collection: Registry, ordering and supplement of its character identifiers (CIDs).
        codes: The CID of each character.
        widths: The width of each CID, in thousandths of an em.
        box: Left, lower, right and upper edge of all glyphs, in thousandths of an em.
        ascent: The height above the baseline.
        descent: The depth below it, negative.
    """

    name: str
    program: bytes
    is_cff: bool
    collection: tuple[str, str, int]
    codes: Mapping[str, int]
    widths: Mapping[int, float]
    box: tuple[float, float, float, float]
    ascent: float
    descent: float


def embed(font: PosterFont, texts: Iterable[str]) -> EmbeddedFont:
    """Make the subset of a font that has the glyphs of some texts.

    Args:
        font: The font.
        texts: The texts; the font has all their characters.

    Raises:
        FontError: The font is damaged.
    """
    glyphs = {character: font.glyph(character, text) for text in texts for character in text}
    with font.parsing():
        small = font.open()
        is_cff = "CFF " in small
        _cut(small, {glyph.name for glyph in glyphs.values()}, _CFF if is_cff else _TRUETYPE)
        codes = _codes(small, {character: glyph.name for character, glyph in glyphs.items()}, is_cff=is_cff)
        program = small.getTableData("CFF ") if is_cff else _file(small)
        head, hhea = small["head"], small["hhea"]
        edges = (head.xMin, head.yMin, head.xMax, head.yMax, hhea.ascent, hhea.descent)
        left, lower, right, upper, ascent, descent = (edge * _PER_EM / font.units for edge in edges)
        collection = _collection(small) if is_cff else ("Adobe", "Identity", 0)
    name = re.sub(r"[^A-Za-z0-9-]", "", font.postscript_name) or "Font"
    return EmbeddedFont(
        f"{_tag(program)}+{name}", program, is_cff, collection, codes,
        {codes[character]: glyph.advance * _PER_EM / font.units for character, glyph in glyphs.items()},
        (left, lower, right, upper), ascent, descent,
    )  # fmt: skip


def _cut(font: Any, names: set[str], tables: set[str]) -> None:
    """Leave only some glyphs and tables in a font."""
    options = subset.Options(hinting=False, notdef_outline=True, glyph_names=False, recalc_bounds=True)
    font.getGlyphOrder()  # it keeps the names, which come from tables that are deleted here
    for table in set(font.keys()) - tables - {"GlyphOrder"}:
        del font[table]
    options.drop_tables = []
    subsetter = subset.Subsetter(options)
    subsetter.populate(glyphs=names)
    subsetter.subset(font)


def _codes(font: Any, names: Mapping[str, str], *, is_cff: bool) -> dict[str, int]:
    """The CIDs: those of a CFF font that has them, otherwise the positions of the glyphs (ISO 32000-1, 9.7.4.2)."""
    if is_cff and _has_cids(font):
        return {character: int(name.removeprefix("cid")) for character, name in names.items()}
    return {character: font.getGlyphID(name) for character, name in names.items()}


def _has_cids(font: Any) -> bool:
    return hasattr(font["CFF "].cff.topDictIndex[0], "ROS")


def _collection(font: Any) -> tuple[str, str, int]:
    if not _has_cids(font):
        return "Adobe", "Identity", 0
    registry, ordering, supplement = font["CFF "].cff.topDictIndex[0].ROS
    return str(registry), str(ordering), int(supplement)


def _file(font: Any) -> bytes:
    file = io.BytesIO()
    font.save(file, reorderTables=None)
    return file.getvalue()


def _tag(program: bytes) -> str:
    """Six capital letters, different for different subsets."""
    number = int.from_bytes(sha256(program).digest())
    return "".join(chr(ord("A") + number // _ALPHABET**place % _ALPHABET) for place in range(_TAG))
