"""Converts the values of cells to text."""

import datetime as dt
import math

EXACT_INTEGERS = 2**53
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets have no time zones
_LAST_YEAR = 2199
_YEARS_OF_CYCLE, _DAYS_OF_CYCLE = 400, 146_097
"""The Gregorian calendar repeats every 400 years, which are 146,097 days."""
_DAY = dt.timedelta(days=1)


def text_of(cell: object) -> str:
    """Convert a cell to text.

    A date always gets a time of day, so that it cannot be mistaken for a phone number. A date after the year 2199 is a
    number whose cell has the format of a date, and becomes that number.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return text_of_number(cell)
    if isinstance(cell, dt.datetime):
        return text_of_number((cell - _EPOCH) / _DAY) if cell.year > _LAST_YEAR else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return text_of(dt.datetime(cell.year, cell.month, cell.day))  # noqa: DTZ001 - spreadsheets have no time zones
    if isinstance(cell, dt.timedelta):
        return text_of_number(cell / _DAY) if cell.days > (_LAST_YEAR - 1900) * 366 else str(cell)
    return str(cell)


def serial_of_date(year: int, month: int, day: int) -> int:
    """The number that a spreadsheet keeps for a date. The year may lie beyond those of `datetime`."""
    cycles = (year - 2000) // _YEARS_OF_CYCLE
    month, day = min(max(month, 1), 12), max(day, 1)
    first = dt.date(year - cycles * _YEARS_OF_CYCLE, month, 1)
    return (first - _EPOCH.date()).days + min(day, 31) - 1 + cycles * _DAYS_OF_CYCLE


def text_of_number(value: float) -> str:
    """Convert a number to text, or to an empty text if it is not finite.

    Whole numbers are written without ".0". A float of 2**53 or more is written with an exponent, because its last
    digits may be lost.
    """
    if not math.isfinite(value):
        return ""
    if abs(value) >= EXACT_INTEGERS and isinstance(value, float):
        return f"{value:.15E}"
    return str(int(value)) if value == int(value) else repr(value)
