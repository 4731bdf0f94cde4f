"""Chooses the country of each number of a cell: that of its row, or one that is named next to it (rules 3 and 9)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from pilookup.custody.intake.columns.cells.countries import country_named, country_of_cell
from pilookup.custody.intake.columns.cells.reader import NumberReader, names_landline
from pilookup.custody.intake.columns.cells.runs import Run
from pilookup.custody.intake.columns.cells.text import cell_text
from pilookup.custody.intake.columns.cells.tokens import Token

_WORD = re.compile(r"[^\W\d_]")
_SEPARATOR = re.compile(r"[,;/|&\n]|以及|或者?|和(?!国)| or | and ")
_NAME_SIGNS = re.compile(r"[ ():=]+")
_AREA_CODE = re.compile(r"[^0-9+]*0?([1-9][0-9]{1,2})[^0-9]*")
_CHINESE_AREA = re.compile(r"10|2[0-9]|(?!85[23]|886)[3-9][0-9]{2}")
_LANDLINE_CHARS = 8
_NAME_CHARS = 60
_NAME_WORDS = (3, 2, 1)


@lru_cache(maxsize=512)
def reader_of_row(region: str, *, bare_landlines: bool, area: str, country: str) -> NumberReader:
    """What decides on the numbers of a row.

    Args:
        region: The country of numbers without a country code.
        bare_landlines: Whether digits alone may be a landline.
        area: The text of the area cell. A calling code in it, which is no area code, states the country.
        country: The text of the country cell.
    """
    stated = country_of_cell(cell_text(country).plain) if country else None
    code = ""
    if area:
        plain = cell_text(area).plain
        found = _AREA_CODE.fullmatch(plain)
        if found is not None and _CHINESE_AREA.fullmatch(found[1]):
            code = found[1]
        elif stated is None:
            stated = country_of_cell(plain)
    if stated is None:
        return NumberReader(region, bare_landlines=bare_landlines, area=code)
    return NumberReader(stated, strict=True, bare_landlines=bare_landlines, area=code)


def readers_of_items(plain: str, items: list[Run | Token], reader: NumberReader) -> Iterator[NumberReader]:
    """For each item the reader of the country that is named next to it, else the given reader.

    A name that is all that stands between two numbers belongs to the second one if a name stands in front of the first
    number of the cell; else to the first one. A word for a landline in front lets digits alone be one.
    """
    edges = [0, *(item.stop for item in items)]
    starts = [*(item.start for item in items), len(plain)]
    between = [plain[edge:start] for edge, start in zip(edges, starts, strict=True)]
    before = [_name_before(text) for text in between]
    behind = [_name_behind(text) for text in between]
    leads = before[0] is not None
    for at in range(1, len(items)):
        if before[at] and behind[at] and not _SEPARATOR.search(between[at]):
            (behind if leads else before)[at] = None
    for at in range(len(items)):
        named = before[at] or behind[at + 1]
        own = replace(reader, region=named, strict=True) if named else reader
        yield replace(own, bare_landlines=True) if names_landline(between[at][-_LANDLINE_CHARS:]) else own


def _name_before(between: str) -> str | None:
    """The country that the last words before a number name."""
    if not _WORD.search(between):
        return None
    words = [word for word in _NAME_SIGNS.split(_SEPARATOR.split(between[-_NAME_CHARS:])[-1]) if word]
    names = (country_named(" ".join(words[-count:])) for count in _NAME_WORDS if count <= len(words))
    return next((name for name in names if name), None)


def _name_behind(between: str) -> str | None:
    """The country that the first words behind a number name."""
    if not _WORD.search(between):
        return None
    words = [word for word in _NAME_SIGNS.split(_SEPARATOR.split(between[:_NAME_CHARS])[0]) if word]
    names = (country_named(" ".join(words[:count])) for count in _NAME_WORDS if count <= len(words))
    return next((name for name in names if name), None)
