"""The rules for region CN in Python, with `phonenumbers`: the reference that the core is compared with."""

import re

import phonenumbers

from pilookup.identifier import Reason, affixes, libphonenumber, lookalikes
from pilookup.identifier.characters import plain, trim

MAX_TEXT = 1000
MAX_PLAIN = 100
_MOBILE_DIGITS = 11

_DIGIT = re.compile(r"[0-9]")
_PHONE_SIGNS = re.compile(r"^[ (]*\+*[0-9 ()./-]*$")
_SEPARATORS = re.compile(r"[ ()./-]")
_MOBILE = re.compile(r"^(?:\+*0{0,3}86)?(?:179[0-9]{2}|12593|12520)?0?(1[3-9][0-9]{9})$")
_NATIONAL_MOBILE = re.compile(r"^1[3-9][0-9]{9}$")
_GLUED = re.compile(r"^(?:(?:\+?86)?1[3-9][0-9]{9}){2,}$")
_SERVICE = re.compile(r"^(?:1[0-2]|9[56])")
_DASHED_EXTENSION = re.compile(r"^(.*[0-9)]) *- *[0-9]{1,6}$")
_LOCAL_ZERO = re.compile(r"^(?:10|2[0-9]|[3-9][0-9]{2})0")
_PIECES = (re.compile(r"\+?[0-9(][0-9(). -]*"), re.compile(r"\+?[0-9(][0-9().-]*"))
_PIECE_DIGITS = 7
_NUMBER_HEADS = ("", "0", "86", "860")
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_SPELLED = re.compile(
    r"^(?:(?:\+|00)?86(?=\+))?(?:\+*0{0,3}86)?(?:179[0-9]{2}|12593|12520)?0?(1[3-9][0-9]{9})(?:\+86)?$"
)
_CODE_IN_FRONT = re.compile(
    r"^(?:\(([1-9][0-9]{1,2})\) *-? *|([1-9][0-9]{1,2}) *- *|([1-9][0-9]{2}) +)([0-9(][0-9 ()./-]*)$"
)
_IOT = re.compile(r"^1(?:064|4[01468][0-9])[0-9]{9}$")
_NEEDS_PLUS = ("86", "20", "27")
_LOOKALIKES = (Reason.ID_CARD, Reason.BANK_CARD, Reason.DATE)


def canonicalise(text: str) -> bytes | Reason:
    """The identifier of the one phone number in a text, or the reason why there is none, by every rule in turn."""
    if len(text) > MAX_TEXT:
        return Reason.TOO_LONG
    cleaned = trim(plain(text))
    if not cleaned:
        return Reason.EMPTY
    if len(cleaned) > MAX_PLAIN:
        return Reason.TOO_LONG
    if not _DIGIT.search(cleaned) and len(_DIGIT.findall(cleaned.translate(_CHINESE_DIGITS))) < _MOBILE_DIGITS:
        return Reason.NO_DIGITS
    body = affixes.without_words(affixes.without_parameters(cleaned))
    outcome = _without_affixes(body)
    if isinstance(outcome, Reason) and _is_several(body):
        return Reason.SEVERAL
    return outcome


def _without_affixes(body: str) -> bytes | Reason:
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
        return _spelled_mobile(number) or Reason.LETTERS
    outcome = _decide(_SEPARATORS.sub("", number))
    if isinstance(outcome, Reason):
        return _without_dashed_extension(number) or _after_calling_code(number, outcome) or outcome
    return outcome


def _spelled_mobile(number: str) -> bytes | None:
    """Rule 12: a mainland mobile with Chinese digits, with letters O for zeros, or with +86 twice or behind it."""
    compact = _SEPARATORS.sub("", number).translate(_CHINESE_DIGITS)
    if compact.count("o") >= max(1, len(_DIGIT.findall(compact))):
        return None
    found = _SPELLED.match(compact.replace("o", "0"))
    return None if found is None else _canonical("+86" + found[1])


def _after_calling_code(number: str, outcome: Reason) -> bytes | None:
    """Rule 17: a valid foreign number behind its calling code, which is in brackets or separated from it."""
    found = _CODE_IN_FRONT.match(number)
    if found is None or outcome in _LOOKALIKES:
        return None
    code, rest = found[1] or found[2] or found[3], _SEPARATORS.sub("", found[4])
    if code in _NEEDS_PLUS or _MOBILE.match(rest) or (rest.startswith("0") and isinstance(_decide(rest), bytes)):
        return None
    reading = libphonenumber.read(f"+{code}{rest}", "CN")
    if isinstance(reading, Reason) or str(reading.calling_code) != code or not reading.valid:
        return None
    if phonenumbers.region_code_for_country_code(reading.calling_code) == "001":
        return None
    found = _accept_stable(reading)
    return found if isinstance(found, bytes) else None


def _decide(number: str) -> bytes | Reason:
    """Rules 10 and 13 to 16, for a text of `+` signs and digits."""
    mobile = _MOBILE.match(number)
    if mobile is not None:
        return _canonical("+86" + mobile[1])
    digits = number.lstrip("+")
    if len(digits) < len(number):
        return _international("+" + digits)
    if digits.startswith("00"):
        # No calling code begins with 0, so more zeros are not a prefix but the padding of some other number.
        return Reason.NOT_POSSIBLE if digits.startswith("000") else _international("+" + digits[2:])
    return _bare_chinese(digits)


def _international(number: str) -> bytes | Reason:
    """Rule 14."""
    reading = libphonenumber.read(number, "CN")
    if isinstance(reading, Reason):
        return reading
    return _accept(reading)


def _accept(reading: libphonenumber.Reading) -> bytes | Reason:
    """Rule 14 for a parsed number."""
    if reading.valid or (reading.calling_code == 86 and _NATIONAL_MOBILE.match(reading.national)):
        return _accept_stable(reading)
    if reading.calling_code == 86:
        return _chinese_reason(reading.national)
    return _accept_stable(reading) if reading.wrong_length is None else reading.wrong_length


def _accept_stable(reading: libphonenumber.Reading) -> bytes | Reason:
    """The canonical bytes, unless their own E.164 form is parsed as another number."""
    return _canonical(reading.e164) if libphonenumber.is_stable(reading.e164) else Reason.NOT_POSSIBLE


def _bare_chinese(digits: str) -> bytes | Reason:
    """Rules 10 and 15: without a country code only numbers that libphonenumber calls valid, to keep junk out."""
    lookalike = _lookalike(digits)
    if lookalike is not None:
        return lookalike
    reading = libphonenumber.read(digits, "CN")
    if isinstance(reading, libphonenumber.Reading) and reading.valid and len(digits) > 8:
        head = digits.removesuffix(reading.national)
        if head in _NUMBER_HEADS and len(head) < len(digits):
            return _accept_stable(reading)
    return _chinese_reason(digits)


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


def _without_dashed_extension(number: str) -> bytes | None:
    """Rule 17: the landline of a text like `010-12345678-801`, or None."""
    found = _DASHED_EXTENSION.match(number)
    if found is None:
        return None
    outcome = _decide(_SEPARATORS.sub("", found[1]))
    if isinstance(outcome, Reason) or not outcome.startswith(b"tel:+86"):
        return None
    national = outcome.removeprefix(b"tel:+86").decode()
    return None if _NATIONAL_MOBILE.match(national) or _LOCAL_ZERO.match(national) else outcome


def _is_several(body: str) -> bool:
    """Rule 18: whether the text has more than one number."""
    if _GLUED.match(_SEPARATORS.sub("", body)):
        return True
    for pattern in _PIECES:
        pieces = [piece for piece in pattern.findall(body) if len(_DIGIT.findall(piece)) >= _PIECE_DIGITS]
        if len(pieces) > 1 and any(isinstance(_without_affixes(trim(piece)), bytes) for piece in pieces):
            return True
    return False


def _canonical(e164: str) -> bytes:
    return b"tel:" + e164.encode()
