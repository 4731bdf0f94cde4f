"""What a spreadsheet makes of a number: a sign, thousands separators, a shortened mantissa (rules 2 and 6)."""

import re

from pilookup.identifier import Reason, canonicalise

_NEGATIVE = re.compile(r"[\s'\"=]*[-\u2212\ufe63\uff0d](?=[0-9,]{7})[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?[\s'\"]*")
_THOUSANDS = re.compile(
    r"[\s'\"=]*([0-9]{1,3})(?:,[0-9]{3}){3,4}(?:\.0+)?[\s'\"]*|"
    r"[\s'\"=]*([0-9]{1,3})(?:，[0-9]{3}){3,4}[\s'\"]*|"
    r"[\s'\"=]*([0-9]{1,3})(?:['’][0-9]{3}){3,4}(?:\.0+)?[\s'\"]*"
)
_DECIMAL = re.compile(r"[\s'\"=]*[+-]?(?:0|[1-9][0-9]{0,3})\.[0-9]{4,}[\s'\"]*")
"""A coordinate or a rate. Numbers are written with two dots or none, or with the 0 of an area code before one."""
_ADDRESS = re.compile(
    r"[\s'\"]*(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?::[0-9]{1,5})?[\s'\"]*"
)
_NOT_DIGITS = re.compile(r"[^0-9]")
_FRACTION = re.compile(r"\.0+[^0-9]*$")
_MOBILE = re.compile(r"(?:86)?(1[3-9][0-9]{9})")
_SCIENCE = re.compile(r"([1-9])(?:\.([0-9]*))?e\+?([0-9]{1,2})", re.IGNORECASE)
_LONGEST = 40


def from_spreadsheet(cell: str) -> bytes | Reason | None:
    """What a whole cell stands for that a spreadsheet has formatted or calculated; None if it shows no sign of it.

    Returns:
        `DIGITS_LOST` for a negative number; the identifier of a mainland mobile with thousands separators;
        `NOT_POSSIBLE` for another number with thousands separators, a decimal number with a short whole part, or an
        IPv4 address.
    """
    if len(cell) > _LONGEST:
        return None
    if _NEGATIVE.fullmatch(cell):
        return Reason.DIGITS_LOST
    if _DECIMAL.fullmatch(cell) or _ADDRESS.fullmatch(cell):
        return Reason.NOT_POSSIBLE
    if _THOUSANDS.fullmatch(cell):
        found = _MOBILE.fullmatch(_NOT_DIGITS.sub("", _FRACTION.sub("", cell)))
        return b"tel:+86" + found[1].encode() if found else Reason.NOT_POSSIBLE
    return None


def from_mantissa(text: str, *, short: bool) -> bytes | Reason:
    """What a number in exponent form stands for.

    Args:
        text: The number, such as `1.3800138E10`.
        short: Whether the column has shown that trailing zeros were dropped. Then a mantissa with fewer digits than the
            number is filled up with zeros, if this gives a mainland mobile, with 86 in front or not.
    """
    result = canonicalise(text)
    found = _SCIENCE.fullmatch(text.strip(" '\"=")) if short and result is Reason.DIGITS_LOST else None
    if found is None:
        return result
    digits = found[1] + (found[2] or "")
    mobile = _MOBILE.fullmatch(digits.ljust(int(found[3]) + 1, "0"))
    return b"tel:+86" + mobile[1].encode() if mobile else Reason.DIGITS_LOST
