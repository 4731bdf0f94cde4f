"""A poster as PDF (ISO 32000-1), with the font embedded. The same poster gives the same bytes."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path

from pilookup_server.page_host.poster.typeset.embedded_font import EmbeddedFont
from pilookup_server.page_host.poster.typeset.sheet import A4, BOLD, Line, Matrix, PlacedDrawing, Shape, Sheet

_POINTS: Final = 72 / 25.4
"""Points in a millimetre."""

_CATALOG, _PAGES, _PAGE, _CONTENT, _FONT, _DESCENDANT, _DESCRIPTOR, _PROGRAM, _UNICODE, _INFO = range(1, 11)
"""The numbers of the objects."""

_SYMBOLIC: Final = 4
_CHARACTERS_A_BLOCK: Final = 100
"""How many characters one block of a CMap may have."""


def to_pdf(sheet: Sheet, paper: tuple[float, float], font: EmbeddedFont) -> bytes:
    """Draw a poster as PDF.

    Args:
        sheet: The poster.
        paper: Width and height of the paper, in millimetres.
        font: A subset of the font that the sheet was laid out with, which has all its characters.

    Returns:
        The file.
    """
    box = " ".join(_number(length * _POINTS) for length in paper)
    objects = {
        _CATALOG: f"<< /Type /Catalog /Pages {_PAGES} 0 R /Lang {_text(sheet.tag)} "
        "/ViewerPreferences << /DisplayDocTitle true >> >>".encode(),
        _PAGES: f"<< /Type /Pages /Kids [{_PAGE} 0 R] /Count 1 >>".encode(),
        _PAGE: f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {box}] /Contents {_CONTENT} 0 R "
        f"/Resources << /Font << /F {_FONT} 0 R >> >> >>".encode(),
        _CONTENT: _stream("\n".join(_content(sheet, paper, font)).encode()),
        _INFO: f"<< /Title {_text(sheet.title)} >>".encode(),
        **_font_objects(font),
    }
    return _file(objects)


def _file(objects: Mapping[int, bytes]) -> bytes:
    """Put objects together, with the table that says where each begins."""
    parts = [b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"]
    table = ["0000000000 65535 f \n"]
    for number in sorted(objects):
        table.append(f"{sum(map(len, parts)):010} 00000 n \n")
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, objects[number]))
    begins = sum(map(len, parts))
    trailer = f"trailer\n<< /Size {len(table)} /Root {_CATALOG} 0 R /Info {_INFO} 0 R >>\nstartxref\n{begins}\n%%EOF\n"
    return b"".join(parts) + f"xref\n0 {len(table)}\n{''.join(table)}{trailer}".encode()


def _font_objects(font: EmbeddedFont) -> dict[int, bytes]:
    registry, ordering, supplement = font.collection
    kind, key = ("CIDFontType0", "FontFile3") if font.is_cff else ("CIDFontType2", "FontFile2")
    box = " ".join(map(_number, font.box))
    widths = " ".join(f"{code} [{_number(width)}]" for code, width in sorted(font.widths.items()))
    entries = "/Subtype /CIDFontType0C" if font.is_cff else f"/Length1 {len(font.program)}"
    glyphs = "" if font.is_cff else "/CIDToGIDMap /Identity "
    return {
        _FONT: f"<< /Type /Font /Subtype /Type0 /BaseFont /{font.name} /Encoding /Identity-H "
        f"/DescendantFonts [{_DESCENDANT} 0 R] /ToUnicode {_UNICODE} 0 R >>".encode(),
        _DESCENDANT: f"<< /Type /Font /Subtype /{kind} /BaseFont /{font.name} /FontDescriptor {_DESCRIPTOR} 0 R "
        f"/CIDSystemInfo << /Registry {_text(registry)} /Ordering {_text(ordering)} /Supplement {supplement} >> "
        f"{glyphs}/DW 1000 /W [{widths}] >>".encode(),
        _DESCRIPTOR: f"<< /Type /FontDescriptor /FontName /{font.name} /Flags {_SYMBOLIC} /FontBBox [{box}] "
        f"/ItalicAngle 0 /Ascent {_number(font.ascent)} /Descent {_number(font.descent)} "
        f"/CapHeight {_number(font.ascent)} /StemV 80 /{key} {_PROGRAM} 0 R >>".encode(),
        _PROGRAM: _stream(font.program, entries),
        _UNICODE: _stream(_unicode(font).encode()),
    }


def _unicode(font: EmbeddedFont) -> str:
    """The CMap from CIDs to characters, with which a reader searches and copies text."""
    characters = sorted({code: character for character, code in font.codes.items()}.items())
    blocks = [
        characters[start : start + _CHARACTERS_A_BLOCK] for start in range(0, len(characters), _CHARACTERS_A_BLOCK)
    ]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for block in blocks:
        pairs = (f"<{code:04X}> <{character.encode('utf-16-be').hex()}>" for code, character in block)
        lines += [f"{len(block)} beginbfchar", *pairs, "endbfchar"]
    return "\n".join([*lines, "endcmap CMapName currentdict /CMap defineresource pop end end"])


def _content(sheet: Sheet, paper: tuple[float, float], font: EmbeddedFont) -> Iterator[str]:
    """The operators that draw a sheet: its millimetres from the upper left corner become points from the lower left."""
    width, height = paper
    across, down = width / A4[0] * _POINTS, height / A4[1] * _POINTS
    yield f"{_matrix((across, 0, 0, -down, 0, height * _POINTS))} cm 1 J 1 j"
    for shape in sheet.shapes:
        yield from _shape(shape)
    for drawing in sheet.drawings:
        yield from _drawing(drawing)
    for line in sheet.lines:
        yield _line(line, font)


def _drawing(placed: PlacedDrawing) -> Iterator[str]:
    drawing = placed.drawing
    yield f"q {_matrix((placed.scale, 0, 0, placed.scale, placed.x, placed.y))} cm"
    yield f"0 0 {_number(drawing.width)} {_number(drawing.height)} re W n"
    for shape in drawing.shapes:
        yield from _shape(shape)
    yield "Q"


def _shape(shape: Shape) -> Iterator[str]:
    yield "q"
    if shape.matrix:
        yield f"{_matrix(shape.matrix)} cm"
    if shape.fill:
        yield f"{_colour(shape.fill)} rg"
    if shape.stroke:
        yield f"{_colour(shape.stroke)} RG {_number(shape.width)} w [{' '.join(map(_number, shape.dashes))}] 0 d"
    pen = _PdfPen()
    parse_path(shape.path, pen)
    yield " ".join(pen.operators)
    yield {(True, False): "f", (False, True): "S", (True, True): "B", (False, False): "n"}[
        (bool(shape.fill), bool(shape.stroke))
    ] + " Q"


def _line(line: Line, font: EmbeddedFont) -> str:
    colour = _colour(line.colour)
    codes = "".join(f"{font.codes[character]:04X}" for character in line.text)
    mode = f"{colour} RG {_number(BOLD * line.size)} w 2 Tr" if line.bold else "0 Tr"
    place = _matrix((line.size, 0, 0, -line.size, line.x, line.baseline))
    return f"BT {colour} rg {mode} /F 1 Tf {place} Tm <{codes}> Tj ET"


class _PdfPen(BasePen):  # type: ignore[misc] # fontTools has no types
    """Collects the operators of a path. `BasePen` turns quadratic curves into cubic ones."""

    def __init__(self) -> None:
        super().__init__(None)
        self.operators: list[str] = []

    def _moveTo(self, pt: Any) -> None:  # noqa: N802 - names of fontTools
        self._add("m", pt)

    def _lineTo(self, pt: Any) -> None:  # noqa: N802
        self._add("l", pt)

    def _curveToOne(self, pt1: Any, pt2: Any, pt3: Any) -> None:  # noqa: N802
        self._add("c", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802
        self._add("h")

    def _add(self, operator: str, *points: tuple[float, float]) -> None:
        self.operators += [*(_number(number) for point in points for number in point), operator]


def _stream(data: bytes, entries: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    return f"<< /Filter /FlateDecode /Length {len(packed)} {entries} >>\nstream\n".encode() + packed + b"\nendstream"


def _text(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def _colour(colour: str) -> str:
    return " ".join(_number(channel / 255) for channel in bytes.fromhex(colour.removeprefix("#")))


def _matrix(matrix: Matrix | Iterable[float]) -> str:
    return " ".join(map(_number, matrix))


def _number(number: float) -> str:
    return f"{number:.5f}".rstrip("0").rstrip(".")
