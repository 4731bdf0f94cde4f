"""Chinese first, English second; chosen by the browser, changed by a switch that is always in sight."""

import pytest

from pilookup.protocol.label import Kind
from tests.support.page.home import BOTH, EXPOSED, MISS, TITLES
from tests.support.page.words import CJK, assert_says, words


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("bo-CN", "zh"), ("en-GB", "en"), ("en", "en"), ("fr-FR", "zh")],
)
def test_the_browser_chooses(visit, locale, language):
    visitor = visit(locale=locale)
    assert visitor.language() == words(language)["tag"]
    assert visitor.page.title() == words(language)["fixed"]["title"]
    assert_says(visitor, words(language)["fixed"]["lead"], words(language)["fixed"]["check"], selector="body")


def test_both_languages_say_the_same_things():
    def shape(value):
        return {name: shape(one) for name, one in value.items()} if isinstance(value, dict) else type(value)

    assert shape(words("zh")) == shape(words("en"))


def test_the_switch_translates_the_answer(visitor, proxy):
    """No second check, and nothing left in the first language."""
    for number in (EXPOSED, BOTH, MISS, "12345"):
        switch_and_back(visitor, proxy, number)


def said(visitor):
    """The answer, and the message at the field."""
    return f"{visitor.text()}\n{visitor.text('#fault')}"


def switch_and_back(visitor, proxy, number):
    result = visitor.check(number)
    requested = len(proxy.paths("/v1/"))
    chinese = said(visitor)
    visitor.press("#language")
    assert visitor.language() == "en"
    assert visitor.result() == result
    english = said(visitor)
    shared = set(chinese.splitlines()) & set(english.splitlines())
    assert not [line for line in shared if CJK.search(line)]
    if result == ("found", "both"):
        assert_says(visitor, TITLES[Kind.EXPOSURE][1], TITLES[Kind.MALICIOUS][1])
    visitor.press("#language")
    assert visitor.language() == "zh-CN"
    assert said(visitor) == chinese
    assert len(proxy.paths("/v1/")) == requested


def test_the_switch_is_in_the_language_it_leads_to(visitor):
    switch = visitor.page.locator("#language")
    assert (switch.inner_text(), switch.get_attribute("lang")) == ("English", "en")
    visitor.press("#language")
    assert (switch.inner_text(), switch.get_attribute("lang")) == ("中文", "zh-CN")


def test_the_choice_is_not_remembered(visitor):
    visitor.press("#language")
    visitor.page.reload()
    visitor.page.locator("#number").wait_for()
    assert visitor.language() == "zh-CN"


def test_switching_during_a_check(visitor, proxy):
    proxy.hold("/evaluate")
    visitor.enter(EXPOSED)
    visitor.press("#check")
    visitor.press("#language")
    proxy.release()
    assert visitor.result() == ("found", "exposed")
    assert_says(visitor, words("en")["found"]["exposed"])
