"""`canonicalise`: the canonical bytes of one number or a reason.

For region CN the core decides. For other regions the rules are here (rules 1, 4, 12 to 14, 16 and 18), and
`phonenumbers` has the numbering plans.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilookup import _core
from pilookup.identifier import affixes, lookalikes
from pilookup.identifier.characters import plain, trim
from pilookup.identifier.reason import Reason

if TYPE_CHECKING:
    from pilookup.identifier import libphonenumber

MAX_TEXT = 1000
MAX_PLAIN = 100

_MOBILE_DIGITS = 11

_DIGIT = re.compile(r"[0-9]")
_PHONE_SIGNS = re.compile(r"^[ (]*\+*[0-9 ()./-]*$")
_SEPARATORS = re.compile(r"[ ()./-]")
_MOBILE = re.compile(r"^\+860?(1[3-9][0-9]{9})$")
_NATIONAL_MOBILE = re.compile(r"^1[3-9][0-9]{9}$")
_GLUED = re.compile(r"^(?:(?:\+?86)?1[3-9][0-9]{9}){2,}$")
_SERVICE = re.compile(r"^(?:1[0-2]|9[56])")
_PIECES = (re.compile(r"\+?[0-9(][0-9(). -]*"), re.compile(r"\+?[0-9(][0-9().-]*"))
_PIECE_DIGITS = 7
_IOT = re.compile(r"^1(?:064|4[01468][0-9])[0-9]{9}$")
_REASONS = {reason.value: reason for reason in Reason}


def canonicalise(text: str, region: str = "CN") -> bytes | Reason:
    """The canonical identifier of the one phone number in a text, or the reason why there is none.

    The rules are in the docstring of `pilookup.identifier`. Every text gets an answer, in bounded time.

    Args:
        text: The text, such as a cell of a table or what a user typed.
        region: Where a number without `+` was written: an ISO 3166-1 alpha-2 code in capitals.

    Returns:
        `tel:` and the number in E.164 form, in UTF-8, or a `Reason`.

    Raises:
        ValueError: The region is unknown.
    """
    if region != "CN":
        _check_region(region)
        return _by_rules(text, region)
    found = _core.canonicalise(text)
    return found if isinstance(found, bytes) else _REASONS[found]


def canonicalise_all(texts: Sequence[str], region: str = "CN") -> list[bytes | Reason]:
    """`canonicalise` for many texts, which is faster than one call for each.

    Args:
        texts: The texts.
        region: Where numbers without `+` were written: an ISO 3166-1 alpha-2 code in capitals.

    Returns:
        For each text what `canonicalise` returns.

    Raises:
        ValueError: The region is unknown.
    """
    if region != "CN":
        _check_region(region)
        return [_by_rules(text, region) for text in texts]
    return [found if isinstance(found, bytes) else _REASONS[found] for found in _core.canonicalise_all(texts)]


def _check_region(region: str) -> None:
    if not is_region(region):
        raise ValueError("unknown region: not an ISO 3166-1 code of a region with phone numbers")


def is_region(region: str) -> bool:
    """Whether `canonicalise` accepts `region`."""
    if region == "CN":
        return True
    from pilookup.identifier import libphonenumber  # noqa: PLC0415 - phonenumbers takes long to import and is often not needed

    return region in libphonenumber.REGIONS


def _by_rules(text: str, region: str) -> bytes | Reason:
    if len(text) > MAX_TEXT:
        return Reason.TOO_LONG
    cleaned = trim(plain(text))
    if not cleaned:
        return Reason.EMPTY
    if len(cleaned) > MAX_PLAIN:
        return Reason.TOO_LONG
    if not _DIGIT.search(cleaned):
        return Reason.NO_DIGITS
    body = affixes.without_words(affixes.without_parameters(cleaned))
    outcome = _without_affixes(body, region)
    if isinstance(outcome, Reason) and _is_several(body, region):
        return Reason.SEVERAL
    return outcome


def _without_affixes(body: str, region: str) -> bytes | Reason:
    """Rules 7 to 12, then those for the number itself."""
    if affixes.is_date(body):
        return Reason.DATE
    number = affixes.from_spreadsheet(body)
    if isinstance(number, Reason):
        return number
    if affixes.is_masked(number):
        return Reason.MASKED
    compact = _SEPARATORS.sub("", number)
    if compact.endswith("x") and lookalikes.is_id_card(compact):
        return Reason.ID_CARD
    number = trim(affixes.without_extension(number))
    if not _PHONE_SIGNS.match(number):
        return Reason.LETTERS
    return _decide(_SEPARATORS.sub("", number), region)


def _decide(number: str, region: str) -> bytes | Reason:
    """Rules 10, 13, 14 and 16, for a text of `+` signs and digits."""
    mobile = _MOBILE.match(number)
    if mobile is not None:
        return _canonical("+86" + mobile[1])
    digits = number.lstrip("+")
    return _international("+" + digits, region) if len(digits) < len(number) else _national(digits, region)


def _international(number: str, region: str) -> bytes | Reason:
    """Rule 14."""
    from pilookup.identifier import libphonenumber  # noqa: PLC0415

    reading = libphonenumber.read(number, region)
    if isinstance(reading, Reason):
        return reading
    return _accept(reading)


def _accept(reading: "libphonenumber.Reading") -> bytes | Reason:
    """Rule 14 for a parsed number, whether its country was written or follows from the region."""
    if reading.valid or (reading.calling_code == 86 and _NATIONAL_MOBILE.match(reading.national)):
        return _accept_stable(reading)
    if reading.calling_code == 86:
        return _chinese_reason(reading.national)
    return _accept_stable(reading) if reading.wrong_length is None else reading.wrong_length


def _accept_stable(reading: "libphonenumber.Reading") -> bytes | Reason:
    """The canonical bytes, unless their own E.164 form is parsed as another number."""
    from pilookup.identifier import libphonenumber  # noqa: PLC0415

    return _canonical(reading.e164) if libphonenumber.is_stable(reading.e164) else Reason.NOT_POSSIBLE


def _national(digits: str, region: str) -> bytes | Reason:
    """Rules 10 and 16: a valid number takes precedence over a look-alike."""
    from pilookup.identifier import libphonenumber  # noqa: PLC0415

    reading = libphonenumber.read(digits, region)
    if isinstance(reading, libphonenumber.Reading) and reading.valid:
        return _accept_stable(reading)
    lookalike = _lookalike(digits)
    if lookalike is not None or isinstance(reading, Reason):
        return lookalike or Reason(str(reading))
    return _accept(reading)


def _lookalike(digits: str) -> Reason | None:
    if lookalikes.is_id_card(digits):
        return Reason.ID_CARD
    return Reason.BANK_CARD if lookalikes.is_bank_card(digits) else None


def _chinese_reason(digits: str) -> Reason:
    """The reason why digits are not a Chinese number."""
    if lookalikes.is_date_in_digits(digits):
        return Reason.DATE
    size = len(digits)
    if size <= 6 or (size <= 8 and _SERVICE.match(digits)):
        return Reason.SHORT_CODE if size >= 3 and _SERVICE.match(digits) else Reason.TOO_SHORT
    if size <= 8:
        return Reason.NO_AREA_CODE
    if size < _MOBILE_DIGITS - 1:
        return Reason.TOO_SHORT
    if _IOT.match(digits):
        return Reason.IOT
    return Reason.TOO_LONG if size > _MOBILE_DIGITS + 2 else Reason.NOT_POSSIBLE


def _is_several(body: str, region: str) -> bool:
    """Rule 18: whether the text has more than one number."""
    if _GLUED.match(_SEPARATORS.sub("", body)):
        return True
    for pattern in _PIECES:
        pieces = [piece for piece in pattern.findall(body) if len(_DIGIT.findall(piece)) >= _PIECE_DIGITS]
        if len(pieces) > 1 and any(isinstance(_without_affixes(trim(piece), region), bytes) for piece in pieces):
            return True
    return False


def _canonical(e164: str) -> bytes:
    return b"tel:" + e164.encode()
