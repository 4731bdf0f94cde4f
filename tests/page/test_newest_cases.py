"""The newest cases in the page's foot, and the feed that it links to: the same for everybody, whatever was checked."""

from playwright.sync_api import expect

from pilookup.protocol.feed import FEED_FILE
from tests.support.page.home import EXPOSED, MISS, TITLES
from tests.support.page.windows import PATIENCE
from tests.support.page.words import code, words


def listed(visitor):
    """The lines of each case in the foot, once they are there."""
    expect(visitor.page.locator("#newest")).to_be_visible(timeout=PATIENCE)
    return [one.split("\n") for one in visitor.page.locator("#newest-cases li").all_inner_texts()]


def test_the_foot_lists_the_newest_cases_first_in_both_languages(visitor):
    """Before anything is checked, and the same after a hit and a miss."""
    for _ in range(2):
        language = code(visitor)
        expected = [
            [TITLES[kind][language == "en"], words(language)["kind"][str(kind)]] for kind in reversed(list(TITLES))
        ]
        before = listed(visitor)
        assert [lines[:2] for lines in before] == expected
        assert all("2025" in lines[2] for lines in before)
        for number in (EXPOSED, MISS):
            visitor.check(number)
            assert listed(visitor) == before
        visitor.press("#language")


def test_the_feed_is_beside_the_page(visitor, proxy):
    link = visitor.page.locator("#feed a")
    assert listed(visitor)
    assert visitor.page.evaluate("document.querySelector('link[rel=alternate]').href") == f"{proxy.url}/{FEED_FILE}"
    assert not proxy.paths(FEED_FILE), "the page itself does not fetch it"
    answer = visitor.page.request.get(link.evaluate("one => one.href"))
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert all(title in answer.text() for titles in TITLES.values() for title in titles)


def test_a_kiosk_has_no_way_out_to_the_feed(visit, proxy):
    visitor = visit("")
    visitor.open(f"{proxy.url}/#kiosk")
    assert listed(visitor)
    expect(visitor.page.locator("#feed")).to_be_hidden()


def test_without_a_release_there_is_no_list(visit, proxy):
    proxy.change("/metadata/", lambda _, answer: type(answer).problem(503))
    visitor = visit()
    visitor.expected = ["Failed to load"]
    visitor.check(EXPOSED)
    expect(visitor.page.locator("#newest")).to_be_hidden()
