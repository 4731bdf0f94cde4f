"""Synthetic fonts: every character is a square, higher for each next one, so that outlines can be calculated."""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

UNITS = 1000
ADVANCE = 500


def square(number):
    """Left, lower, right and upper edge of the glyph of character `number`."""
    return 50, 0, 450, 100 + number % 600


def save_font(path, characters, *, cff=False, licence=0, family="Squares", blank="", axes=()):
    """Write a font with glyphs for `characters`; those in `blank`, and the space, have no outline."""
    names = {character: f"c{number}" for number, character in enumerate(characters)}
    glyphs = {".notdef": "", **{name: character for character, name in names.items()}}
    font = FontBuilder(UNITS, isTTF=not cff)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap({ord(character): name for character, name in names.items()})
    drawn = {
        name: _glyph(None if character in {"", " ", *blank} else square(int(name[1:])), cff=cff)
        for name, character in glyphs.items()
    }
    if cff:
        font.setupCFF("Squares", {}, drawn, {})
    else:
        font.setupGlyf(drawn)
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (ADVANCE, square(0)[0])))
    font.setupHorizontalHeader(ascent=900, descent=-100)
    font.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
    font.setupOS2(fsType=licence)
    font.setupPost()
    if axes:
        font.setupFvar(list(axes), [])
    font.save(path)
    return path


def save_collection(path, *parts):
    """Put fonts together."""
    collection = TTCollection()
    collection.fonts = [TTFont(part) for part in parts]
    collection.save(path)
    return path


def _glyph(edges, *, cff):
    pen = T2CharStringPen(ADVANCE, None) if cff else TTGlyphPen(None)
    if edges:
        left, lower, right, upper = edges
        pen.moveTo((left, lower))
        for point in ((left, upper), (right, upper), (right, lower)):
            pen.lineTo(point)
        pen.closePath()
    return pen.getCharString() if cff else pen.glyph()
