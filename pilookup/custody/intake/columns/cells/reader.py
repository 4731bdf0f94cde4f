"""Decides on one number of a cell by the country and area of its row and by the rules for look-alikes."""

import re
from dataclasses import dataclass

from pilookup.custody.intake.columns.cells.countries import CALLING_CODES
from pilookup.identifier import Reason, canonicalise, libphonenumber
from pilookup.identifier.characters import plain

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_BARE_MOBILE = re.compile(r"\s*1[3-9][0-9]{9}\s*")
_MOBILE_RESULT = re.compile(rb"tel:\+861[3-9][0-9]{9}")
_FULL = re.compile(r"0(?=[1-9].{8,10}\Z)|00(?=[1-9].{6,})|86(?=.{9,})|086")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_BARE = re.compile(r"[^0-9+]*([1-9][0-9]{8,10})(?:\.0+)?[^0-9+]*")
_LANDLINE_WORD = re.compile("座机|座機|固话|固話|固定电话|固定電話|宅电|宅電|landline", re.IGNORECASE)
_SIGNS = re.compile(r"[ ().-]")
_BRACKET_OR_DASH = re.compile(r"[-)]")
_GREATER_CHINA = frozenset(("852", "853", "886"))
_LOCAL_DIGITS = (7, 8)
_AREA_DIGITS = (2, 3)
_LEAST_DIGITS = 7
_LEAST_DIGITS_ABROAD = 6
_LEAST_DIGITS_WITH_CODE = 10
"""Fewer digits behind a calling code without `+` are groups of another number."""
_NOT_DIGITS = re.compile(r"[^0-9]")
_GROUPS = re.compile(r"[^0-9+]*([1-9][0-9]*)(?:[ ().-]+[0-9]+)+[^0-9]*")
_LANDLINE = re.compile(rb"tel:\+86([1-9][0-9]{8,10})")


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Decides on single numbers.

    Attributes:
        region: The country that numbers without a country code belong to.
        strict: Whether a number must be valid in that country, since a name or a code in the row states it.
        bare_landlines: Whether digits alone, without a leading 0, may be a landline of mainland China.
        area: The area code of the row, without 0; empty if there is none.
    """

    region: str
    strict: bool = False
    bare_landlines: bool = False
    area: str = ""

    @property
    def least_digits(self) -> int:
        """A number has at least this many digits."""
        return _LEAST_DIGITS if self.region == "CN" else _LEAST_DIGITS_ABROAD

    @property
    def is_abroad(self) -> bool:
        """Whether the row or the cell states another country than mainland China."""
        return self.strict and self.region != "CN"

    def whole(self, text: str) -> bytes | Reason:
        """Decide on a text of digits and signs that stands alone, in plain form."""
        if self.is_abroad and "+" not in text:
            return self._valid(_SIGNS.sub("", text)) or Reason.NOT_POSSIBLE
        result = canonicalise(text, self.region)
        if isinstance(result, bytes):
            return self.checked(text, result)
        return self._with_area(_SIGNS.sub("", text)) or result

    def checked(self, text: str, result: bytes) -> bytes | Reason:
        """The result; `NO_AREA_CODE` if it is a landline of digits alone and these do not count, or in other groups.

        In another country a mainland mobile is not possible, unless it is a valid number there too.
        """
        if self.region != "CN" and not self.strict and _BARE_MOBILE.fullmatch(text):
            return self._valid(text.strip()) or Reason.NOT_POSSIBLE
        if self.bare_landlines or self.strict or self.region != "CN":
            return result
        bare = is_bare_landline(text, result) or _is_in_other_groups(text, result)
        return Reason.NO_AREA_CODE if bare else result

    def part(self, digits: str, *, plus: bool, head: tuple[str, str] | None) -> bytes | None:
        """The identifier of a number in a row of several, which must be written in full.

        Args:
            digits: Its digits.
            plus: Whether a plus sign stands before them.
            head: Its first group of digits and the signs behind that, if it has more groups than one.
        """
        if plus:
            return _accepted(canonicalise("+" + digits, self.region))
        if self.region != "CN":
            return self._valid(digits)
        if _MOBILE.fullmatch(digits):
            return b"tel:+86" + digits.encode()
        if _FULL.match(digits) or _SERVICE.fullmatch(digits):
            return self._full(digits)
        return self._with_area(digits) or (self._with_head(digits, *head) if head else None)

    def _full(self, digits: str) -> bytes | None:
        result = _accepted(canonicalise(digits))
        return _accepted(self.checked(digits, result)) if result else None

    def _valid(self, digits: str) -> bytes | None:
        """The identifier of a number that is valid in the region."""
        reading = libphonenumber.read(digits, self.region)
        if isinstance(reading, Reason) or not reading.valid:
            return None
        return _accepted(canonicalise(reading.e164, self.region))

    def _with_area(self, digits: str) -> bytes | None:
        """The identifier of a local number with the area code of the row."""
        if not self.area or len(digits) not in _LOCAL_DIGITS:
            return None
        if self.region != "CN":
            return self._valid(self.area + digits)
        return _accepted(canonicalise("0" + self.area + digits))

    def _with_head(self, digits: str, first: str, signs: str) -> bytes | None:
        """A number that begins with an area code without 0, or a calling code without `+`, and a dash or a bracket."""
        apart = _BRACKET_OR_DASH.search(signs) is not None
        if apart and len(first) in _AREA_DIGITS and len(digits) - len(first) in _LOCAL_DIGITS:
            landline = _accepted(canonicalise(digits))
            if landline and _area_of_landline(landline) == first:
                return landline
        if first in _GREATER_CHINA or (first in CALLING_CODES and apart and len(digits) >= _LEAST_DIGITS_WITH_CODE):
            reading = libphonenumber.read("+" + digits, self.region)
            if not isinstance(reading, Reason) and reading.valid:
                return _accepted(canonicalise(reading.e164))
        return None


def names_landline(text: str) -> bool:
    """Whether a text says that a number is a landline."""
    return _LANDLINE_WORD.search(text) is not None


def is_mobile(result: bytes | Reason) -> bool:
    """Whether an identifier is that of a mainland mobile."""
    return isinstance(result, bytes) and _MOBILE_RESULT.fullmatch(result) is not None


def is_landline(result: bytes | Reason) -> bool:
    """Whether an identifier is that of another number of mainland China."""
    return isinstance(result, bytes) and result.startswith(b"tel:+86") and not is_mobile(result)


def is_bare_landline(text: str, result: bytes) -> bool:
    """Whether digits without 0, country code and signs between them were read as a landline. Service numbers are none.

    Args:
        text: The text, which may have words around the digits.
        result: Its identifier.
    """
    if not is_landline(result):
        return False
    found = _BARE.fullmatch(plain(text))
    return found is not None and not _SERVICE.fullmatch(found[1]) and not names_landline(text)


def area_of(digits: str) -> str:
    """The area code with which bare digits start: two digits for 10 and 2x, otherwise three."""
    return digits[:2] if digits[0] == "2" or digits.startswith("10") else digits[:3]


def _area_of_landline(result: bytes) -> str | None:
    """The area code of a landline of mainland China, without 0; None of another number, also of a service."""
    found = _LANDLINE.fullmatch(result) if is_landline(result) else None
    digits = found[1].decode() if found is not None else ""
    return area_of(digits) if digits and not _SERVICE.fullmatch(digits) else None


def _is_in_other_groups(text: str, result: bytes) -> bool:
    """Whether a landline without 0 and country code is written in groups of which the first is no area code.

    It is another number: a serial number behind a year (2023-907820), or a number of another country.
    """
    area = _area_of_landline(result)
    found = _GROUPS.fullmatch(plain(text)) if area is not None else None
    if found is None or names_landline(text):
        return False
    has_code = len(_NOT_DIGITS.sub("", found[0])) > len(result.removeprefix(b"tel:+86"))
    return found[1] != area and not has_code


def _accepted(result: bytes | Reason) -> bytes | None:
    return result if isinstance(result, bytes) else None
