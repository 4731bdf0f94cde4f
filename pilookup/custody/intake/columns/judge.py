"""What the cells of a column show: phone numbers, identifiers, or neither."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pilookup.custody.intake.columns.cells.reader import area_of
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.long_cells import remember_long
from pilookup.custody.intake.columns.mobiles import find_mobiles, mobiles_in
from pilookup.identifier import canonicalise

_MIN_SHARE: Final = 0.5
"""A column without a known name is a phone column if at least this share of its filled cells holds numbers."""
_SURE_SHARE: Final = 0.9
"""Or if at least this share of the cells with digits holds numbers, however many other cells have words instead."""
_CONSTANT_CELLS: Final = 20
_CONSTANT_SHARE: Final = 0.9
_MANY_CELLS: Final = 10
_REPEATED: Final = 5
_USUAL_CELLS: Final = 2
_FIRST_CELLS: Final = 3
"""Of the examined rows a third, or three at least, are the first ones."""
_MIN_LOOKALIKES: Final = 3
_MIN_FOREIGN: Final = 5
_LOOKALIKE_SHARE: Final = 0.9
_MANTISSAS: Final = 10
_FULL_MANTISSAS: Final = 0.8

_BARE_11: Final = re.compile(r"[ '=\"]*[0-9]{11}[ '\"]*")
_BARE_MOBILE: Final = re.compile(r"[ '=\"]*1[3-9][0-9]{9}[ '\"]*")
_ROUNDED: Final = re.compile(r"[ '=\"]*1[3-9][0-9]{1,5}(?=0{4,}(?:\.0+)?[ '\"]*\Z)[0-9]+(?:\.0+)?[ '\"]*")
_MIN_ROUNDED: Final = 3
_ROUNDED_SHARE: Final = 0.02
_BARE_TEN: Final = re.compile(r"[ '=\"]*(?![48]00)[2-9][0-9]{9}[ '\"]*")
_BARE_LANDLINE: Final = re.compile(r"[ '=\"]*([2-9][0-9]{9,10}|10[0-9]{8})[ '\"]*")
_NO_LANDLINE: Final = re.compile(r"[ '=\"]*1[1-9][0-9]{8}[ '\"]*")
_TRUNK_LANDLINE: Final = re.compile(r"[ '=\"(（]*0[1-9][0-9]{1,2}[)） -]*[0-9]{7,8}\D*")
_MOBILE: Final = re.compile(rb"tel:\+861[3-9][0-9]{9}")
_MASKED: Final = re.compile(r"1[3-9][0-9][*xX●]{4,}[0-9]{0,4}|1[3-9][0-9]{1,5}\*{2,}[0-9]*")
_MANTISSA: Final = re.compile(r"\+?1\.([0-9]{1,10})[eE]\+?10")
_LIKE_NUMBER: Final = re.compile(
    r"\s*(?!(?:19|20)[0-9]{2}[-/._ ]?[01]?[0-9][-/._ ]?[0-3]?[0-9]\s*\Z)"
    r"(?:[0-9](?:[ ()_-]?[0-9]){6,12}|1\.[3-9][0-9]*[eE]\+?1[01])\s*"
)
"""As many digits as numbers have, or what a spreadsheet makes of them, and no date."""
_STRANGE: Final = re.compile(r"\s*[(]?\d(?:[ ().\-/_]{0,3}\d){8,12}\s*")
_NOTHING: Final = re.compile(r"无|沒有|没有|未知|不详|空|未填|暂无|none|n/?a|null|nil|[-/\\.]+", re.IGNORECASE)
_SEGMENTS: Final = re.compile(r"[\r\n;；,，、/]+|\s+(?=[^\d\s:：]{1,10}[:：])")
_HANDLE: Final = re.compile(r"(?<![0-9A-Za-z])wxid_\w*", re.ASCII)
_THOUSANDS: Final = re.compile(r"[ '=\"]*1[3-9](?:[,，'][0-9]{3}){3}(?:\.0+)?[ '\"]*")
"""A mobile with separators of thousands."""
_NUMERALS: Final = frozenset("〇零一二三四五六七八九幺oO")
_DIGITS: Final = re.compile(r"\s*[0-9]{7,}\s*")
_FEW_DIGITS: Final = 5
_LEAST_DIGITS: Final = 7
_LABEL: Final = (
    r"(?:[^\d:：]{1,20}[:：-]\s*|[^\d:：]{0,10}(?:手机|手機|电话|電話|座机|固话|移动|号码|tel|phone|mobile|cell)"
    r"[\d一二三四]?\s*[:：-]?\s*)"
)
_ENTRY: Final = re.compile(
    rf"\s*{_LABEL}?(?:[^\W\d]{{1,8}}\s+)?[+(（]?\d[\d\s()（）+-]{{5,24}}\d\s*(?:[(（\[][^\d]{{0,12}}[)）\]]|\s[^\d]{{1,12}})?\s*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class ColumnCells:
    """Counts of the cells of a column.

    Attributes:
        filled: Cells that are not blank.
        with_digits: Cells with five digits or more in all.
        numbers: Cells that are one number, or entries with a number each.
        whole: Cells that are one number and nothing else.
        mobiles: Cells that are one mainland mobile.
        masked: Cells that are a masked number.
        digits: Cells of seven to thirteen digits that are no number.
        strange: Cells of nine to thirteen digits, with signs between them or not, that are no number.
        bare: Cells of eleven digits and nothing else.
        bare_numbers: How many of them are numbers: mainland mobiles, also where the operator has named another country,
            and landlines if these may lack their 0.
        most_frequent: The number of cells that have the most frequent number.
        different: How many different numbers they have.
        texts_with_mobiles: Cells of other text that contain a mainland mobile.
    """

    filled: int = 0
    with_digits: int = 0
    numbers: int = 0
    whole: int = 0
    mobiles: int = 0
    masked: int = 0
    digits: int = 0
    strange: int = 0
    bare: int = 0
    bare_numbers: int = 0
    most_frequent: int = 0
    different: int = 0
    texts_with_mobiles: int = 0

    @property
    def shows_phones(self) -> bool:
        """Whether the cells show that this is a column of phone numbers."""
        if not self.numbers or self.shows_identifiers:
            return False
        if self.numbers + self.masked >= self.filled * _MIN_SHARE:
            return True
        return self.numbers >= 2 and self.numbers + self.masked >= self.with_digits * _SURE_SHARE

    @property
    def are_digits(self) -> bool:
        """Whether half of the filled cells, two or more, are numbers, or as many digits as numbers have."""
        found = self.numbers + self.masked + self.digits
        return found >= _USUAL_CELLS and found >= self.filled * _MIN_SHARE

    @property
    def shows_identifiers(self) -> bool:
        """Whether the cells are eleven digits and nothing else, and fewer than half of them are numbers."""
        return self.bare >= self.filled * _MIN_SHARE and self.bare_numbers * 2 < self.bare

    @property
    def has_few_numbers(self) -> bool:
        """Whether ten or more cells with a number have a fifth as many different numbers, or fewer."""
        return self.numbers >= _MANY_CELLS and self.different * _REPEATED <= self.numbers

    @property
    def are_of_another_country(self) -> bool:
        """Whether a quarter of the numbers, five or more, are none here, and of the others hardly one is a mobile."""
        is_strange = self.strange >= _MIN_FOREIGN and self.strange * 4 >= self.numbers + self.strange
        return is_strange and self.mobiles * 10 <= self.numbers

    @property
    def is_constant(self) -> bool:
        """Whether one number fills nine in ten of 20 or more filled cells."""
        return self.filled >= _CONSTANT_CELLS and self.most_frequent >= self.filled * _CONSTANT_SHARE


def count_cells(cells: Iterable[str], region: str, *, bare_landlines: bool) -> ColumnCells:
    """Count what the cells of a column are.

    Args:
        cells: The cells.
        region: Where numbers without a country code are from.
        bare_landlines: Whether landlines may lack the 0 of their area code.
    """
    counts = ColumnCells()
    seen: Counter[bytes] = Counter()
    for cell in cells:
        if not cell or cell.isspace():
            continue
        counts.filled += 1
        if digit_count(cell) < _FEW_DIGITS:
            continue
        counts.with_digits += 1
        _count_cell(counts, seen, cell, region, bare_landlines=bare_landlines)
    counts.most_frequent = max(seen.values(), default=0)
    counts.different = len(seen)
    return counts


def _count_cell(counts: ColumnCells, seen: Counter[bytes], cell: str, region: str, *, bare_landlines: bool) -> None:
    found = find_numbers(cell, region, bare_landlines=bare_landlines)
    numbers = [result for _, result in found if isinstance(result, bytes)]
    whole = len(found) == 1 == len(numbers) and is_one_number(cell, region)
    if _BARE_11.fullmatch(cell):
        counts.bare += 1
        counts.bare_numbers += whole or _BARE_MOBILE.fullmatch(cell) is not None
    counts.whole += whole
    if whole:
        counts.mobiles += _MOBILE.fullmatch(numbers[0]) is not None
    if whole or (numbers and (is_entry(cell) or _THOUSANDS.fullmatch(cell))):
        counts.numbers += 1
        seen.update(numbers)
        return
    counts.strange += _STRANGE.fullmatch(cell) is not None
    if _MASKED.search(cell):
        counts.masked += 1
    elif _LIKE_NUMBER.fullmatch(cell):
        counts.digits += 1
    elif find_mobiles(cell):
        counts.texts_with_mobiles += 1


@remember_long
def digit_count(text: str) -> int:
    """The number of digits in a text. Chinese numerals and the letter O count as digits."""
    return sum(char.isdigit() or char in _NUMERALS for char in text)


def has_eleven_digits(cells: Sequence[str]) -> bool:
    """Whether two of the first cells of a column are eleven digits alone. Later ones may have moved there."""
    first = cells[: max(_FIRST_CELLS, len(cells) // _FIRST_CELLS)]
    return sum(_BARE_11.fullmatch(cell) is not None for cell in first) >= _USUAL_CELLS


def has_digits_alone(cells: Sequence[str], region: str) -> bool:
    """Whether digits alone in a column may be identifiers: so are two of them that are no number, or half of the cells.

    Where most cells are words, such as those for a missing number, digits that are a number are one.
    """
    digits = [cell for cell in cells if _DIGITS.fullmatch(cell)]
    if len(digits) >= _USUAL_CELLS and len(digits) * 2 >= sum(bool(cell.strip()) for cell in cells):
        return True
    no_numbers = (cell for cell in digits if not is_one_number(cell, region))
    return len(list(islice(no_numbers, _USUAL_CELLS))) == _USUAL_CELLS


def is_nothing(cell: str) -> bool:
    """Whether a filled cell stands for a missing number."""
    return _NOTHING.fullmatch(cell.strip()) is not None


def is_one_number(cell: str, region: str) -> bool:
    """Whether a cell is one number as a whole."""
    return isinstance(canonicalise(cell, region), bytes)


def is_entry(cell: str) -> bool:
    """Whether a cell is a list of entries, each a number with at most a label or a name, and not a sentence."""
    segments = [one for one in _SEGMENTS.split(_HANDLE.sub("", cell)) if digit_count(one) >= _LEAST_DIGITS]
    return bool(segments) and all(_ENTRY.fullmatch(segment) for segment in segments)


def takes_bare_landlines(cells: Sequence[str], *, is_phone: bool, is_landline: bool) -> tuple[bool, int]:
    """Whether landlines in a column may lack the 0 of their area code.

    Where the column has landlines with the 0 too, nearly all ten or eleven digits without one must be landlines: they
    may also be accounts, where columns have moved or the header of another table stands beside data. If these rows have
    none, those of later rows may be accounts too.

    Args:
        cells: The cells of the column.
        is_phone: Whether the header names phones. Otherwise numbers without 0 count only beside mobiles.
        is_landline: Whether the header names landlines.

    Returns:
        Whether they may, and the number of such cells if only their likeness says so.
    """
    bare = [found[1] for cell in cells if (found := _BARE_LANDLINE.fullmatch(cell)) is not None]
    if is_landline:
        return True, 0
    if any(_TRUNK_LANDLINE.fullmatch(cell) for cell in cells):
        others = sum(_NO_LANDLINE.fullmatch(cell) is not None for cell in cells)
        return bool(bare) and _count_landlines(bare) >= (len(bare) + others) * _LOOKALIKE_SHARE, 0
    if len(bare) < _MIN_LOOKALIKES:
        return False, 0
    areas = Counter(area_of(digits) for digits in bare)
    alike = sum(count for _, count in areas.most_common(2))
    filled = [cell for cell in cells if cell.strip()]
    rest = len(filled) - len(bare)
    mobiles = sum(_is_mobile(cell) for cell in filled if _BARE_LANDLINE.fullmatch(cell) is None)
    few_areas = alike >= len(bare) * _LOOKALIKE_SHARE
    if few_areas and mobiles == rest and (is_phone or mobiles) and _count_landlines(bare) == len(bare):
        return True, len(bare)
    return False, 0


def are_foreign(cells: Sequence[str]) -> bool:
    """Whether most filled cells, five or more, are ten digits without a 0 in front, and no number of a service."""
    bare = sum(_BARE_TEN.fullmatch(cell) is not None for cell in cells)
    return bare >= _MIN_FOREIGN and bare >= sum(bool(cell.strip()) for cell in cells) * _MIN_SHARE


def _count_landlines(bare: Sequence[str]) -> int:
    return sum(isinstance(canonicalise(digits), bytes) for digits in bare)


def _is_mobile(cell: str) -> bool:
    result = canonicalise(cell)
    return isinstance(result, bytes) and _MOBILE.fullmatch(result) is not None


def is_rounded(cell: str) -> bool:
    """Whether a cell is the eleven digits of a mobile of which the last four or more are zeros."""
    return _ROUNDED.fullmatch(cell) is not None


def are_rounded(cells: Sequence[str]) -> bool:
    """Whether a program has rounded mobiles of a column and written them out again.

    Then a few different ones end in four zeros or more. Of ten thousand mobiles, one does.
    """
    rounded = sum(map(is_rounded, cells))
    return (
        len({cell for cell in cells if is_rounded(cell)}) >= _MIN_ROUNDED
        and rounded >= sum(map(bool, map(_BARE_11.fullmatch, cells))) * _ROUNDED_SHARE
    )


def takes_short_mantissas(cells: Sequence[str]) -> bool:
    """Whether a column in scientific notation lacks trailing zeros, as a program prints the shortest form.

    A tenth of all numbers end in a zero. So most mantissas must have all ten decimal places, and each number of missing
    places must be about ten times rarer than the one before; a spreadsheet that shows few places cuts all of them.
    """
    places = Counter(len(found[1]) for cell in cells if (found := _MANTISSA.fullmatch(cell.strip())) is not None)
    total = places.total()
    if total < _MANTISSAS or places[10] < total * _FULL_MANTISSAS:
        return False
    return sum(places[count] for count in range(9)) <= max(1.0, total * 0.05)


def numbers_in(cell: str, region: str) -> list[bytes]:
    """The numbers of a cell of a column that nothing is known of: those of entries, or the mobiles in another text."""
    if digit_count(cell) < _LEAST_DIGITS:
        return []
    if not is_entry(cell):
        return mobiles_in(cell)
    return [result for _, result in find_numbers(cell, region) if isinstance(result, bytes)]
