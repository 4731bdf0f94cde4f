"""`feed.xml`, an Atom feed (RFC 4287) of the newest cases of a channel's catalogue (SPEC.md section 7.2).

Feed readers check no signature. The first entry says so, and links to the page, which does. A feed has exactly one
spelling for its id, its cases and their days, so that it is checked by writing it again: nothing here parses XML.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from html import escape
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from pilookup.errors import FormatError
from pilookup.protocol.encoding import from_day_text
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case

FEED_FILE: Final = "feed.xml"
FEED_TYPE: Final = "application/atom+xml; charset=utf-8"
MAX_FEED_CASES: Final = 50
MAX_FEED_BYTES: Final = 2**19
"""More than 50 cases with the longest titles take."""

NOTICE_WRITTEN_ON: Final = date(2026, 11, 30)
"""The day of the last change of the texts below; a feed is not older."""

_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML 1.0 does not have (production 2). A title may have two of them, U+FFFE and U+FFFF."""

_FEEDS: Final = UUID("00dbd0b6-0cfa-46f5-b8b2-11c1b4ee8f55")
"""The name space of the ids of feeds."""
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">\n<id>urn:uuid:'
)
_FEED_ID: Final = re.compile(rf"{re.escape(_HEAD)}({_UUID})</id>\n")
_CASE: Final = re.compile(
    rf"<entry>\n<id>urn:uuid:({_UUID})</id>\n<title>[^<]*</title>\n"
    r"<published>([0-9-]{10})T00:00:00Z</published>\n<updated>([0-9-]{10})T00:00:00Z</updated>\n"
)

_KINDS: Final = {
    Kind.EXPOSURE: (
        "坏人拿到过一批号码和别的信息。",
        "Criminals have had numbers and other data.",
    ),
    Kind.MALICIOUS: (
        "有人拿一批号码去开账号。",
        "Somebody used a list of numbers to open accounts.",
    ),
}
_CHECK: Final = (
    "这里没有号码。您的号码在不在里面，打开页面查一查才知道。",
    "No number is given here. Check your number on the page to learn whether it is among them.",
)
_TITLE: Final = "警方查获的案子 / Cases in data that the police seized"
_AUTHOR: Final = "发布这份数据的警方 / The police who publish the data"
_NOTICE_TITLE: Final = "先看这一条：这里写的可能是假的 / Read this first: this list may be forged"
_NOTICE_ZH: Final = (
    "订阅软件不核对签名，这里的每一条都可能被人改过。页面会核对签名：请自己打开页面看案子、查号码，"
    "网址要一个字母一个字母地对。要您付钱、填验证码、填身份证号、下载软件的，都是假的。"
)
_NOTICE_EN: Final = (
    "No feed reader checks signatures: what you read here may be forged. Open the page, which checks them, and look "
    "there; compare its address letter by letter. Whatever wants money, codes, your ID number or a download is a fake."
)


class ListedCase(NamedTuple):
    """A case as the feed lists it.

    published: the day of its dataset's first load. updated: that day, or the day of the last change of its texts.
    """

    case: Case
    published: date
    updated: date


def feed_id(first_root: bytes) -> UUID:
    """The id of a channel's feed, which stays the same for ever.

    Args:
        first_root: Version 1 of the channel's root metadata.
    """
    return uuid5(_FEEDS, sha256(first_root).hexdigest())


def feed_to_bytes(feed: UUID, cases: Iterable[ListedCase]) -> bytes:
    """The file: a notice, then the cases that changed last, at most `MAX_FEED_CASES`.

    Args:
        feed: The feed's id.
        cases: The cases of the catalogue, in any order.
    """
    newest = sorted(cases, key=lambda one: (one.updated, one.case.id), reverse=True)[:MAX_FEED_CASES]
    updated = max([NOTICE_WRITTEN_ON, *(one.updated for one in newest)])
    return "".join(_lines(feed, newest, updated)).encode()


def check_feed(data: bytes, cases: Iterable[Case]) -> None:
    """Check that the file is a feed of this catalogue.

    The caller has compared its size and SHA-256 with the manifest's.

    Args:
        data: The file.
        cases: The catalogue of its manifest.

    Raises:
        FormatError: It is not; the text names the file.
    """
    if len(data) > MAX_FEED_BYTES:
        raise FormatError(f"{FEED_FILE}: too large")
    text = data.decode(errors="replace")
    found = _FEED_ID.match(text)
    if found is None:
        raise FormatError(f"{FEED_FILE}: has no id")
    feed = UUID(found[1])
    catalogue = {str(_entry_id(feed, case)): case for case in cases}
    listed = {entry: (first, last) for entry, first, last in _CASE.findall(text)}
    listed.pop(str(_notice_id(feed)), None)
    if not set(listed) <= set(catalogue) or len(listed) != min(len(catalogue), MAX_FEED_CASES):
        raise FormatError(f"{FEED_FILE}: does not list the cases of the manifest")
    again = [ListedCase(catalogue[entry], _day(first), _day(last)) for entry, (first, last) in listed.items()]
    if feed_to_bytes(feed, again) != data:
        raise FormatError(f"{FEED_FILE}: not as section 7.2 of SPEC.md writes it")


def _entry_id(feed: UUID, case: Case) -> UUID:
    return uuid5(feed, f"case {case.id}")


def _notice_id(feed: UUID) -> UUID:
    return uuid5(feed, "notice")


def _day(text: str) -> date:
    return from_day_text(text, f"{FEED_FILE}: a day")


def _lines(feed: UUID, cases: Iterable[ListedCase], updated: date) -> Iterator[str]:
    yield f"{_HEAD}{feed}</id>\n"
    yield f"<title>{_TITLE}</title>\n<updated>{_time(updated)}</updated>\n<author><name>{_AUTHOR}</name></author>\n"
    yield '<link rel="self" type="application/atom+xml" href="feed.xml"/>\n'
    yield _LINK_TO_PAGE
    yield from _entry(_notice_id(feed), _NOTICE_TITLE, (NOTICE_WRITTEN_ON, updated), _NOTICE_ZH, _NOTICE_EN)
    for case, published, changed in cases:
        zh, en = _description(case)
        yield from _entry(_entry_id(feed, case), _title(case), (published, changed), zh, en)
    yield "</feed>\n"


_LINK_TO_PAGE: Final = '<link rel="alternate" type="text/html" href="./"/>\n'


def _entry(entry: UUID, title: str, days: tuple[date, date], zh: str, en: str) -> Iterator[str]:
    published, updated = days
    yield f"<entry>\n<id>urn:uuid:{entry}</id>\n<title>{_escaped(title)}</title>\n"
    yield f"<published>{_time(published)}</published>\n<updated>{_time(updated)}</updated>\n{_LINK_TO_PAGE}"
    yield '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
    yield f'<p>{_escaped(zh)}</p><p lang="en" xml:lang="en">{_escaped(en)}</p></div></content>\n</entry>\n'


def _title(case: Case) -> str:
    return case.title_zh if case.title_zh == case.title_en else f"{case.title_zh} / {case.title_en}"


def _description(case: Case) -> tuple[str, str]:
    """What happened, when it was found out, and where to look, in Chinese and in English."""
    seized = case.seized_on
    zh = f"警察查到的日期：{seized.year}年{seized.month}月{seized.day}日。" if seized else ""
    en = f" Seized on {seized.isoformat()}." if seized else ""
    kind_zh, kind_en = _KINDS[case.kind]
    return f"{kind_zh}{zh}{_CHECK[0]}", f"{kind_en}{en} {_CHECK[1]}"


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), quote=False)


def _time(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
