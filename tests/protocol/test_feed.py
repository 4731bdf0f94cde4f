"""feed.xml: what any XML reader and feed reader makes of it, and that no other file passes for it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pilookup.errors import FormatError
from pilookup.protocol.feed import (
    MAX_FEED_BYTES,
    MAX_FEED_CASES,
    NOTICE_WRITTEN_ON,
    ListedCase,
    check_feed,
    feed_id,
    feed_to_bytes,
)
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case
from pilookup.protocol.title import MAX_TITLE, is_title

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
FEED = feed_id(b"a root")
DAY = date(2026, 12, 1)


def listed(number, title="一号案", title_en="Case one", kind=Kind.EXPOSURE, seized_on=None, published=DAY, updated=DAY):
    return ListedCase(Case(number, kind, title, title_en, seized_on), published, updated)


def parsed(data):
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def entries(data):
    return parsed(data).findall(f"{ATOM}entry")


def texts(entry):
    return ["".join(paragraph.itertext()) for paragraph in entry.iter(f"{XHTML}p")]


printable = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"])
titles = st.text(st.sampled_from(" &<>\"']\ufffe\uffff") | printable, min_size=1, max_size=20).filter(is_title)
cases = st.lists(
    st.builds(
        listed,
        st.integers(1, 0xFFFF),
        titles,
        titles,
        st.sampled_from(Kind),
        st.none() | st.dates(),
        st.dates(),
        st.dates(),
    ),
    max_size=4,
    unique_by=lambda one: one.case.id,
)


@given(cases)
def test_every_title_comes_back_as_it_was_put_in(given_cases):
    """Whatever characters a title may have: markup, quotes, and the two that XML lacks."""
    data = feed_to_bytes(FEED, given_cases)
    _, *found = entries(data)
    newest = sorted(given_cases, key=lambda one: (one.updated, one.case.id), reverse=True)
    for entry, (case, published, updated) in zip(found, newest, strict=True):
        both = case.title_zh if case.title_zh == case.title_en else f"{case.title_zh} / {case.title_en}"
        assert entry.findtext(f"{ATOM}title") == both.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        assert entry.findtext(f"{ATOM}published") == f"{published}T00:00:00Z"
        assert entry.findtext(f"{ATOM}updated") == f"{updated}T00:00:00Z"
    check_feed(data, [one.case for one in given_cases])
    assert data == feed_to_bytes(FEED, reversed(given_cases)), "the order in which they are given does not matter"


@given(st.text(max_size=30))
def test_any_text_at_all_leaves_the_file_well_formed(text):
    """Even one that no catalogue takes: control characters, surrogates."""
    parsed(feed_to_bytes(FEED, [listed(1, title=text, title_en=text)]))


def rule(element, *, needs=(), may=(), text=True):
    """Check the children of an element by the cardinalities of RFC 4287, and its text."""
    names = [child.tag for child in element]
    for name in needs:
        assert names.count(ATOM + name) == 1, name
    assert {name.removeprefix(ATOM) for name in names} <= {*needs, *may}
    assert text or not (element.text or "").strip()


def test_it_is_a_valid_atom_feed():
    """RFC 4287, sections 4.1.1 and 4.1.2: what must be there once, absolute and distinct ids, times, links."""
    data = feed_to_bytes(FEED, [listed(1), listed(2, kind=Kind.MALICIOUS, seized_on=date(2026, 3, 9))])
    feed = parsed(data)
    assert feed.tag == f"{ATOM}feed"
    rule(feed, needs=("id", "title", "updated", "author"), may=("link", "entry"), text=False)
    rule(feed.find(f"{ATOM}author"), needs=("name",))
    for entry in entries(data):
        rule(entry, needs=("id", "title", "updated", "published", "content", "link"), text=False)
        content = entry.find(f"{ATOM}content")
        assert content.get("type") == "xhtml"
        assert [child.tag for child in content] == [f"{XHTML}div"]
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids) == 4
    assert all(one.startswith("urn:uuid:") for one in ids)
    moments = [datetime.fromisoformat(one.text) for name in ("updated", "published") for one in feed.iter(ATOM + name)]
    assert all(moment.tzinfo == UTC for moment in moments)
    assert feed.findtext(f"{ATOM}updated") == max(one.findtext(f"{ATOM}updated") for one in entries(data))
    links = [(one.get("rel"), one.get("href")) for one in feed.findall(f"{ATOM}link")]
    assert links == [("self", "feed.xml"), ("alternate", "./")]
    assert {one.get("href") for entry in entries(data) for one in entry.findall(f"{ATOM}link")} == {"./"}


def test_the_first_entry_says_that_no_feed_reader_checks_signatures():
    """And it is as new as the newest case, so that it stays first where entries are sorted by their dates."""
    for given_cases in ([], [listed(1, updated=date(2027, 1, 2))]):
        data = feed_to_bytes(FEED, given_cases)
        notice = entries(data)[0]
        zh, en = texts(notice)
        assert "订阅软件不核对签名" in zh
        assert "No feed reader checks signatures" in en
        assert notice.find(f"{ATOM}link").get("href") == "./"
        newest = given_cases[0].updated if given_cases else NOTICE_WRITTEN_ON
        assert notice.findtext(f"{ATOM}updated") == f"{newest}T00:00:00Z"


def test_each_case_is_told_in_both_languages():
    found = listed(7, "二号案", "Case two", Kind.MALICIOUS, date(2026, 3, 9))
    entry = entries(feed_to_bytes(FEED, [found]))[1]
    assert entry.findtext(f"{ATOM}title") == "二号案 / Case two"
    zh, en = texts(entry)
    assert "有人拿一批号码去开账号" in zh
    assert "2026年3月9日" in zh
    assert "Seized on 2026-03-09" in en
    assert entry.find(f".//{XHTML}p[@lang='en']") is not None


def test_ids_stay_and_differ_by_channel():
    """A reader must know an entry again after its texts changed, and must not take another police's for it."""
    before = entries(feed_to_bytes(FEED, [listed(1)]))[1]
    after = entries(feed_to_bytes(FEED, [listed(1, "另一个名字", updated=DAY + timedelta(9)), listed(2)]))[1]
    other = entries(feed_to_bytes(feed_id(b"another root"), [listed(1)]))[1]
    assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id") != other.findtext(f"{ATOM}id")


def test_the_newest_cases_alone_are_listed_and_fit():
    longest = "\U00020000&" * (MAX_TITLE // 2)
    many = [listed(n, longest, longest + "x", updated=DAY + timedelta(n % 7)) for n in range(1, MAX_FEED_CASES + 20)]
    data = feed_to_bytes(FEED, many)
    assert len(data) < MAX_FEED_BYTES
    assert len(entries(data)) == MAX_FEED_CASES + 1
    check_feed(data, [one.case for one in many])


GIVEN = [listed(1), listed(2, "<b>&"), listed(3, updated=date(2027, 1, 2))]
CATALOGUE = [one.case for one in GIVEN]
FILE = feed_to_bytes(FEED, GIVEN)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_no_altered_byte_passes(at, change):
    """Apart from the feed's own id and the days, all bytes follow from the catalogue; those have one spelling."""
    altered = bytearray(FILE)
    altered[at] ^= change
    try:
        check_feed(bytes(altered), CATALOGUE)
    except FormatError:
        return
    days = {FILE[at - 10 : at + 11].find(b"T00:00:00Z"), FILE[at : at + 11].find(b"T")}
    assert max(days) >= 0, "a day is the only thing that the catalogue does not give"


@given(st.integers(0, len(FILE) - 1))
def test_no_cut_file_passes(end):
    with pytest.raises(FormatError):
        check_feed(FILE[:end], CATALOGUE)


@pytest.mark.parametrize(
    ("data", "catalogue", "named"),
    [
        (FILE, CATALOGUE[:2], "the cases of the manifest"),
        (FILE, [*CATALOGUE, Case(4, Kind.EXPOSURE, "a", "b")], "the cases of the manifest"),
        (FILE, [*CATALOGUE[:2], Case(3, Kind.EXPOSURE, "a", "b")], "section 7.2"),
        (FILE.replace(b"2027-01-02T", b"2027-02-30T"), CATALOGUE, "a day"),
        (FILE + b" ", CATALOGUE, "section 7.2"),
        (FILE + b" " * MAX_FEED_BYTES, CATALOGUE, "too large"),
        (b"<feed " * 80_000, CATALOGUE, "no id"),
        (b"\xff", CATALOGUE, "no id"),
    ],
)
def test_a_file_of_another_content_is_refused_by_name(data, catalogue, named):
    with pytest.raises(FormatError, match=named) as refused:
        check_feed(data, catalogue)
    assert str(refused.value).startswith("feed.xml: ")
