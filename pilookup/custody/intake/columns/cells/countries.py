"""Which country a text names: a name in Chinese or English, an ISO 3166-1 code, or a calling code."""

import re

from pilookup.custody.intake.columns.cells.country_names import COUNTRY_NAMES

_AMBIGUOUS = frozenset(("jordan", "chad", "georgia", "israel", "can", "ind", "mac", "马来", "大陆", "内地"))
"""Names that are also names of persons, or other words. They count only in a cell of a country column."""

_CODES_IN_TEXT = frozenset(("hk", "tw", "cn", "us", "gb", "sg", "jp", "kr", "au", "nz", "vn", "th", "de", "fr", "ru"))
"""ISO codes that count next to a number. Others are also words and abbreviations, such as NO, TO, PH, MO, CM."""

_SHARED = {"1": "US", "7": "RU", "39": "IT", "44": "GB", "47": "NO", "61": "AU", "212": "MA", "262": "RE", "290": "SH"}
_SHARED |= {"358": "FI", "590": "GP", "599": "CW"}
"""The main region of calling codes that several regions share."""

_BEFORE = re.compile(r"^(?:国家|地区|国籍|区号|归属地?|country|region)[ :]*")
_AFTER = re.compile(r"(?:地区|电话号码|手机号码|电话号|手机号|电话|手机|号码|座机|number|phone|mobile|tel)\Z")
_SIGNS = " ()[]:,.;=/|\\-_'\""
_CELL_CODE = re.compile(r"[ (]*(?:\+|00)?([1-9][0-9]{0,2})[ )]*")
_CODE_AT_END = re.compile(r"^([^0-9+]*+)\+?([1-9][0-9]{0,2})[ )]*\Z")
_CODE_AT_START = re.compile(r"^[ (]*\+?([1-9][0-9]{0,2})[ )-]*+([^0-9+]*+)\Z")


def _tables() -> tuple[dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    regions: dict[str, str] = {}
    for line in COUNTRY_NAMES.splitlines():
        region, code, listed = line.split(" ", 2)
        names.update((name, region) for name in listed.split(","))
        regions.setdefault(code, region)
    return names, regions | _SHARED


_NAMES, _REGIONS = _tables()
_ISO = {region.lower(): region for region in set(_NAMES.values())} | {"uk": "GB"}

CALLING_CODES = frozenset(_REGIONS)
"""All calling codes of countries, as digits."""


def country_named(text: str) -> str | None:
    """The region that a text next to a number names, or None. The text is in lower case.

    Only the whole text counts, without signs around it and without a word for a phone behind it.
    """
    name = text.strip(_SIGNS)
    for candidate in (name, _AFTER.sub("", name).strip(_SIGNS)):
        if candidate in _CODES_IN_TEXT:
            return _ISO[candidate]
        if candidate in _NAMES and candidate not in _AMBIGUOUS:
            return _NAMES[candidate]
    return None


def country_of_cell(text: str) -> str | None:
    """The region that a cell of a country column names, or None. The text is in lower case.

    A calling code counts with and without `+`, and next to a name.
    """
    code = _CELL_CODE.fullmatch(text)
    if code is not None:
        return _REGIONS.get(code[1])
    for pattern, name_at, code_at in ((_CODE_AT_END, 1, 2), (_CODE_AT_START, 2, 1)):
        found = pattern.match(text)
        if found is not None and found[name_at].strip(_SIGNS):
            return _by_name(found[name_at]) or _REGIONS.get(found[code_at])
    return _by_name(text)


def _by_name(text: str) -> str | None:
    name = _BEFORE.sub("", text.strip(_SIGNS)).strip(_SIGNS)
    return _ISO.get(name) or _NAMES.get(name) or _NAMES.get(_AFTER.sub("", name).strip(_SIGNS))
