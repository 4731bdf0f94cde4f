"""`cases.json`, the details of the catalogue's cases (SPEC.md section 7.1).

A reader ignores members that it does not know, and details change no answer: where they are missing or not valid, the
case is shown without them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, Self

import rfc8785

from pilookup.errors import FormatError
from pilookup.protocol.encoding import from_day_text
from pilookup.protocol.names import check_integer
from pilookup.protocol.title import MAX_TITLE, is_plain_text

CASES_FILE: Final = "cases.json"
MAX_CASES_BYTES: Final = 4 * 2**20
MAX_TEXT: Final = 1000
"""Greatest number of characters (code points) of a text."""
MAX_PLATFORMS: Final = 50
MAX_LINK: Final = 500
FORMAT: Final = 1

SIZES: Final = {"under-1000": 0, "1000": 1000, "10000": 10_000, "100000": 100_000, "1000000": 1_000_000}
"""The size classes, with the least number of numbers of each."""

_LINK: Final = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%!$&'()*+,;=:@/?#-]*)?")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Texts(NamedTuple):
    """One text in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who decides on an appeal, how it is made, which papers it takes, and a link. Each may be None."""

    who: Texts | None = None
    how: Texts | None = None
    papers: Texts | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What `cases.json` says about a case; None or empty where it says nothing.

    updated: the day on which somebody last changed the texts. size: a code of `SIZES`, or one that is newer than this
    version. platforms: names of platforms on which accounts were found. close, close_url: how to close an account.
    """

    updated: date | None = None
    size: str | None = None
    platforms: tuple[Texts, ...] = ()
    close: Texts | None = None
    close_url: str | None = None
    appeal: Appeal = Appeal()

    def to_json(self) -> dict[str, Any]:
        """The members of the case apart from its id, without those that say nothing."""
        appeal = {
            "who": _pair(self.appeal.who),
            "how": _pair(self.appeal.how),
            "papers": _pair(self.appeal.papers),
            "url": self.appeal.url,
        }
        members = {
            "updated": self.updated.isoformat() if self.updated else None,
            "size": self.size,
            "platforms": [_pair(name) for name in self.platforms],
            "close": _pair(self.close),
            "close_url": self.close_url,
            "appeal": _stated(appeal),
        }
        return _stated(members)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse a case, or the texts of one; raises FormatError, naming the member. Unknown members are ignored."""
        body = _object(value, "case")
        platforms = body.get("platforms", [])
        if not isinstance(platforms, list) or len(platforms) > MAX_PLATFORMS:
            raise FormatError(f"platforms: not a list of at most {MAX_PLATFORMS}")
        appeal = _object(body.get("appeal", {}), "appeal")
        return cls(
            updated=None if body.get("updated") is None else from_day_text(body.get("updated"), "updated"),
            size=_size(body.get("size")),
            platforms=tuple(_texts({"platforms": name}, "platforms", MAX_TITLE) for name in platforms),
            close=_optional(body, "close", MAX_TEXT),
            close_url=_link(body.get("close_url"), "close_url"),
            appeal=Appeal(
                who=_optional(appeal, "who", MAX_TITLE),
                how=_optional(appeal, "how", MAX_TEXT),
                papers=_optional(appeal, "papers", MAX_TEXT),
                url=_link(appeal.get("url"), "appeal.url"),
            ),
        )


def size_class(numbers: int) -> str:
    """The code of a case's size."""
    return next(code for code, least in reversed(SIZES.items()) if numbers >= least)


def cases_to_bytes(cases: Mapping[int, CaseDetails]) -> bytes:
    """The file for the cases by id, as canonical JSON (RFC 8785).

    Raises:
        FormatError: It would be larger than a reader takes.
    """
    listed = [{"id": case, **cases[case].to_json()} for case in sorted(cases)]
    data = rfc8785.dumps({"format": FORMAT, "cases": listed})
    if len(data) > MAX_CASES_BYTES:
        raise FormatError(f"{CASES_FILE}: larger than {MAX_CASES_BYTES:,} bytes; shorten the texts of the cases")
    return data


def cases_from_bytes(data: bytes) -> dict[int, CaseDetails]:
    """Parse the file; raises FormatError, naming the member.

    The caller has compared its size and SHA-256 with the manifest's.
    """
    if len(data) > MAX_CASES_BYTES:
        raise FormatError(f"{CASES_FILE}: too large")
    try:
        value = json.loads(data)
        canonical = rfc8785.dumps(value)
    except (ValueError, RecursionError):
        raise FormatError(f"{CASES_FILE}: not JSON") from None
    body = _object(value, CASES_FILE)
    if canonical != data:
        raise FormatError(f"{CASES_FILE}: not canonical JSON (RFC 8785)")
    if type(body.get("format")) is not int or body["format"] != FORMAT:
        raise FormatError(f"{CASES_FILE}: this version reads format 1 only")
    cases = body.get("cases")
    if not isinstance(cases, list):
        raise FormatError("cases: not a list")
    ids = [check_integer(_object(case, "case").get("id"), 1, 0xFFFF, "cases.id") for case in cases]
    if ids != sorted(set(ids)):
        raise FormatError("cases: ids do not ascend")
    return {case: CaseDetails.from_json(each) for case, each in zip(ids, cases, strict=True)}


def is_link(text: str) -> bool:
    """Whether a text is a link that a reader may make clickable."""
    return len(text) <= MAX_LINK and _LINK.fullmatch(text) is not None


def _pair(texts: Texts | None) -> dict[str, str] | None:
    return {"zh": texts.zh, "en": texts.en} if texts else None


def _stated(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, [], {})}


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{where}: not an object")
    return value


def _optional(body: Mapping[str, Any], name: str, most: int) -> Texts | None:
    return _texts(body, name, most) if name in body else None


def _texts(body: Mapping[str, Any], name: str, most: int) -> Texts:
    value = _object(body[name], name)
    for language in Texts._fields:
        text = value.get(language)
        if not isinstance(text, str) or not is_plain_text(text, most):
            raise FormatError(f"{name}.{language}: not a printable text of 1 to {most:,} characters in one paragraph")
    return Texts(value["zh"], value["en"])


def _link(value: object, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not is_link(value):
        raise FormatError(f"{where}: not a link that begins with https://")
    return value


def _size(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise FormatError("size: not a code")
    return value


def check_known(value: object, names: Iterable[str]) -> None:
    """Check that an object has no other members than `names`, as a writer wants; raises FormatError."""
    unknown = sorted(set(_object(value, "texts")) - set(names))
    if unknown:
        raise FormatError(f"{unknown[0]}: there is no such text; there are: {', '.join(sorted(names))}")
