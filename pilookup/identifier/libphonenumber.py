"""What libphonenumber says about a number (rules 14 and 16), for regions other than CN.

The only module that imports phonenumbers. It is imported when it is first needed, since that takes long and the region
is nearly always CN.
"""

from typing import NamedTuple

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    parse,
)

from pilookup.identifier.reason import Reason

REGIONS = frozenset(SUPPORTED_REGIONS)
"""ISO 3166-1 alpha-2 codes of the regions with a national format."""

_PARSE_REASONS = {
    NumberParseException.TOO_SHORT_NSN: Reason.TOO_SHORT,
    NumberParseException.TOO_SHORT_AFTER_IDD: Reason.TOO_SHORT,
    NumberParseException.TOO_LONG: Reason.TOO_LONG,
}
_LENGTH_REASONS = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Reason.NO_AREA_CODE,
    ValidationResult.TOO_SHORT: Reason.TOO_SHORT,
    ValidationResult.TOO_LONG: Reason.TOO_LONG,
}


class Reading(NamedTuple):
    """A parsed number: calling code, national digits, E.164 form, and what the metadata says about it."""

    calling_code: int
    national: str
    e164: str
    valid: bool
    wrong_length: Reason | None


def read(number: str, region: str) -> Reading | Reason:
    """Parse an optional `+` and ASCII digits as they would be dialled in `region`; returns a reason if that fails."""
    try:
        parsed = parse(number, region)
    except NumberParseException as error:
        return _PARSE_REASONS.get(error.error_type, Reason.NOT_POSSIBLE)
    e164 = format_number(parsed, PhoneNumberFormat.E164)
    national = e164[1 + len(str(parsed.country_code)) :]
    return Reading(parsed.country_code or 0, national, e164, is_valid_number(parsed), _wrong_length(parsed))


def is_stable(e164: str) -> bool:
    """Whether a number in E.164 form, parsed again, gives the same number."""
    again = read(e164, "CN")
    return isinstance(again, Reading) and again.e164 == e164


def _wrong_length(parsed: PhoneNumber) -> Reason | None:
    verdict = is_possible_number_with_reason(parsed)
    if verdict == ValidationResult.IS_POSSIBLE:
        return None
    return _LENGTH_REASONS.get(verdict, Reason.NOT_POSSIBLE)
