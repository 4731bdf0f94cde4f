"""Chooses the country of each number of a cell: that of its row, or one that is named next to it (rules 3 and 9)."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pilookup.custody.intake.columns.cells.countries import country_named, country_of_cell
from pilookup.custody.intake.columns.cells.reader import NumberReader
from pilookup.custody.intake.columns.cells.runs import Run
from pilookup.custody.intake.columns.cells.text import cell_text
from pilookup.custody.intake.columns.cells.tokens import Token

_WORD = re.compile(r"[^\W\d_]")
_SEPARATOR = re.compile(r"[,;/|\n]")
_NAME_SIGNS = re.compile(r"[ ():=]+")
_AREA_CODE = re.compile(r"[^0-9+]*0?([1-9][0-9]{1,2})[^0-9]*")
_AREA_COUNTRY = re.compile(r"[ (]*(?:\+|00)([1-9][0-9]{0,2})[ )-]*")
_NAME_CHARS = 60
_NAME_WORDS = (3, 2, 1)


def reader_of_row(region: str, *, bare_landlines: bool, area: str, country: str) -> NumberReader:
    """What decides on the numbers of a row, by its country and area cells."""
    stated = country_of_cell(cell_text(country).plain) if country else None
    code = ""
    if area:
        plain = cell_text(area).plain
        by_area = _AREA_COUNTRY.fullmatch(plain)
        found = _AREA_CODE.fullmatch(plain)
        if by_area is not None:
            stated = stated or country_of_cell(plain)
        elif found is not None:
            code = found[1]
    if stated is None:
        return NumberReader(region, bare_landlines=bare_landlines, area=code)
    return NumberReader(stated.region, strict=True, bare_landlines=bare_landlines or stated.by_code, area=code)


def readers_of_items(plain: str, items: list[Run | Token], reader: NumberReader) -> Iterator[NumberReader]:
    """For each item the reader of the country that is named next to it, else the given reader.

    A name without a separator between it and both its neighbours belongs to the number behind it if a name stands in
    front of the first number of the cell; else to the number before it.
    """
    edges = [0, *(item.stop for item in items)]
    starts = [*(item.start for item in items), len(plain)]
    between = [plain[edge:start] for edge, start in zip(edges, starts, strict=True)]
    leads = bool(items) and _name_before(between[0]) is not None
    for at in range(len(items)):
        front, back = between[at], between[at + 1]
        named = None
        if at == 0 or leads or _SEPARATOR.search(front):
            named = _name_before(front)
        if named is None and (at == len(items) - 1 or not leads or _SEPARATOR.search(back)):
            named = _name_behind(back)
        yield replace(reader, region=named, strict=True) if named else reader


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
