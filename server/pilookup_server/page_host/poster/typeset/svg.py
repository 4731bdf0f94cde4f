"""A poster as SVG. Texts are outlines, so that it needs no font where it is printed."""

from html import escape
from typing import Final

from pilookup_server.page_host.poster.typeset.font import PosterFont
from pilookup_server.page_host.poster.typeset.sheet import A4, BOLD, Line, Matrix, PlacedDrawing, Shape, Sheet


def to_svg(sheet: Sheet, paper: tuple[float, float], font: PosterFont) -> bytes:
    """Draw a poster as SVG.

    Args:
        sheet: The poster.
        paper: Width and height of the paper, in millimetres.
        font: The font that the sheet was laid out with.

    Returns:
        The file.

    Raises:
        FontError: The font is damaged.
    """
    width, height = paper
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{sheet.tag}" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {A4[0]:g} {A4[1]:g}">'
    )
    parts = [
        head,
        f"<title>{escape(sheet.title)}</title>",
        *map(_shape, sheet.shapes),
        *map(_drawing, sheet.drawings),
        *(_line(line, font) for line in sheet.lines),
        "</svg>\n",
    ]
    return "\n".join(parts).encode()


def _shape(shape: Shape) -> str:
    line = ""
    if shape.stroke:
        line = f' stroke="{shape.stroke}" stroke-width="{shape.width:g}"{_ROUND}'
    dashes = f' stroke-dasharray="{" ".join(f"{dash:g}" for dash in shape.dashes)}"' if shape.dashes else ""
    return f'<path fill="{shape.fill or "none"}"{line}{dashes}{_transform(shape.matrix)} d="{shape.path}"/>'


def _drawing(placed: PlacedDrawing) -> str:
    width, height = placed.drawing.width, placed.drawing.height
    # An inner svg element cuts off what is outside of its viewBox.
    head = (
        f'<svg x="{placed.x:.3f}" y="{placed.y:.3f}" width="{width * placed.scale:.3f}" '
        f'height="{height * placed.scale:.3f}" viewBox="0 0 {width:g} {height:g}">'
    )
    return "\n".join((head, *map(_shape, placed.drawing.shapes), "</svg>"))


def _line(line: Line, font: PosterFont) -> str:
    scale = line.size / font.units
    outline = f' stroke="{line.colour}" stroke-width="{BOLD * font.units:g}"{_ROUND}' if line.bold else ""
    return (
        f'<path role="img" aria-label="{escape(line.text)}" fill="{line.colour}"{outline} '
        f'transform="translate({line.x:.3f} {line.baseline:.3f}) scale({scale:.6g} {-scale:.6g})" '
        f'd="{font.outline(line.text)}"/>'
    )


def _transform(matrix: Matrix) -> str:
    return f' transform="matrix({" ".join(f"{number:.6g}" for number in matrix)})"' if matrix else ""


_ROUND: Final = ' stroke-linejoin="round" stroke-linecap="round"'
