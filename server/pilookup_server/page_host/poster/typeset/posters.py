"""Makes the posters in a font: SVG and PDF, for each size of paper and language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pilookup_server.page_host.assets import Asset
from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster.html import DRAWINGS
from pilookup_server.page_host.poster.typeset.drawings import read_drawing
from pilookup_server.page_host.poster.typeset.embedded_font import embed
from pilookup_server.page_host.poster.typeset.font import PosterFont
from pilookup_server.page_host.poster.typeset.layout import lay_out
from pilookup_server.page_host.poster.typeset.pdf import to_pdf
from pilookup_server.page_host.poster.typeset.sheet import A4
from pilookup_server.page_host.poster.typeset.svg import to_svg

PAPERS: Final = {"a4": A4, "a3": (297.0, 420.0)}
"""The sizes of paper, in millimetres. Both have the same layout."""


def typeset(
    operator: Operator, languages: Sequence[str], font_file: Path, assets: Mapping[str, Asset]
) -> tuple[str, dict[str, bytes]]:
    """Make the posters in a font.

    Args:
        operator: Who runs the page, and its address.
        languages: Keys of `TEXTS`, in which the operator has a name.
        font_file: The font file.
        assets: The files of the page, for the drawings.

    Returns:
        The name of the font, and the posters by file name.

    Raises:
        FontError: The font cannot be used.
        ServeError: A name or the address is too long for one sheet.
        OSError: The font cannot be read.
    """
    font = PosterFont(font_file)
    drawings = [read_drawing(assets[name].plain) for name in DRAWINGS]
    posters = {}
    for language in languages:
        sheet = lay_out(operator, language, drawings, font.measure)
        embedded = embed(font, [line.text for line in sheet.lines])
        for size, paper in PAPERS.items():
            posters[f"poster-{size}-{language}.svg"] = to_svg(sheet, paper, font)
            posters[f"poster-{size}-{language}.pdf"] = to_pdf(sheet, paper, embedded)
    return font.name, posters
