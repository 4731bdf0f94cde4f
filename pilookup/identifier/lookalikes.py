"""Digits that are not phone numbers: identity cards, bank cards, dates (rules 10 and 15)."""

import re

_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ID_18 = re.compile(rf"^[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_BIRTH}[0-9]{{3}}[0-9x]$")
_ID_15 = re.compile(rf"^[1-9][0-9]{{7}}{_BIRTH}[0-9]{{3}}$")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10x98765432"

_CARD = re.compile(r"^[1-9][0-9]{15,18}$")
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_DATE = re.compile(
    rf"^(?:19|20)[0-9]{{2}}{_BIRTH}(?:(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)?$",
)


def id_check(first17: str) -> str:
    """The check character of 17 digits (GB 11643-1999, ISO 7064 MOD 11-2), with a lower-case x."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def is_id_card(digits: str) -> bool:
    """Whether digits, the last of which may be x, are an identity number.

    With a birth date at the right place the check character is not compared, since clerks mistype; without a birth
    date it must be right.
    """
    if _ID_18.match(digits) or _ID_15.match(digits):
        return True
    is_18 = re.fullmatch(r"[1-9][0-9]{16}[0-9x]", digits) is not None
    return is_18 and id_check(digits[:17]) == digits[17]


def is_bank_card(digits: str) -> bool:
    """Whether 16 to 19 digits pass Luhn (ISO/IEC 7812-1, annex B)."""
    if not _CARD.match(digits):
        return False
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_LUHN_DOUBLED[value] for value in values[1::2])) % 10 == 0


def is_date_in_digits(digits: str) -> bool:
    """Whether 8, 12 or 14 digits are a date YYYYMMDD, with hours and minutes, with seconds."""
    return _DATE.match(digits) is not None
