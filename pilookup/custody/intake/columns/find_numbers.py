"""Finds the numbers in a cell of a phone column, among words, signs and other numbers (SPEC.md section 13)."""

import re
from functools import lru_cache

from pilookup.custody.intake.columns.cells.candidates import Candidate, Found, chosen, of_run, of_token
from pilookup.custody.intake.columns.cells.items import items_of
from pilookup.custody.intake.columns.cells.nearby import reader_of_row, readers_of_items
from pilookup.custody.intake.columns.cells.reader import NumberReader
from pilookup.custody.intake.columns.cells.runs import Run
from pilookup.custody.intake.columns.cells.spreadsheet import from_spreadsheet
from pilookup.custody.intake.columns.cells.text import cell_text
from pilookup.custody.intake.columns.long_cells import LONG_CHARS
from pilookup.custody.intake.columns.mobiles import is_list_of_mobiles
from pilookup.custody.intake.limits import MAX_CELL_NUMBERS, MAX_PHONE_CHARS
from pilookup.identifier import Reason, canonicalise

_BETWEEN_MOBILES = re.compile(r"[^0-9]+")
_SEPARATOR = re.compile(r"[,;/|\n]")
_LEFT_RUN = re.compile(r"[0-9][0-9 .()-]{5,40}[0-9]")
_DECIMAL = re.compile(r"(?<![\d.+])(?!86\.)\d{1,2}\.\d{5}")
"""A decimal point behind one or two digits, where `canonicalise` takes every point for a separator."""

_TWO_CELLS = re.compile(r"\d[\x01-\x08\x0e-\x1f\x7f-\x9f]+\d")
"""A control character between digits, which `canonicalise` leaves out, separates two cells."""

_NUMBER_AND_EXTENSION = 16
_CUT_CHARS = 60
_MOBILE_BYTES = len(b"tel:+8613800138000")
_MOBILE_AND_NUMBER = 18
_POINT_CHARS = 5
_STARS = re.compile(r"(?<=[0-9]{11})\*+(?=\+?[0-9]{11})")
"""Stars between whole numbers. They separate, and hide no digit."""
_MAY_BE_NUMBERS = re.compile(r"[\d〇零一二三四五六七八九幺oO][^A-Za-z]{0,3}[\d〇零一二三四五六七八九幺oO]")
"""Two digits near each other. A long text without them has no number."""
_MINUS = "-\u2212\ufe63\uff0d '\"=\t"
"""A cell that begins with one of these may be a negative number."""


def find_numbers(
    cell: str,
    region: str = "CN",
    *,
    bare_landlines: bool = False,
    short_mantissa: bool = False,
    area: str = "",
    country: str = "",
    known: bytes | Reason | None = None,
) -> list[Candidate]:
    """Find the numbers in a cell of a phone column. The rules are those of SPEC.md section 13.

    Args:
        cell: The cell's text.
        region: ISO 3166 code of the country that numbers without a country code belong to.
        bare_landlines: Whether the column has shown that 9 to 11 digits without a leading 0 are landlines.
        short_mantissa: Whether the column has shown that exponent forms in it lost nothing but trailing zeros.
        area: The text of the area column of the row, or empty.
        country: The text of the country column of the row, or empty.
        known: The result of `canonicalise` for the whole cell, if it was called already.

    Returns:
        One or more candidates in the order of the cell, each with its identifier or the reason why it has none.
    """
    if "*" in cell:
        cell = _STARS.sub(lambda stars: ";" * len(stars[0]), cell)
    if known is None and len(cell) < _MOBILE_AND_NUMBER:
        known = canonicalise(cell, region)
    if not country and known is not None and _is_plain_mobile(cell, known):
        return [(cell, known)]
    if len(cell) < LONG_CHARS:
        reader = reader_of_row(region, bare_landlines=bare_landlines, area=area, country=country)
        return _limited(_numbers(cell, reader, known, short_mantissa=short_mantissa))
    return list(_find_in_long(cell, region, bare_landlines, short_mantissa, area, country))


@lru_cache(maxsize=16)
def _find_in_long(
    cell: str, region: str, bare_landlines: bool, short_mantissa: bool, area: str, country: str
) -> tuple[Candidate, ...]:
    """The candidates of a long cell, which many rows may share."""
    if not _MAY_BE_NUMBERS.search(cell):
        return ((cell, Reason.TOO_LONG),)
    reader = reader_of_row(region, bare_landlines=bare_landlines, area=area, country=country)
    if len(cell) <= MAX_PHONE_CHARS:
        return tuple(_limited(_numbers(cell, reader, None, short_mantissa=short_mantissa)))
    cut = _cut(cell)
    return tuple(_limited(_numbers(cell[:cut], reader, None, short_mantissa=short_mantissa)) + _left(cell[cut:]))


def _is_plain_mobile(cell: str, result: bytes | Reason) -> bool:
    """Whether a cell is one mainland mobile, so that no rule of `find_numbers` changes what `canonicalise` said of it.

    It holds if no country is stated in the row.
    """
    return (
        isinstance(result, bytes)
        and len(result) == _MOBILE_BYTES
        and result.startswith(b"tel:+861")
        and len(cell) < _MOBILE_AND_NUMBER
        and cell[0] not in _MINUS
        and "." not in cell[:_POINT_CHARS]
        and cell.isprintable()
    )


def _numbers(cell: str, reader: NumberReader, known: bytes | Reason | None, *, short_mantissa: bool) -> list[Candidate]:
    """The candidates of a cell within the limit of characters."""
    spreadsheet = from_spreadsheet(cell)
    if spreadsheet is not None:
        return [(cell, spreadsheet)]
    if not reader.strict and reader.region == "CN" and is_list_of_mobiles(cell):
        return [(text, b"tel:+86" + text.encode()) for text in _BETWEEN_MOBILES.split(cell) if text]
    whole = known or canonicalise(cell, reader.region)
    if ("." in cell and _DECIMAL.search(cell)) or (not cell.isprintable() and _TWO_CELLS.search(cell)):
        whole = Reason.NOT_POSSIBLE
    # Digits that may be an extension may also be a second number.
    stands = isinstance(whole, bytes) and not (reader.is_abroad and "+" not in cell)
    if isinstance(whole, bytes) and stands and sum(map(str.isdecimal, cell)) < _NUMBER_AND_EXTENSION:
        return [(cell, reader.checked(cell, whole))]
    return _scan(cell, whole, reader, short_mantissa=short_mantissa)


def _scan(cell: str, whole: bytes | Reason, reader: NumberReader, *, short_mantissa: bool) -> list[Candidate]:
    """Find the numbers of a cell that is not plainly one number."""
    content = cell_text(cell)
    items = items_of(content.plain)
    found: list[Found] = []
    for item, own in zip(items, readers_of_items(content.plain, items, reader), strict=True):
        if isinstance(item, Run):
            found.extend(of_run(item, own, content.plain))
        else:
            found.append(of_token(item, own, short_mantissa=short_mantissa))
    return chosen(content, whole, found, reader)


def _limited(found: list[Candidate]) -> list[Candidate]:
    """The candidates. Those beyond the limit of a cell are refused, each by itself, so that they are counted."""
    if len(found) <= MAX_CELL_NUMBERS:
        return found
    return found[:MAX_CELL_NUMBERS] + [(text, Reason.TOO_LONG) for text, _ in found[MAX_CELL_NUMBERS:]]


def _left(rest: str) -> list[Candidate]:
    """What stands behind the limit of characters: a reject for each number that seems to be there, one at least."""
    content = cell_text(rest)
    runs = [content.original(run.start(), run.end()) for run in _LEFT_RUN.finditer(content.plain)]
    return [(run, Reason.TOO_LONG) for run in runs or [rest]]


def _cut(cell: str) -> int:
    """Where a cell beyond the limit of characters is cut: behind a separator, if there is one near."""
    for at in range(MAX_PHONE_CHARS, MAX_PHONE_CHARS - _CUT_CHARS, -1):
        if _SEPARATOR.match(cell_text(cell[at - 1]).plain):
            return at
    return MAX_PHONE_CHARS
