"""Reads the page's drawings: the part of SVG that they are written in, and nothing else."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from fontTools.misc.transform import Identity

from pilookup_server.page_host.poster.typeset.sheet import Drawing, Matrix, Shape

_SVG: Final = "{http://www.w3.org/2000/svg}"
_STYLES: Final = {"fill", "stroke", "stroke-width", "stroke-dasharray"}
_ROUND: Final = {"stroke-linejoin": "round", "stroke-linecap": "round"}
_FUNCTION: Final = re.compile(r"\s*(translate|rotate)\(([^()]*)\)\s*")
_SHORT_COLOUR: Final = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")


def read_drawing(svg: bytes) -> Drawing:
    """Read a drawing of the page.

    Args:
        svg: The file.

    Raises:
        ValueError: It has an element or an attribute that is not implemented here.
    """
    root = ET.fromstring(svg)  # noqa: S314 - a file of this package
    left, top, width, height = map(float, root.attrib.pop("viewBox").split())
    if (left, top) != (0, 0):
        raise ValueError("a drawing whose viewBox does not begin at 0 0")
    return Drawing(tuple(_shapes(root, {}, Identity)), width, height)


def circle(x: float, y: float, radius: float) -> str:
    """The data of the path of a circle."""
    return _ellipse(x, y, radius, radius)


def rectangle(x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    """The data of the path of a rectangle with round corners."""
    across, down = width - 2 * radius, height - 2 * radius
    turn = f"a{radius:g} {radius:g} 0 0 1" if radius else ""
    corners = (f"{turn} {dx * radius:g} {dy * radius:g}" if radius else "" for dx, dy in _CORNERS)
    sides = (f"h{across:g}", f"v{down:g}", f"h{-across:g}", f"v{-down:g}")
    return f"M{x + radius:g} {y:g}" + "".join(map("".join, zip(sides, corners, strict=True))) + "z"


_CORNERS: Final = ((1, 1), (-1, 1), (-1, -1), (1, -1))


def _ellipse(x: float, y: float, across: float, down: float) -> str:
    half = f"a{across:g} {down:g} 0 0 1"
    return f"M{x - across:g} {y:g}{half} {2 * across:g} 0{half} {-2 * across:g} 0z"


def _shapes(element: ET.Element, inherited: Mapping[str, str], matrix: Matrix) -> Iterator[Shape]:
    attributes = dict(element.attrib)
    style = {**inherited, **{name: attributes.pop(name) for name in _STYLES & attributes.keys()}}
    matrix = matrix.transform(_transform(attributes.pop("transform", "")))
    for name, value in _ROUND.items():
        if attributes.pop(name, value) != value:
            raise ValueError(f"a drawing whose {name} is not {value}")
    name = element.tag.removeprefix(_SVG)
    if name not in {"svg", "g"}:
        yield _shape(_path(name, attributes), style, matrix)
    elif attributes:
        raise ValueError(f"a drawing with {name} {', '.join(attributes)}")
    for child in element:
        yield from _shapes(child, style, matrix)


def _path(name: str, attributes: Mapping[str, str]) -> str:
    match name, sorted(attributes):
        case "path", ["d"]:
            return attributes["d"]
        case "circle", ["cx", "cy", "r"]:
            return circle(*_numbers(attributes, "cx", "cy", "r"))
        case "ellipse", ["cx", "cy", "rx", "ry"]:
            return _ellipse(*_numbers(attributes, "cx", "cy", "rx", "ry"))
        case "rect", ["height", "rx", "width", "x", "y"]:
            return rectangle(*_numbers(attributes, "x", "y", "width", "height", "rx"))
    raise ValueError(f"a drawing with {name} {', '.join(attributes)}")


def _numbers(attributes: Mapping[str, str], *names: str) -> Iterator[float]:
    return (float(attributes[name]) for name in names)


def _shape(path: str, style: Mapping[str, str], matrix: Matrix) -> Shape:
    dashes = tuple(map(float, style.get("stroke-dasharray", "").split()))
    fill, stroke = _colour(style.get("fill", "none")), _colour(style.get("stroke", "none"))
    return Shape(path, fill, stroke, float(style.get("stroke-width", "1")), dashes, matrix)


def _colour(text: str) -> str | None:
    return None if text == "none" else _SHORT_COLOUR.sub(r"#\1\1\2\2\3\3", text) if len(text) == len("#rgb") else text


def _transform(text: str) -> Matrix:
    matrix = Identity
    for part in filter(None, re.split(r"(?<=\))", text)):
        found = _FUNCTION.fullmatch(part)
        if not found:
            raise ValueError(f"a drawing with transform {text}")
        matrix = matrix.transform(_function(found[1], [float(number) for number in re.split(r"[\s,]+", found[2])]))
    return matrix


def _function(name: str, numbers: list[float]) -> Matrix:
    if name == "translate":
        return Identity.translate(*numbers)
    angle, x, y = numbers
    return Identity.translate(x, y).rotate(math.radians(angle)).translate(-x, -y)
