"""Reads dates in the forms that seized tables use as month numbers: (year - 2000) * 12 + month, 0 if unknown."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

_YEAR_FIRST = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*[日号]?)?月?(?:[\st,].*|\d{1,2}[:时点].*)?",
    re.DOTALL | re.IGNORECASE,
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[\st,].*)?", re.DOTALL | re.IGNORECASE)
_NAMED_MONTH = re.compile(
    r"(?:(\d{1,2})[\s\-/.]+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[\s\-/.,]+"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[\s,]+)?(\d{4})(?:[\st,].*)?",
    re.DOTALL | re.IGNORECASE,
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIGITS = re.compile(r"(\d+)(?:\.\d*)?")
_EXCEL_EPOCH = date(1899, 12, 30)
_MAX_CHARS = 64
_MEMO_SIZE = 65_536
_UNREADABLE = -1
_OUT_OF_RANGE = -2


class MonthReader:
    """Reads date cells as months, and counts the cells that are not empty and give no month.

    A month before 2000-01, or later than the month after `today`, is out of range.

    Attributes:
        latest: The latest month that is in range.
        unreadable: Number of cells that are not a date.
        out_of_range: Number of cells whose month is out of range.
    """

    def __init__(self, today: date) -> None:
        self.latest = (today.year - 2000) * 12 + today.month + 1
        self._memo: dict[str, int] = {}
        self.unreadable = 0
        self.out_of_range = 0

    def read(self, cells: list[str]) -> list[int]:
        """The month of each cell, 0 if it is unknown or out of range."""
        memo = self._memo
        found = [memo.get(cell[:10] if cell[4:5] in "-/." and cell[10:11] in " T" else cell) for cell in cells]
        if None in found:
            found = [
                self._remembered_month(cell) if known is None else known
                for cell, known in zip(cells, found, strict=True)
            ]
        return [month if month is not None and month > 0 else self._count(month or 0) for month in found]

    def _count(self, month: int) -> int:
        self.unreadable += month == _UNREADABLE
        self.out_of_range += month == _OUT_OF_RANGE
        return 0

    def _remembered_month(self, cell: str) -> int:
        if len(self._memo) >= _MEMO_SIZE:
            self._memo.clear()
        # Most dates repeat with another time of day, so the first ten characters are the key for all times of a day.
        key = cell[:10] if cell[4:5] in "-/." and cell[10:11] in " T" and _YEAR_FIRST.fullmatch(cell) else cell
        month = self._memo[key] = self._parse_month(cell)
        return month

    def _parse_month(self, cell: str) -> int:
        text = unicodedata.normalize("NFKC", cell[:_MAX_CHARS]).strip().strip("'")
        if not text:
            return 0
        day = parse_date(text)
        if day is None:
            return _UNREADABLE
        month = (day.year - 2000) * 12 + day.month
        return month if 1 <= month <= self.latest else _OUT_OF_RANGE


def parse_date(text: str) -> date | None:
    """The day that a text names, the first of the month if it names only a month; None if it is unclear or no date.

    Reads 2024-01-15, 2024/1/15, 2024.1, 20240115, 2024年1月15日, 15.01.2024, 15-Jan-2024 and Jan 15, 2024, each also
    with a time after it; Unix seconds and milliseconds; and serial numbers of spreadsheets.

    03/04/2024 is a different day in different countries. With points, the day comes first. With other separators the
    date is unclear unless one of the two numbers is over 12 or both are equal.
    """
    try:
        return _digits(text) or _year_first(text) or _year_last(text) or _named_month(text)
    except (ValueError, OverflowError):
        return None


def _year_first(text: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(text)
    return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None


def _year_last(text: str) -> date | None:
    found = _YEAR_LAST.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or first > 12 or first == second:
        return date(year, second, first)
    return date(year, first, second) if second > 12 else None


def _named_month(text: str) -> date | None:
    found = _NAMED_MONTH.fullmatch(text)
    if not found:
        return None
    return date(int(found[4]), _MONTH_NAMES.index(found[2].lower()) + 1, int(found[1] or found[3] or 1))


def _digits(text: str) -> date | None:
    """The day that a text of only digits names. The number of digits decides its form."""
    found = _DIGITS.fullmatch(text)
    if not found:
        return None
    digits = found[1]
    if len(digits) in (8, 12, 14):
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    if len(digits) == 6 and "." not in text:
        return date(int(digits[:4]), int(digits[4:6]), 1)
    if len(digits) in (10, 13):
        return datetime.fromtimestamp(int(digits[:10]), UTC).date()
    if len(digits) == 5:
        return _EXCEL_EPOCH + timedelta(days=int(digits))
    return None
