"""What is on a poster, before it is SVG or PDF. Lengths are millimetres on A4, from the upper left corner."""

from dataclasses import dataclass
from typing import Any, Final

A4: Final = (210.0, 297.0)

Matrix = Any
"""A `fontTools.misc.transform.Transform`, which has no types: (xx, xy, yx, yy, dx, dy), as in SVG."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An area, a line, or both. Lines have round ends and joins.

    Attributes:
        path: The data of an SVG path.
        fill: The colour of the area, #rrggbb; None for none.
        stroke: The colour of the line; None for none.
        width: The width of the line.
        dashes: The lengths of dashes and gaps; empty for a continuous line.
        matrix: Maps the path to the sheet or drawing; None for the identity.
    """

    path: str
    fill: str | None = None
    stroke: str | None = None
    width: float = 0
    dashes: tuple[float, ...] = ()
    matrix: Matrix = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in units of their own, cut off at the drawing's edge.

    Attributes:
        shapes: The shapes, the lowest first.
        width: The width in its own units.
        height: The height in its own units.
    """

    shapes: tuple[Shape, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedDrawing:
    """A drawing on a sheet.

    Attributes:
        drawing: The drawing.
        x: Its left edge.
        y: Its upper edge.
        scale: Millimetres for one of its units.
    """

    drawing: Drawing
    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text.

    Attributes:
        text: The text, from left to right.
        x: Where the first character begins.
        baseline: The height of the baseline.
        size: The size of the font's em square.
        colour: The colour, #rrggbb.
        bold: Whether the outlines are drawn too, which makes them heavier: there is one font.
    """

    text: str
    x: float
    baseline: float
    size: float
    colour: str
    bold: bool = False


BOLD: Final = 0.03
"""The width of the outlines of bold text, in em."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A poster: the shapes are below the drawings, these below the texts.

    Attributes:
        tag: The BCP 47 tag of the language.
        title: The title of the document.
        shapes: Areas and lines.
        drawings: The drawings.
        lines: All lines of text, in the order in which one reads them.
    """

    tag: str
    title: str
    shapes: tuple[Shape, ...]
    drawings: tuple[PlacedDrawing, ...]
    lines: tuple[Line, ...]
