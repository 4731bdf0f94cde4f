"""Puts a poster's texts, QR code and drawings in their places. Lengths are millimetres on A4."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from fontTools.misc.transform import Identity

from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster.qr_code import QrCode
from pilookup_server.page_host.poster.texts import TEXTS, PosterTexts
from pilookup_server.page_host.poster.typeset.drawings import circle, rectangle
from pilookup_server.page_host.poster.typeset.line_breaks import Measure, balance_lines, break_lines
from pilookup_server.page_host.poster.typeset.sheet import A4, BOLD, Drawing, Line, PlacedDrawing, Shape, Sheet
from pilookup_server.settings import ServeError

SIDE: Final = 12.0
"""The margin at the left and at the right."""

TOP: Final = 10.0
"""The margin above and below."""

_WIDTH: Final = A4[0] - 2 * SIDE
_END: Final = A4[1] - TOP
_INK, _PAPER, _RED = "#1c1815", "#ffffff", "#8c1c13"
_LEADING: Final = 1.35
"""The height of a line, in em."""

_MIDDLE: Final = 0.38
"""How far the middle of a line is above its baseline, in em: the middle of a Chinese character."""

_CODE: Final = 56.0
_BESIDE_CODE: Final = 8.0
_INDENT: Final = 7.0
_COLUMN_GAP, _ROW_GAP = 6.0, 3.0
_DRAWING: Final = (20.0, 56.0)
"""The least and the greatest height of a drawing."""


def lay_out(operator: Operator, language: str, drawings: Sequence[Drawing], measure: Measure) -> Sheet:
    """Lay out a poster. The drawings take the height that the texts leave.

    Args:
        operator: Who runs the page, and its address.
        language: `zh` or `en`.
        drawings: The four drawings.
        measure: Returns the width of a text in em.

    Returns:
        The poster. All of it is within the margins.

    Raises:
        ServeError: The operator's name, telephone, filing number or address is too long for one sheet.
    """
    without = _Layout(measure)
    without.poster(operator, language, drawings, 0)
    least, greatest = _DRAWING
    height = min((_END - without.y) / 2, greatest)
    if height < least:
        raise ServeError(
            f"--operator-{language}, --address: too long for one sheet, which lacks {2 * (least - height):.0f} mm; "
            "shorten the name, the telephone, the filing number or the address, or use a narrower font"
        )
    layout = _Layout(measure)
    layout.poster(operator, language, drawings, height)
    texts = TEXTS[language]
    return Sheet(texts.tag, texts.title, tuple(layout.shapes), tuple(layout.drawings), tuple(layout.lines))


class _Layout:
    """A sheet that is filled from above.

    Attributes:
        y: Where the next thing begins.
    """

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.y = TOP
        self.shapes = [Shape(rectangle(0, 0, *A4), _PAPER)]
        self.drawings: list[PlacedDrawing] = []
        self.lines: list[Line] = []

    def poster(self, operator: Operator, language: str, drawings: Sequence[Drawing], height: float) -> None:
        """Put the whole poster, with drawings of a height."""
        texts = TEXTS[language]
        self._title(texts.title, 13, leading=1.2)
        self.y += 2
        self._banner(texts.free)
        self.y += 3
        self._go(operator.address, texts)
        self.y += 3
        self._drawings(drawings, texts.captions, height)
        self.y += 5
        self._text(texts.pasted_title, 6.4, bold=True)
        for item in texts.pasted:
            self._item(item, 5)
        self.y += 3
        self._footer(operator, texts, operator.name(language))

    def _title(self, text: str, size: float, *, leading: float = _LEADING, colour: str = _INK) -> None:
        for line in balance_lines(text, _WIDTH, self._width(size, bold=True)):
            width = self._width(size)(line)
            self._line(line, size, SIDE + (_WIDTH - width) / 2, leading=leading, colour=colour, bold=True)

    def _banner(self, text: str) -> None:
        top, padding, ground = self.y, 2.0, len(self.shapes)
        self.y += padding
        self._title(text, 10, colour=_PAPER)
        self.y += padding
        self.shapes.insert(ground, Shape(rectangle(SIDE, top, _WIDTH, self.y - top, 3), _RED))

    def _go(self, address: str, texts: PosterTexts) -> None:
        """The QR code, and beside it how to get to the page without it."""
        code, host = QrCode.of_address(address), urlsplit(address).netloc
        x, column = SIDE + _CODE + _BESIDE_CODE, _WIDTH - _CODE - _BESIDE_CODE
        large, small = (10.0, 6.5) if self._width(10, bold=True)(host) <= column else (7.0, 5.0)
        how = ((texts.scan, 6.5, False), (host, large, True), (texts.spoken(host), small, False))
        lines = [
            (line, size, bold)
            for text, size, bold in how
            for line in break_lines(text, column, self._width(size, bold=bold))
        ]
        height = sum(size * _LEADING for _, size, _ in lines)
        top, end = self.y, self.y + max(height, _CODE)
        matrix = Identity.translate(SIDE, (top + end - _CODE) / 2).scale(_CODE / code.side)
        self.shapes.append(Shape(code.path, "#000000", matrix=matrix))
        self.y = (top + end - height) / 2
        for line, size, bold in lines:
            self._line(line, size, x, bold=bold)
        self.y = end

    def _drawings(self, drawings: Sequence[Drawing], captions: Sequence[str], height: float) -> None:
        """The drawings in two columns, each above its caption."""
        size, width = 5.2, (_WIDTH - _COLUMN_GAP) / 2
        for row in range(0, len(drawings), 2):
            top, ends = self.y, []
            for column, (drawing, caption) in enumerate(
                zip(drawings[row : row + 2], captions[row : row + 2], strict=True)
            ):
                x = SIDE + column * (width + _COLUMN_GAP)
                scale = min(height / drawing.height, width / drawing.width)
                left = x + (width - scale * drawing.width) / 2
                self.drawings.append(PlacedDrawing(drawing, left, top, scale))
                self.y = top + height + 1
                for line in balance_lines(caption, width, self._width(size)):
                    self._line(line, size, x + (width - self._width(size)(line)) / 2)
                ends.append(self.y)
            self.y = max(ends) + (_ROW_GAP if row + 2 < len(drawings) else 0)

    def _item(self, text: str, size: float) -> None:
        middle = self.y + size * _LEADING / 2
        self.shapes.append(Shape(circle(SIDE + _INDENT / 2, middle, size / 7), _INK))
        self._text(text, size, indent=_INDENT)

    def _footer(self, operator: Operator, texts: PosterTexts, name: str) -> None:
        self.shapes.append(Shape(rectangle(SIDE, self.y, _WIDTH, 0.5), _INK))
        self.y += 2
        self._text(texts.by(name), 6, bold=True)
        self._text(texts.telephone(operator.telephone), 6, bold=True)
        if operator.filing:
            self._text(operator.filing, 4)

    def _text(self, text: str, size: float, *, indent: float = 0, bold: bool = False) -> None:
        for line in break_lines(text, _WIDTH - indent, self._width(size, bold=bold), phrases=True):
            self._line(line, size, SIDE + indent, bold=bold)

    def _line(
        self, text: str, size: float, x: float, *, leading: float = _LEADING, colour: str = _INK, bold: bool = False
    ) -> None:
        baseline = self.y + size * (leading / 2 + _MIDDLE)
        self.lines.append(Line(text, x, baseline, size, colour, bold))
        self.y += size * leading

    def _width(self, size: float, *, bold: bool = False) -> Measure:
        """The width of a text of a size; bold text is wider by its outlines."""
        return lambda text: size * (self._measure(text) + (BOLD if bold else 0))
