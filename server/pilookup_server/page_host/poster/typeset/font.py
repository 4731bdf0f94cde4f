"""A font file: the widths and the outlines of its characters."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTCollection, TTFont

from pilookup.errors import PilookupError

_COLLECTION: Final = b"ttcf"
_KINDS: Final = (b"\0\1\0\0", b"true", b"OTTO", _COLLECTION)
_NEEDED: Final = ("cmap", "head", "hhea", "hmtx", "maxp", "name")
_POSTSCRIPT_NAME: Final = 6
_USAGE, _RESTRICTED, _WHOLE_ONLY, _BITMAPS_ONLY = 0xF, 0x2, 0x100, 0x200
"""Bits of `fsType` in the table OS/2: what the font's licence permits."""

# What is odd but harmless in a font would otherwise be printed on the command's standard error.
logging.getLogger("fontTools").setLevel(logging.CRITICAL)


class FontError(PilookupError):
    """A font cannot be used; the text names the file, the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """The glyph of a character.

    Attributes:
        name: Its name in the font.
        advance: Its width, in units of the font.
        outline: Its outline, as a `DecomposingRecordingPen` of fontTools.
    """

    name: str
    advance: float
    outline: Any


class PosterFont:
    """A font of one weight: TrueType or OpenType, or one of a collection of them.

    No shaping: a character is one glyph, which stands after the one before it, without kerning. This is enough for
    Chinese and English.

    Args:
        path: The file. Of a collection, the first font is taken whose family name has the word SC (simplified Chinese),
            or else the first.

    Raises:
        FontError: The file is not such a font, or its licence does not permit to embed a part of it.
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = path.read_bytes()
        kind = self._data[:4]
        if kind not in _KINDS:
            raise FontError(f"{path}: not a font file: give a .ttf, .otf or .ttc")
        with self.parsing():
            self._number = _simplified_chinese(self._data) if kind == _COLLECTION else -1
            self._font = self.open()
            self._check()
            self.units = int(self._font["head"].unitsPerEm)
            self.name = f"{_family(self._font)} {self._font['name'].getBestSubFamilyName() or ''}".strip()
            self.postscript_name = str(self._font["name"].getDebugName(_POSTSCRIPT_NAME) or "")
            self._names = self._font.getBestCmap() or {}
            self._glyph_set = self._font.getGlyphSet()
        if self.units <= 0:
            raise FontError(f"{path}: damaged: its em square has no size; use another font")
        self._glyphs: dict[str, Glyph] = {}

    def open(self) -> Any:
        """Open the font again, as a `TTFont` of fontTools that may be changed. Call it inside of `parsing`."""
        # The time of change stays that of the file, so that the same font gives the same poster at any time.
        return TTFont(io.BytesIO(self._data), fontNumber=self._number, lazy=True, recalcTimestamp=False)

    @contextmanager
    def parsing(self) -> Iterator[None]:
        """Turns whatever fontTools raises while it parses the file into a FontError.

        Raises:
            FontError: The block raised an error.
        """
        try:
            yield
        except (FontError, MemoryError):
            raise
        except Exception as error:
            # Its parsers raise TTLibError, struct.error, AssertionError, KeyError, IndexError and others.
            raise FontError(f"{self.path}: damaged, or no font ({type(error).__name__}); use another file") from error

    def glyph(self, character: str, text: str) -> Glyph:
        """The glyph of a character.

        Args:
            character: The character.
            text: The text that it is needed for, for the error.

        Raises:
            FontError: The font has none, or it is damaged.
        """
        if character not in self._glyphs:
            self._glyphs[character] = self._read_glyph(character, text)
        return self._glyphs[character]

    def measure(self, text: str) -> float:
        """The width of a text, in em.

        Raises:
            FontError: The font lacks a character of it, or is damaged.
        """
        return sum(self.glyph(character, text).advance for character in text) / self.units

    def outline(self, text: str) -> str:
        """The outline of a text, as the data of an SVG path, in units of the font; the y axis points up.

        Raises:
            FontError: The font lacks a character of it, or is damaged.
        """
        pen = SVGPathPen(None, ntos=lambda number: f"{round(number, 2):g}")
        x = 0.0
        for character in text:
            glyph = self.glyph(character, text)
            glyph.outline.replay(TransformPen(pen, (1, 0, 0, 1, x, 0)))
            x += glyph.advance
        return str(pen.getCommands())

    def _read_glyph(self, character: str, text: str) -> Glyph:
        name = self._names.get(ord(character))
        if name is None:
            raise self._missing(character, text)
        with self.parsing():
            glyph = self._glyph_set[name]
            outline = DecomposingRecordingPen(self._glyph_set)
            glyph.draw(outline)
            advance = float(glyph.width)
        if not outline.value and not character.isspace():
            raise self._missing(character, text)
        return Glyph(name, advance, outline)

    def _missing(self, character: str, text: str) -> FontError:
        shown = f'"{character}" ' if character.isprintable() else ""
        return FontError(
            f"{self.path}: {self.name} has no glyph for {shown}(U+{ord(character):04X}) "
            f'of the text "{text}"; use a font that has it, such as Noto Sans CJK'
        )

    def _check(self) -> None:
        """Raise FontError unless the font can be used for posters."""
        font = self._font
        if "fvar" in font or "CFF2" in font:
            raise FontError(f"{self.path}: a variable font; give a file of one weight")
        lacking = [table for table in _NEEDED if table not in font]
        if not lacking and "glyf" not in font and "CFF " not in font:
            lacking = ["glyf"]
        if lacking:
            raise FontError(f"{self.path}: no font with outlines: the table {lacking[0]} is missing; use another file")
        permission = font["OS/2"].fsType if "OS/2" in font else 0
        if permission & _USAGE == _RESTRICTED or permission & (_WHOLE_ONLY | _BITMAPS_ONLY):
            raise FontError(
                f"{self.path}: says that its licence does not permit to embed a part of it (fsType {permission:#x}); "
                "use another font, such as Noto Sans CJK"
            )


def _simplified_chinese(data: bytes) -> int:
    """The number of the font to take from a collection."""
    families = [_family(font) for font in TTCollection(io.BytesIO(data), lazy=True).fonts]
    return next((number for number, family in enumerate(families) if "SC" in family.split()), 0)


def _family(font: Any) -> str:
    return str(font["name"].getBestFamilyName() or "without a name")
