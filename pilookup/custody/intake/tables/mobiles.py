"""Counts what looks like a mainland mobile number in text that is not read as numbers."""

import re

_MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9A-Za-z.])")


def count_mobiles(text: str) -> int:
    """The number of mainland mobile numbers in a text, in the forms 13800138000, 138 0013 8000 and with 86 in front.

    A number that a digit, a Latin letter or a decimal point touches does not count.
    """
    return sum(1 for _ in _MOBILE.finditer(text))
