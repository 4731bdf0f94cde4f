"""The whole way without a pointer, and with a screen reader's view of the page."""

import re

from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, MISS
from tests.support.page.words import words

ACTIVE = """() => { const one = document.activeElement; return one === document.body ? null
  : one.id || one.getAttribute('href') || one.closest('[id]').id + ' ' + one.tagName.toLowerCase(); }"""
FOCUS_SHOWN = """() => { const style = getComputedStyle(document.activeElement);
  return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none'; }"""
REACHABLE = """() => [...document.querySelectorAll('button, a[href], input, summary')].filter(one => one.checkVisibility()).length"""


def tab_to(visitor, wanted, key="Tab"):
    """Press Tab until the element with this id (or name) has the focus; every stop on the way must show it."""
    for _ in range(60):
        visitor.page.keyboard.press(key)
        active = visitor.page.evaluate(ACTIVE)
        assert active is None or visitor.page.evaluate(FOCUS_SHOWN), f"no focus to be seen on {active}"
        if active == wanted:
            return
    raise AssertionError(f"Tab never came to {wanted}")


def test_a_whole_check(visitor):
    keyboard = visitor.page.keyboard
    tab_to(visitor, "number")
    visitor.typed.append(EXPOSED)
    keyboard.type(EXPOSED)
    keyboard.press("Enter")
    assert visitor.result() == ("found", "exposed")
    assert visitor.page.evaluate("document.activeElement.id") == "answer-heading"
    tab_to(visitor, "more summary")
    keyboard.press("Space")
    expect(visitor.page.locator("#more")).to_have_attribute("open", "")
    tab_to(visitor, "sent summary")
    keyboard.press("Enter")
    expect(visitor.page.locator("#sent .sent-item").first).to_be_visible()
    tab_to(visitor, "number", "Shift+Tab")
    visitor.typed.append(MISS)
    keyboard.press("Control+A")
    keyboard.type(MISS)
    tab_to(visitor, "check")
    keyboard.press("Space")
    assert visitor.result() == ("not_found", None)


def test_switches_by_keyboard(visitor):
    keyboard = visitor.page.keyboard
    tab_to(visitor, "language")
    keyboard.press("Enter")
    visitor.expect_other_language("zh-CN")
    tab_to(visitor, "bigger")
    keyboard.press("Space")
    expect(visitor.page.locator("#bigger")).to_have_attribute("aria-pressed", "true")
    tab_to(visitor, "helper")
    keyboard.press("Enter")
    expect(visitor.page.locator("#helper")).to_have_attribute("aria-pressed", "true")
    expect(visitor.page.locator("#helping")).to_be_focused()
    visitor.check(EXPOSED)
    tab_to(visitor, "helper-next")
    keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "number"


def test_tab_reaches_everything_once_and_leaves(visitor):
    visitor.check(EXPOSED)
    visitor.page.locator("#more summary").click()
    visitor.page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    visitor.page.locator("body").focus()
    count = visitor.page.evaluate(REACHABLE)
    visitor.page.evaluate(
        "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"
    )
    seen = set()
    for _ in range(count):
        visitor.page.keyboard.press("Tab")
        seen.add(
            visitor.page.evaluate("""() => { const one = document.activeElement; self.all = self.all || [];
          if (!all.includes(one)) all.push(one); return one === document.body ? -1 : all.indexOf(one); }""")
        )
    assert len(seen - {-1}) == count


def test_what_a_screen_reader_reads_out(visitor):
    """Names, roles and live regions: the label belongs to the field, and the answer is announced once, by its focus."""
    page = visitor.page
    fixed = words("zh")["fixed"]
    expect(page.get_by_role("textbox", name=re.compile(fixed["label"]))).to_have_attribute("id", "number")
    expect(page.get_by_role("button", name=fixed["check"], exact=True)).to_have_attribute("id", "check")
    assert page.locator("#answer").get_attribute("aria-live") is None
    assert page.evaluate("getComputedStyle(document.querySelector('summary')).display") == "block", "VoiceOver's button"
    expect(page.locator("#step")).to_have_role("status")
    expect(page.get_by_role("heading", level=1)).to_have_text(fixed["title"])
    visitor.check("12345")
    expect(page.locator("#number")).to_have_attribute("aria-invalid", "true")
    visitor.check(EXPOSED)
    expect(page.locator("#number")).not_to_have_attribute("aria-invalid", "true")
    for image in page.locator("img").all():
        assert image.get_attribute("alt")


def test_the_pages_language_is_marked_where_it_changes(visitor):
    visitor.press("#language")
    assert visitor.language() == "en"
    for element in visitor.page.locator("[lang=zh-CN]").all():
        assert element.get_attribute("id") == "language"
